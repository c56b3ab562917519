// Changing a script at places (place.h): dividing writes, ending it, replacing bytes, playing repetitions
// out.
#include <algorithm>

#include "harness/wire/faults/place.h"

namespace assay::wire {
namespace {

constexpr std::uint64_t kUnrolledBytes = std::uint64_t{8} << 20U;
constexpr std::uint64_t kUnrolledRounds = 10'000;

// A mark that closes what is before it.
bool is_end_mark(MarkKind kind) {
  return kind == MarkKind::data_end || kind == MarkKind::end || kind == MarkKind::body;
}

// Moves what lies from `at` on into a write of its own. A mark that ends something stays with it.
Write split_tail(Write& write, std::size_t at) {
  Write tail;
  tail.bytes = write.bytes.substr(at);
  write.bytes.resize(at);
  std::vector<Mark> kept;
  for (const Mark& m : write.marks) {
    if (m.at < at || (m.at == at && is_end_mark(m.kind))) {
      kept.push_back(m);
    } else {
      tail.marks.push_back({m.at - at, m.kind});
    }
  }
  write.marks = std::move(kept);
  return tail;
}

void append(Write& write, const Write& more) {
  for (const Mark& m : more.marks) write.marks.push_back({write.bytes.size() + m.at, m.kind});
  write.bytes += more.bytes;
}

}  // namespace

bool ends_answer(const Step& step) {
  const auto* repeat = std::get_if<Repeat>(&step.op);
  return std::holds_alternative<Close>(step.op) || std::holds_alternative<Reset>(step.op) ||
         std::holds_alternative<Stall>(step.op) || std::holds_alternative<HalfClose>(step.op) ||
         std::holds_alternative<AwaitInput>(step.op) || (repeat != nullptr && repeat->times == 0);
}

Script unroll(Script script) {
  const auto is_repeat = [](const Step& step) { return std::holds_alternative<Repeat>(step.op); };
  if (std::none_of(script.steps.begin(), script.steps.end(), is_repeat)) return script;
  std::uint64_t bytes = 0;
  Steps out;
  for (Step& step : script.steps) {
    const auto* repeat = std::get_if<Repeat>(&step.op);
    const bool fits = repeat != nullptr && repeat->times > 0 && repeat->times <= kUnrolledRounds &&
                      bytes + width_of(step) <= kUnrolledBytes;
    if (!fits) {
      out.push_back(std::move(step));
      continue;
    }
    bytes += width_of(step);
    for (std::uint64_t n = 0; n < repeat->times; ++n)
      out.insert(out.end(), repeat->steps.begin(), repeat->steps.end());
  }
  script.steps = std::move(out);
  return script;
}

Script insert_steps(Script script, const std::vector<std::size_t>& places, const Steps& steps) {
  Steps out;
  out.reserve(script.steps.size() + places.size() * (1 + steps.size()));
  auto place = places.begin();
  const auto insert_until = [&](std::size_t end) {
    for (; place != places.end() && *place <= end; ++place) out.insert(out.end(), steps.begin(), steps.end());
  };
  std::size_t base = 0;
  for (Step& step : script.steps) {
    auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) {
      if (ends_answer(step)) insert_until(SIZE_MAX);
      if (std::holds_alternative<Repeat>(step.op)) insert_until(base);
      base += width_of(step);
      out.push_back(std::move(step));
      continue;
    }
    // Divided front to back: each piece is copied once and each mark looked at once.
    const std::size_t size = write->bytes.size();
    std::size_t begin = 0;
    auto mark = write->marks.begin();
    const auto piece_until = [&](std::size_t end) {
      Write piece{write->bytes.substr(begin, end - begin), {}};
      for (; mark != write->marks.end() && (mark->at < end || end == size || is_end_mark(mark->kind)) &&
             mark->at <= end;
           ++mark) {
        piece.marks.push_back({mark->at - begin, mark->kind});
      }
      begin = end;
      if (!piece.bytes.empty() || !piece.marks.empty()) out.push_back({std::move(piece)});
    };
    while (place != places.end() && *place < base + size) {
      if (*place > base + begin) piece_until(*place - base);
      insert_until(base + begin);
    }
    piece_until(size);
    base += size;
  }
  insert_until(SIZE_MAX);
  script.steps = std::move(out);
  return script;
}

Script end_at(Script script, std::size_t place, Steps last) {
  std::size_t base = 0;
  auto step = script.steps.begin();
  for (; step != script.steps.end() && !ends_answer(*step); ++step) {
    const std::size_t width = width_of(*step);
    if (width > 0 && place < base + width) {
      auto* write = std::get_if<Write>(&step->op);
      if (write != nullptr) split_tail(*write, place - base);
      if (place > base) ++step;
      break;
    }
    base += width;
  }
  script.steps.erase(step, script.steps.end());
  script.steps.insert(script.steps.end(), std::make_move_iterator(last.begin()),
                      std::make_move_iterator(last.end()));
  script.keep_alive = false;
  return script;
}

Script replace_bytes(Script script, Range range, const Write& replacement, bool keep_first_marks) {
  std::size_t base = 0;
  bool written = false;
  Steps out;
  out.reserve(script.steps.size() + 1);
  // After what is there already, in the write that it ends with if it ends with one.
  const auto write_here = [&] {
    if (written) return;
    if (!out.empty() && std::holds_alternative<Write>(out.back().op)) {
      append(std::get<Write>(out.back().op), replacement);
    } else {
      out.push_back({replacement});
    }
    written = true;
  };
  for (Step& step : script.steps) {
    auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) {
      if (ends_answer(step) || (std::holds_alternative<Repeat>(step.op) && range.begin <= base)) write_here();
      base += width_of(step);
      out.push_back(std::move(step));
      continue;
    }
    const std::size_t size = write->bytes.size();
    const std::size_t begin = std::clamp(range.begin, base, base + size) - base;
    const std::size_t end = std::clamp(range.end, base, base + size) - base;
    const bool here = !written && range.begin < base + size;
    if (here || begin != end) {
      const Write tail = split_tail(*write, begin);
      if (here) append(*write, replacement);
      written = written || here;
      for (const Mark& m : tail.marks) {
        const std::size_t removed = end - begin;
        if (m.at >= removed) {
          write->marks.push_back({write->bytes.size() + m.at - removed, m.kind});
        } else if (m.at == 0 && here && keep_first_marks) {
          write->marks.push_back({begin, m.kind});
        }
      }
      write->bytes += tail.bytes.substr(end - begin);
      std::stable_sort(write->marks.begin(), write->marks.end(),
                       [](const Mark& a, const Mark& b) { return a.at < b.at; });
    }
    base += size;
    out.push_back(std::move(step));
  }
  write_here();
  script.steps = std::move(out);
  return script;
}

}  // namespace assay::wire
