#include "harness/world/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "harness/http/test_peer.h"
#include "harness/world/world.h"

namespace assay {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

ScheduleSpec spec_of(const json& value) {
  auto spec = parse_schedule(value);
  EXPECT_TRUE(spec) << spec.error().text();
  return *std::move(spec);
}

std::string decided(Scheduler& scheduler) {
  const auto decision = scheduler.decide(seconds(1));
  return decision ? decision->answer : "none";
}

TEST(Schedule, IsWrittenAsItIsRead) {
  const std::string text = "auth.token.2/2,inference.completions.1/3+100ms";
  const auto choices = parse_choices(text);
  ASSERT_TRUE(choices) << choices.error().text();
  EXPECT_EQ(*choices, (std::vector<Choice>{{"auth.token.2", 2, Micros(0)},
                                           {"inference.completions.1", 3, milliseconds(100)}}));
  EXPECT_EQ(to_text(*choices), text);
  EXPECT_TRUE(parse_choices("")->empty());
}

TEST(Schedule, WhatCannotBeReadIsNamed) {
  for (const char* wrong : {"token", "auth.token/2", "auth.token.2", "auth.token.2/0", "auth.token.2/x",
                            "auth.token.2/2+", "auth.token.2/2+5", "auth..2/2", "auth.token.two/2"}) {
    const auto choices = parse_choices(std::string("auth.token.1/1,") + wrong);
    ASSERT_FALSE(choices) << wrong;
    EXPECT_THAT(choices.error().message, HasSubstr(std::string("found \"") + wrong + "\""));
  }
  EXPECT_THAT(parse_schedule({{"rest", "oldst"}}).error().message, HasSubstr("did you mean 'oldest'"));
}

TEST(Scheduler, NamesAnswersByTheLastWordOfThePath) {
  Scheduler scheduler({});
  EXPECT_EQ(scheduler.name_for("auth", "/oauth/token"), "auth.token.1");
  EXPECT_EQ(scheduler.name_for("auth", "/token"), "auth.token.2");
  EXPECT_EQ(scheduler.name_for("control", "/platform/v1/teams/team-1/keys/key_Ab12"), "control.keys.1");
  EXPECT_EQ(scheduler.name_for("x", "/A/B"), "x.answer.1");
}

TEST(Scheduler, WaitsForStillnessAndForAsManyAsTheChoiceSays) {
  Scheduler scheduler(spec_of({{"choices", "a.x.2/2"}, {"quiet", "10ms"}, {"patience", "1s"}}));
  scheduler.arrive("a.x.1");
  EXPECT_FALSE(scheduler.decide(milliseconds(20)));
  scheduler.arrive("a.x.2");
  EXPECT_FALSE(scheduler.decide(milliseconds(5)));
  const auto decision = scheduler.decide(milliseconds(20));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->answer, "a.x.2");
  EXPECT_EQ(decision->note["pending"], json({"a.x.1", "a.x.2"}));
  EXPECT_EQ(decided(scheduler), "a.x.1");
  EXPECT_FALSE(scheduler.waiting());
}

TEST(Scheduler, SaysWhatItAwaitedInVainAndGoesOn) {
  Scheduler scheduler(spec_of({{"choices", "a.x.1/2,a.x.2/1"}, {"patience", "1s"}}));
  scheduler.arrive("a.x.1");
  EXPECT_FALSE(scheduler.decide(milliseconds(999)));
  const auto decision = scheduler.decide(seconds(1));
  ASSERT_TRUE(decision);
  EXPECT_THAT(decision->misfit, HasSubstr("a.x.1/2"));
  EXPECT_EQ(decision->answer, "a.x.1");
}

TEST(Scheduler, TheRestGoesOldestNewestOrBySeed) {
  const auto order = [](const json& spec) {
    Scheduler scheduler(spec_of(spec));
    for (const char* answer : {"a.x.1", "a.x.2", "a.x.3"}) scheduler.arrive(answer);
    std::string out;
    while (scheduler.waiting()) out += decided(scheduler).back();
    return out;
  };
  EXPECT_EQ(order({{"rest", "oldest"}}), "123");
  EXPECT_EQ(order({{"rest", "newest"}}), "321");
  EXPECT_EQ(order({{"choices", "a.x.2/3"}}), "213");
  std::set<std::string> seen;
  for (int seed = 0; seed < 100; ++seed) {
    const json spec = {{"rest", "random"}, {"seed", seed}};
    EXPECT_EQ(order(spec), order(spec));
    seen.insert(order(spec));
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST(Scheduler, WhoeverLeavesIsNotWaitedFor) {
  Scheduler scheduler({});
  scheduler.arrive("a.x.1");
  scheduler.arrive("a.x.2");
  scheduler.gone("a.x.1");
  EXPECT_EQ(decided(scheduler), "a.x.2");
  EXPECT_FALSE(scheduler.waiting());
}

class Says final : public Fake {
 public:
  Actions on_body(const Call& call) override {
    return {Respond{make_response(200, "text/plain", call.request->target)}};
  }
};

// The bodies in the order in which they were answered, when so many POSTs are open at once.
std::vector<std::string> answered_in(const json& schedule, int requests) {
  const SystemClock clock;
  Journal journal(clock);
  WorldSpec spec;
  FakeSpec fake;
  fake.name = "a";
  spec.fakes.push_back(std::move(fake));
  spec.schedule = spec_of(schedule);
  auto world = World::start(
      std::move(spec), [](std::string_view, FakeConfig) { return std::make_unique<Says>(); }, {}, clock,
      journal);
  EXPECT_TRUE(world) << world.error().text();
  std::vector<std::unique_ptr<http::TestPeer>> peers;
  for (int i = 1; i <= requests; ++i) {
    peers.push_back(std::make_unique<http::TestPeer>((*world)->port("a")));
    const std::string target = "/x/" + std::to_string(i);
    EXPECT_TRUE(peers.back()->send("POST " + target +
                                   " HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_TRUE(journal.wait(
        [&](const JournalEntry& e) { return e.kind == JournalKind::request && e.text.ends_with(target); },
        seconds(10), target));
  }
  for (int i = 1; i <= requests; ++i)
    EXPECT_THAT(peers[i - 1]->read_to_end(), EndsWith("/x/" + std::to_string(i)));
  std::vector<std::string> out;
  for (const auto& entry : journal.entries()) {
    if (entry->kind == JournalKind::action) out.push_back(entry->text.substr(entry->text.rfind(' ') + 1));
  }
  return out;
}

TEST(ScheduledWorld, AnswersInTheOrderOfTheSchedule) {
  EXPECT_THAT(answered_in({{"choices", "a.x.3/3,a.x.1/2"}}, 3), ElementsAre("a.x.3", "a.x.1", "a.x.2"));
  EXPECT_THAT(answered_in({{"rest", "newest"}, {"quiet", "200ms"}}, 3),
              ElementsAre("a.x.3", "a.x.2", "a.x.1"));
}

TEST(ScheduledWorld, HoldsOnlyWhatItIsTold) {
  EXPECT_THAT(answered_in({{"hold", {{{"path", "/x/2"}}}}}, 2), ElementsAre("a.x.1"));
}

TEST(ScheduledWorld, AsleepNobodyWaitsForAnybody) {
  EXPECT_THAT(answered_in({{"rest", "asleep"}, {"most_sleep", "5ms"}}, 3), testing::IsEmpty());
}

}  // namespace
}  // namespace assay
