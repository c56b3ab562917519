#include "conformance/runner/race/explore.h"

#include <algorithm>

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr std::size_t kNoChildren = SIZE_MAX;
constexpr unsigned kOrder = 1, kLateCost = 5;

// How far a choice is from the oldest answer at once: in order, in time.
std::size_t distance(const Fallen& fallen) {
  const bool order = !fallen.pending.empty() && fallen.pending.front() != fallen.choice.answer;
  return (order ? 1 : 0) + (fallen.choice.delay.count() > 0 ? 1 : 0);
}

std::size_t distance(const std::vector<Fallen>& trace) {
  std::size_t out = 0;
  for (const Fallen& fallen : trace) out += distance(fallen);
  return out;
}

bool departs(const Fallen& fallen) {
  return distance(fallen) > 0;
}

std::vector<Choice> choices_of(const std::vector<Fallen>& trace, std::size_t length) {
  std::vector<Choice> out;
  for (std::size_t i = 0; i < std::min(length, trace.size()); ++i) out.push_back(trace[i].choice);
  return out;
}

}  // namespace

void Explorer::propose(Prefix prefix) {
  if (by_cost_.size() <= prefix.cost) by_cost_.resize(prefix.cost + 1);
  by_cost_[prefix.cost].push_back(std::move(prefix));
}

std::vector<json> Explorer::next(std::size_t most) {
  std::vector<json> out;
  const std::uint64_t in_order =
      options_.random_from != 0 ? options_.random_from : std::max<std::uint64_t>(2, options_.budget * 3 / 4);
  while (out.size() < most && asked_ < options_.budget) {
    const auto give = [&](json schedule, std::size_t length, unsigned cost) {
      out.push_back(std::move(schedule));
      given_.push_back(length);
      given_cost_.push_back(cost);
      ++asked_;
    };
    if (options_.asleep) {
      give({{"rest", "asleep"}, {"seed", options_.seed * 1'000'003 + asked_}}, kNoChildren, 0);
      continue;
    }
    // The first two are alone in their rounds: what comes after them follows from the first.
    if (asked_ == 0) {
      give({{"rest", "oldest"}}, 0, 0);
      continue;
    }
    if (asked_ == 1) {
      give({{"rest", "newest"}}, kNoChildren, 0);
      continue;
    }
    const auto cheapest =
        std::find_if(by_cost_.begin(), by_cost_.end(), [](const auto& list) { return !list.empty(); });
    if (cheapest != by_cost_.end() && asked_ < in_order) {
      const Prefix prefix = std::move(cheapest->front());
      cheapest->pop_front();
      give({{"choices", to_text(prefix.choices)}}, prefix.choices.size(), prefix.cost);
      continue;
    }
    if (cheapest == by_cost_.end()) {
      // What is being tried may still have children.
      if (tried_ == asked_) exhausted_ = true;
      break;
    }
    give({{"rest", "random"}, {"seed", options_.seed * 1'000'003 + asked_}}, kNoChildren, 0);
  }
  return out;
}

void Explorer::tried(const Play& play) {
  ++tried_;
  const std::size_t length = given_.front();
  const unsigned cost = given_cost_.front();
  given_.pop_front();
  given_cost_.pop_front();
  // What breaks already is not made worse; what did not fit says nothing of what lies behind it.
  if (length == kNoChildren || play.broke || !play.misfit.empty()) return;
  if (!seen_.insert(to_text(choices_of(play.trace, play.trace.size()))).second) return;
  for (std::size_t at = length; at < play.trace.size(); ++at) {
    const Fallen& fallen = play.trace[at];
    const std::vector<Choice> before = choices_of(play.trace, at);
    for (const std::string& answer : fallen.pending) {
      const unsigned order = answer == fallen.choice.answer ? 0 : kOrder;
      for (const Micros delay : {Micros(0), options_.late}) {
        if (order == 0 && delay.count() == 0) continue;
        Prefix prefix{before, cost + order + (delay.count() > 0 ? kLateCost : 0)};
        prefix.choices.push_back({answer, fallen.pending.size(), delay});
        propose(std::move(prefix));
      }
    }
  }
}

std::vector<Choice> needed(const std::vector<Fallen>& trace) {
  std::size_t length = trace.size();
  while (length > 0 && !departs(trace[length - 1])) --length;
  return choices_of(trace, length);
}

std::size_t departures(const std::vector<Fallen>& trace, std::size_t length) {
  return static_cast<std::size_t>(std::count_if(
      trace.begin(), trace.begin() + static_cast<std::ptrdiff_t>(std::min(length, trace.size())), departs));
}

Result<Shrunk> shrink(const Play& broken,
                      const std::function<Result<Play>(const std::vector<Choice>&)>& play) {
  Shrunk out;
  out.play = broken;
  out.choices = needed(broken.trace);
  bool smaller = true;
  while (smaller) {
    smaller = false;
    const std::vector<Fallen> trace = out.play.trace;
    for (std::size_t at = std::min(out.choices.size(), trace.size()); at-- > 0 && !smaller;) {
      if (!departs(trace[at])) continue;
      // Instead of this choice the oldest answer at once, or the same one at once; then all in order, or what
      // came after it as before.
      std::vector<std::vector<Choice>> candidates;
      for (const std::string& instead : {trace[at].pending.front(), trace[at].choice.answer}) {
        std::vector<Choice> straight = choices_of(trace, at);
        straight.push_back({instead, trace[at].choice.of, Micros(0)});
        if (straight.back() == trace[at].choice) continue;
        std::vector<Choice> kept = straight;
        kept.insert(kept.end(), out.choices.begin() + static_cast<std::ptrdiff_t>(at) + 1, out.choices.end());
        candidates.push_back(std::move(straight));
        if (candidates.back() != kept) candidates.push_back(std::move(kept));
      }
      for (const auto& candidate : candidates) {
        auto again = play(candidate);
        if (!again) return tl::unexpected(again.error());
        ++out.plays;
        if (!again->broke || !again->misfit.empty()) continue;
        if (distance(again->trace) >= distance(trace)) continue;
        std::vector<Choice> now = needed(again->trace);
        out.play = std::move(*again);
        out.choices = std::move(now);
        smaller = true;
        break;
      }
    }
  }
  out.departures = departures(out.play.trace, out.choices.size());
  return out;
}

}  // namespace assay::conformance
