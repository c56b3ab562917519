// The search for schedules, on programs that are a few lines long: what each actor asks, one after the other,
// and in which orders that goes wrong.
#include "conformance/runner/race/explore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace assay::conformance {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Each actor asks its fake so often, one request at a time.
struct Toy {
  std::vector<std::pair<std::string, int>> actors;
  std::function<bool(const std::string& order)> breaks;  // "aab": the order of the answers
  mutable int plays = 0;

  Play play(const json& schedule) const {
    ++plays;
    auto spec = parse_schedule(schedule);
    EXPECT_TRUE(spec) << spec.error().text();
    Scheduler scheduler(*spec);
    std::map<std::string, int> left;
    const auto ask = [&](const std::string& fake) {
      if (left[fake]-- > 0) scheduler.arrive(scheduler.name_for(fake, "/x"));
    };
    for (const auto& [fake, times] : actors) {
      left[fake] = times;
      ask(fake);
    }
    Play out;
    std::string order;
    while (scheduler.waiting()) {
      const auto decision = scheduler.decide(std::chrono::minutes(1));
      Fallen fallen;
      fallen.pending = decision->note["pending"].get<std::vector<std::string>>();
      fallen.choice = {decision->answer, fallen.pending.size(), decision->delay};
      if (!decision->misfit.empty()) out.misfit = decision->misfit;
      out.trace.push_back(fallen);
      order += decision->answer.front();
      if (decision->delay.count() > 0) order += '+';
      ask(decision->answer.substr(0, 1));
    }
    out.broke = breaks(order);
    return out;
  }
};

struct Found {
  std::uint64_t tried = 0, first = 0;
  std::set<std::string> shrunk;
  bool exhausted = false;
};

Found explore(const Toy& toy, ExploreOptions options) {
  Explorer explorer(options);
  Found out;
  for (auto schedules = explorer.next(8); !schedules.empty(); schedules = explorer.next(8)) {
    for (const json& schedule : schedules) {
      const Play play = toy.play(schedule);
      explorer.tried(play);
      if (!play.broke) continue;
      if (out.first == 0) out.first = explorer.count();
      const auto shrunk = shrink(play, [&](const std::vector<Choice>& choices) -> Result<Play> {
        return toy.play({{"choices", to_text(choices)}});
      });
      EXPECT_TRUE(shrunk);
      EXPECT_TRUE(toy.play({{"choices", to_text(shrunk->choices)}}).broke);
      out.shrunk.insert(to_text(shrunk->choices));
    }
  }
  out.tried = explorer.count();
  out.exhausted = explorer.exhausted();
  return out;
}

std::string without_delays(std::string order) {
  std::erase(order, '+');
  return order;
}

TEST(Explore, TriesEveryOrderOnceAndThenStops) {
  std::multiset<std::string> seen;
  const Toy toy{{{"a", 2}, {"b", 2}}, [&](const std::string& order) { return seen.insert(order), false; }};
  ExploreOptions options;
  options.budget = 100'000;
  options.random_from = 100'000;
  const Found found = explore(toy, options);
  EXPECT_TRUE(found.exhausted);
  // a b in any order keeping each its own: 4! / (2! 2!) = 6, each of the four at once or late.
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 6U * 16U);
  EXPECT_LE(seen.size(), 6U * 16U + 1) << "newest first may be met again, nothing else";
}

TEST(Explore, FindsTheOneOrderInManyAndShrinksIt) {
  const Toy toy{{{"a", 1}, {"b", 5}, {"c", 1}},
                [](const std::string& order) { return without_delays(order).starts_with("bbbab"); }};
  const Found found = explore(toy, {.budget = 400});
  EXPECT_GT(found.first, 2U);
  EXPECT_THAT(found.shrunk, testing::Contains("b.x.1/3,b.x.2/3,b.x.3/3,a.x.1/3,b.x.4/2"));
}

TEST(Explore, WhatNeedsALateAnswerIsFoundAfterTheOrders) {
  const Toy toy{{{"a", 2}, {"b", 1}},
                [](const std::string& order) { return order.find("a+b") != std::string::npos; }};
  const Found found = explore(toy, {.budget = 60});
  EXPECT_THAT(found.shrunk, testing::Contains("a.x.1/2+1s"));
}

TEST(Explore, WhatRandomChoicesBreakIsShrunkToo) {
  const Toy toy{{{"a", 1}, {"b", 6}},
                [](const std::string& order) { return without_delays(order).ends_with("a"); }};
  ExploreOptions options;
  options.budget = 300;
  options.random_from = 2;  // oldest, newest, and then nothing in order
  const Found found = explore(toy, options);
  EXPECT_GT(found.first, 0U);
  for (const std::string& text : found.shrunk) EXPECT_THAT(text, testing::Not(HasSubstr("+")));
}

TEST(Explore, IsTheSameForTheSameSeed) {
  const auto orders = [](std::uint64_t seed) {
    std::vector<std::string> seen;
    const Toy toy{{{"a", 3}, {"b", 3}, {"c", 3}},
                  [&](const std::string& order) { return seen.push_back(order), false; }};
    ExploreOptions options;
    options.budget = 50;
    options.random_from = 10;
    options.seed = seed;
    explore(toy, options);
    return seen;
  };
  EXPECT_EQ(orders(1), orders(1));
  EXPECT_NE(orders(1), orders(2));
}

TEST(Explore, NothingIsShrunkToWhatDoesNotFit) {
  // b's second answer comes only while a waits; a schedule that lets a go first cannot name it with two.
  const Toy toy{{{"a", 1}, {"b", 2}},
                [](const std::string& order) { return without_delays(order) == "bba"; }};
  const auto broken = toy.play({{"rest", "newest"}});
  ASSERT_TRUE(broken.broke);
  const auto shrunk = shrink(broken, [&](const std::vector<Choice>& choices) -> Result<Play> {
    return toy.play({{"choices", to_text(choices)}, {"patience", "1ms"}});
  });
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(to_text(shrunk->choices), "b.x.1/2,b.x.2/2");
  EXPECT_EQ(shrunk->departures, 2U);
}

}  // namespace
}  // namespace assay::conformance
