// Session: the step that waits for a journal entry, an event, a prompt or an end.
#include "conformance/runner/play/session_core.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case/deadlines.h"
#include "conformance/runner/judge/journal_query.h"

namespace assay::conformance {

using std::chrono::milliseconds;

void Session::perform(const Step::Await& step, const std::string&) {
  Micros deadline = await_deadline(step, client_.patience, false);
  // A client that has sent nothing yet has its patience, by the machine's clock.
  for (const auto& [label, begun] : started_) {
    if (first_request_since(begun.at) != Micros(0)) continue;
    deadline = std::max(deadline, await_deadline(step, client_.patience, true));
    deadline = std::max(deadline, clock_.case_time(deadline));
  }
  if (step.kind == "journal") {
    const auto query = parse_query(step.what);
    if (!query) broken(query.error().message);
    const std::uint64_t wanted = std::max(query->nth, step.count);
    std::uint64_t after = 0;
    for (std::uint64_t i = 0; i < wanted; ++i) {
      const std::uint64_t found = await_entry(*query, step.what, deadline, after);
      if (found == 0) return;
      after = found;
    }
    return;
  }
  std::unique_lock lock(mutex_);
  auto count = [&] {
    return static_cast<std::uint64_t>(
        std::count_if(events_.begin(), events_.end(), [&](const SeenEvent& seen) {
          if (!step.label.empty() && seen.label != step.label) return false;
          if (step.kind == "prompt")
            return seen.event.value("kind", "") == "prompt" && seen.event.value("prompt", "") == step.what;
          return seen.event.value("kind", "") == step.what;
        }));
  };
  auto over = [&] {
    // A client that has answered or died will not say it any more.
    return std::all_of(started_.begin(), started_.end(),
                       [](const auto& one) { return one.second.actor->client->ended(one.second.id); });
  };
  if (step.kind == "ended") {
    const auto found = started_.find(step.what);
    if (found == started_.end()) return;
    lock.unlock();
    // finish() keeps its answer for the join that follows.
    (void)found->second.actor->client->finish(found->second.id, deadline);
    return;
  }
  const auto until = std::chrono::steady_clock::now() + clock_.machine_time(deadline);
  while (count() < step.count) {
    if (over() ||
        changed_.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + milliseconds(100))) ==
            std::cv_status::timeout) {
      if (count() >= step.count) break;
      if (over() || std::chrono::steady_clock::now() >= until) {
        lock.unlock();
        return missed(
            fmt::format("{} {} was not seen within {}", step.kind, step.what, format_duration(deadline)));
      }
    }
  }
}

// The seq of the first entry after `after` that fits; 0, and said so, when there is none in time. Once every
// operation that was started has ended, what is still under way gets kLinger: a process that is gone sends
// nothing, however long it is waited for.
std::uint64_t Session::await_entry(const JournalQuery& query, const std::string& what, Micros deadline,
                                   std::uint64_t after) {
  constexpr Micros kSlice = milliseconds(100), kLinger = milliseconds(1000);
  Micros left = deadline;
  bool over = false;
  while (true) {
    const Micros slice = std::min(left, kSlice);
    const auto found = journal_.wait([&](const JournalEntry& e) { return fits(query, e); }, slice,
                                     "\"" + what + "\"", after);
    if (found) return (*found)->seq;
    left -= slice;
    if (left <= Micros(0)) break;
    if (over || started_.empty()) continue;
    over = std::all_of(started_.begin(), started_.end(),
                       [](const auto& one) { return one.second.actor->client->ended(one.second.id); });
    if (over) left = std::min(left, kLinger);
  }
  missed(over ? fmt::format("\"{}\": every operation has ended", what)
              : fmt::format("timed out after {} waiting for \"{}\"", format_duration(deadline), what));
  return 0;
}

// The client did not do what the next step waits for. The steps go on: the checks say what that means, and
// when they all hold nothing was shown (`not-met`).
void Session::missed(const std::string& what) {
  journal_.note("world", JournalKind::note, "awaited in vain: " + what);
  if (played_.in_vain.empty()) played_.in_vain = what;
}

}  // namespace assay::conformance
