#include "conformance/runner/play/timed_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case/deadlines.h"

namespace assay::conformance {
namespace {

using casetime::Rate;

constexpr Rate kUsualRate{20 * 1024};
constexpr Micros kLeastTolerance = std::chrono::milliseconds(100);  // of the machine's time

Micros duration_in(const nlohmann::json& body, const char* key) {
  return body.is_object() && body.contains(key) && body[key].is_string()
             ? parse_duration(body[key].get<std::string>()).value_or(Micros(0))
             : Micros(0);
}

void take(Micros bound, Micros& tightest) {
  if (bound > Micros(0) && (tightest == Micros(0) || bound < tightest)) tightest = bound;
}

void look_at(const std::vector<Predicate>& predicates, Micros& tightest) {
  for (const Predicate& predicate : predicates) {
    if (predicate.kind == Predicate::Kind::result) take(duration_in(predicate.body, "within"), tightest);
    if (predicate.kind == Predicate::Kind::gap) {
      take(duration_in(predicate.body, "min"), tightest);
      take(duration_in(predicate.body, "max"), tightest);
    }
    for (const auto& choice : predicate.choices) look_at(choice, tightest);
  }
}

bool came_out_red(Verdict verdict) {
  return verdict == Verdict::fail || verdict == Verdict::timeout || verdict == Verdict::crash ||
         verdict == Verdict::error || verdict == Verdict::not_met;
}

std::string milliseconds_text(Micros time) {
  return fmt::format("{} ms", time.count() / 1000);
}

}  // namespace

Rate wanted_rate(const PlannedCase& planned) {
  if (planned.time) return *planned.time;
  const Rate usual = planned.client.time.value_or(kUsualRate);
  if (!planned.one.machine.time.natural()) {
    return planned.client.time ? std::min(planned.one.machine.time, usual) : planned.one.machine.time;
  }
  return planned.one.waits ? usual : Rate{};
}

Micros tightest_bound(const Case& one) {
  Micros out{0};
  for (const Check& check : one.checks) look_at(check.predicates, out);
  return out;
}

Rate judgeable_rate(const Case& one, Rate wanted) {
  const Micros bound = tightest_bound(one);
  if (bound == Micros(0)) return wanted;
  const auto most = static_cast<std::uint64_t>((bound / 10).count()) * 1024 /
                    static_cast<std::uint64_t>(kLeastTolerance.count());
  if (most >= wanted.per_1024) return wanted;
  return most < 2048 ? Rate{} : Rate{static_cast<std::uint32_t>(most)};
}

std::string not_asked(const PlannedCase& planned) {
  if (planned.not_timed.empty() || wanted_rate(planned).natural()) return {};
  const Micros most = longest(planned.one, planned.client.patience);
  if (most <= kLongestNatural) return {};
  return fmt::format("not asked: by the machine's clock it may take {} ({})", format_duration(most),
                     planned.not_timed);
}

Micros time_limit(const PlannedCase& planned, Micros beside) {
  if (!not_asked(planned).empty()) return beside;
  // At falling rates down to x1 and once more to confirm; or four times, as cuts are not confirmed.
  constexpr int kPlays = 4;
  return beside + kPlays * longest(planned.one, planned.client.patience);
}

CaseRun play_in_time(const PlannedCase& planned, const PlayAt& play) {
  const Rate wanted = wanted_rate(planned);
  Rate rate = planned.not_timed.empty() ? judgeable_rate(planned.one, wanted) : Rate{};
  const Micros bound = tightest_bound(planned.one);
  std::vector<std::string> notes;
  const auto note = [&](std::string text) {
    if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(std::move(text));
  };
  if (!planned.not_timed.empty() && !wanted.natural()) {
    note(planned.not_timed);
  } else if (rate < wanted) {
    note(fmt::format("{} instead of {}: a check bounds {}", casetime::to_string(rate),
                     casetime::to_string(wanted), format_duration(bound)));
  }
  bool was_late = false, confirming = false;
  std::int64_t duration = 0;
  while (true) {
    CaseRun run = play(rate, was_late);
    duration += run.record.duration_us;
    const CaseTime& time = run.time;
    const auto give = [&] {
      if (wanted.natural()) return std::move(run);
      for (const std::string& text : time.refused) note(text);
      run.record.time = TimeUse{casetime::to_string(rate), time.late.count(), time.cpu.count(), notes};
      run.record.duration_us = duration;
      return std::move(run);
    };
    const bool says_something = came_out_red(run.record.verdict) || run.record.verdict == Verdict::pass;
    if (!says_something) return give();
    if (!time.uncompressed.empty()) {
      for (const std::string& text : time.uncompressed) note("not compressed: " + text);
      rate = Rate{};
      continue;
    }
    const auto late =
        Micros(static_cast<std::int64_t>(static_cast<double>(time.late.count()) * rate.factor()));
    if (bound > Micros(0) && late > bound / 10 && (was_late || !rate.natural())) {
      note(fmt::format("{}: a wait ended {} late, {} of the case", casetime::to_string(rate),
                       milliseconds_text(time.late), milliseconds_text(late)));
      if (rate.natural()) {
        run.record.verdict = Verdict::could_not_run;
        run.record.reason = "this machine is too busy to judge times: " + notes.back();
        return give();
      }
      was_late = true;
      rate = casetime::lower(rate);
      continue;
    }
    if (planned.confirm && came_out_red(run.record.verdict) && !rate.natural() && !confirming) {
      note(fmt::format("{}: {} ({})", casetime::to_string(rate), to_string(run.record.verdict),
                       run.record.reason));
      confirming = true;
      rate = time.refused.empty() ? casetime::lower(rate) : Rate{};
      continue;
    }
    return give();
  }
}

}  // namespace assay::conformance
