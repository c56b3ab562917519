#include "harness/http/timers.h"

namespace assay::http {

void Timers::place(Timer* timer, std::size_t slot) {
  heap_[slot] = timer;
  timer->slot = slot;
}

void Timers::up(std::size_t slot) {
  Timer* const timer = heap_[slot];
  for (; slot > 1 && timer->due < heap_[slot / 2]->due; slot /= 2) place(heap_[slot / 2], slot);
  place(timer, slot);
}

void Timers::down(std::size_t slot) {
  Timer* const timer = heap_[slot];
  while (2 * slot < heap_.size()) {
    std::size_t child = 2 * slot;
    if (child + 1 < heap_.size() && heap_[child + 1]->due < heap_[child]->due) ++child;
    if (timer->due <= heap_[child]->due) break;
    place(heap_[child], slot);
    slot = child;
  }
  place(timer, slot);
}

void Timers::set(Timer& timer, Instant due) {
  if (timer.slot == 0) {
    timer.due = due;
    heap_.push_back(&timer);
    up(heap_.size() - 1);
    return;
  }
  const bool earlier = due < timer.due;
  timer.due = due;
  if (earlier) {
    up(timer.slot);
  } else {
    down(timer.slot);
  }
}

void Timers::cancel(Timer& timer) {
  const std::size_t slot = timer.slot;
  if (slot == 0) return;
  timer.slot = 0;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(last, slot);
  up(slot);
  down(last->slot);
}

std::optional<Instant> Timers::next() const {
  if (heap_.size() == 1) return std::nullopt;
  return heap_[1]->due;
}

bool Timers::run(Instant now, int most) {
  while (heap_.size() > 1 && heap_[1]->due <= now) {
    if (most-- == 0) return false;
    Timer& timer = *heap_[1];
    cancel(timer);
    timer.expired(now);
  }
  return true;
}

}  // namespace assay::http
