#include "conformance/runner/play/timed_case.h"

#include <gmock/gmock.h>

#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using casetime::Rate;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Rate rate(const char* text) {
  return *casetime::parse_rate(text);
}

PlannedCase planned(const std::string& rest) {
  const std::string steps = rest.find("do: ") == std::string::npos ? "do: [{chat: {as: C}}]\n" : "";
  const auto document = load_yaml("id: x\ntitle: t\n" + steps + rest, "case.yaml");
  EXPECT_TRUE(document);
  auto one = parse_case(*document, "suite", "suite/x");
  EXPECT_TRUE(one) << one.error().text();
  PlannedCase out;
  out.one = std::move(*one);
  return out;
}

constexpr const char* kMinute = "expect: {c: {C: {within: 60s}}}";

TEST(WantedRate, IsTheCommandsElseTheCasesElseTheClients) {
  PlannedCase plain = planned(kMinute);
  EXPECT_EQ(wanted_rate(plain), Rate{});
  plain.client.time = rate("x8");
  EXPECT_EQ(wanted_rate(plain), Rate{});  // it does not wait
  plain.time = rate("x3");
  EXPECT_EQ(wanted_rate(plain), rate("x3"));

  PlannedCase waits = planned("waits: true\n" + std::string(kMinute));
  EXPECT_EQ(wanted_rate(waits), rate("x20"));
  waits.client.time = rate("x8");
  EXPECT_EQ(wanted_rate(waits), rate("x8"));
  waits.time = Rate{};
  EXPECT_EQ(wanted_rate(waits), Rate{});

  PlannedCase emulated = planned("emulate: [time: x50]\n" + std::string(kMinute));
  EXPECT_EQ(wanted_rate(emulated), rate("x50"));
  emulated.client.time = rate("x8");
  EXPECT_EQ(wanted_rate(emulated), rate("x8"));
}

TEST(JudgeableRate, LeavesATenthOfTheTightestBound100MsOfTheMachine) {
  struct Row {
    const char* expect;
    Micros bound;
    const char* rate;  // of x50
  };
  const Row rows[] = {
      {"expect: {c: {C: {ok: true}}}", milliseconds(0), "x50"},
      {"expect: {c: {C: {within: 60s}}}", milliseconds(60000), "x50"},
      {"expect: {c: {C: {within: 10s}}}", milliseconds(10000), "x10"},
      {"expect: {c: {gap: {each: a, min: 5s, max: 100s}}}", milliseconds(5000), "x5"},
      {"expect: {c: {any_of: [{C: {ok: true}}, {gap: {each: a, min: 20s}}]}}", milliseconds(20000), "x20"},
      {"expect: {c: {C: {within: 1500ms}}}", milliseconds(1500), "x1"},
  };
  for (const Row& row : rows) {
    const Case one = planned(row.expect).one;
    EXPECT_EQ(tightest_bound(one), row.bound) << row.expect;
    EXPECT_EQ(casetime::to_string(judgeable_rate(one, rate("x50"))), row.rate) << row.expect;
  }
}

// What each play at a rate gives.
struct Script {
  std::vector<CaseRun> plays;
  std::vector<std::string> rates = {};
  CaseRun operator()(Rate at, bool measure) {
    rates.push_back(casetime::to_string(at) + (measure ? " measured" : ""));
    CaseRun run = plays.at(rates.size() - 1);
    run.time.rate = at;
    return run;
  }
};

CaseRun gives(Verdict verdict, Micros late = milliseconds(5)) {
  CaseRun run;
  run.record.verdict = verdict;
  run.record.reason = std::string(to_string(verdict)) + " for a reason";
  run.record.duration_us = 1000;
  run.time.late = late;
  return run;
}

CaseRun play(const PlannedCase& one, Script& script) {
  return play_in_time(one, [&](Rate at, bool measure) { return script(at, measure); });
}

TEST(PlayInTime, ACaseThatDoesNotWaitIsPlayedOnceAndHasNoTime) {
  Script script{{gives(Verdict::fail, milliseconds(60000))}};
  const CaseRun run = play(planned(kMinute), script);
  EXPECT_THAT(script.rates, ElementsAre("x1"));
  EXPECT_EQ(run.record.verdict, Verdict::fail);
  EXPECT_FALSE(run.record.time);
}

TEST(PlayInTime, APassStands) {
  Script script{{gives(Verdict::pass)}};
  const CaseRun run = play(planned("waits: true\n" + std::string(kMinute)), script);
  EXPECT_THAT(script.rates, ElementsAre("x20"));
  EXPECT_EQ(run.record.verdict, Verdict::pass);
  ASSERT_TRUE(run.record.time);
  EXPECT_EQ(run.record.time->rate, "x20");
  EXPECT_EQ(run.record.time->late_us, 5000);
  EXPECT_THAT(run.record.time->notes, IsEmpty());
}

TEST(PlayInTime, AFailureIsConfirmedOnceAtALowerRate) {
  for (const Verdict second : {Verdict::fail, Verdict::pass}) {
    Script script{{gives(Verdict::timeout), gives(second)}};
    const CaseRun run = play(planned("waits: true\n" + std::string(kMinute)), script);
    EXPECT_THAT(script.rates, ElementsAre("x20", "x10"));
    EXPECT_EQ(run.record.verdict, second);
    EXPECT_EQ(run.record.time->rate, "x10");
    EXPECT_EQ(run.record.duration_us, 2000);
    EXPECT_THAT(run.record.time->notes, ElementsAre("x20: timeout (timeout for a reason)"));
  }
}

TEST(PlayInTime, AFailureOfAClientThatWasRefusedIoUringIsConfirmedAtTheNaturalRate) {
  CaseRun refused = gives(Verdict::fail);
  refused.time.refused = {"/bin/x: io_uring was refused (ENOSYS)"};
  Script script{{refused, gives(Verdict::pass)}};
  const CaseRun run = play(planned("waits: true\n" + std::string(kMinute)), script);
  EXPECT_THAT(script.rates, ElementsAre("x20", "x1"));
  EXPECT_EQ(run.record.verdict, Verdict::pass);
}

TEST(PlayInTime, LateRunsAreRepeatedAtHalfTheRateThenNotJudged) {
  const auto late = milliseconds(7000);  // over a tenth of a minute at any rate
  Script script{{gives(Verdict::pass, late), gives(Verdict::fail, late), gives(Verdict::pass, late),
                 gives(Verdict::pass, late), gives(Verdict::pass, late)}};
  const CaseRun run = play(planned("waits: true\n" + std::string(kMinute)), script);
  EXPECT_THAT(script.rates,
              ElementsAre("x20", "x10 measured", "x5 measured", "x2.5 measured", "x1 measured"));
  EXPECT_EQ(run.record.verdict, Verdict::could_not_run);
  EXPECT_THAT(run.record.reason, HasSubstr("too busy to judge times: x1: a wait ended 7000 ms late"));
}

TEST(PlayInTime, LatenessIsJudgedAtTheRate) {
  // 400 ms are 8 s at x20, 4 s at x10; a tenth of the bound is 6 s.
  Script script{{gives(Verdict::pass, milliseconds(400)), gives(Verdict::pass, milliseconds(400))}};
  const CaseRun run = play(planned("waits: true\n" + std::string(kMinute)), script);
  EXPECT_THAT(script.rates, ElementsAre("x20", "x10 measured"));
  EXPECT_EQ(run.record.verdict, Verdict::pass);
  EXPECT_THAT(run.record.time->notes, ElementsAre("x20: a wait ended 400 ms late, 8000 ms of the case"));
}

TEST(PlayInTime, WhatIsNotCompressedIsPlayedAtTheNaturalRate) {
  CaseRun part = gives(Verdict::pass);
  part.time.uncompressed = {"/bin/wine: a 32-bit program"};
  Script script{{part, gives(Verdict::pass)}};
  const CaseRun run = play(planned("waits: true\n" + std::string(kMinute)), script);
  EXPECT_THAT(script.rates, ElementsAre("x20", "x1"));
  EXPECT_EQ(run.record.time->rate, "x1");
  EXPECT_THAT(run.record.time->notes, ElementsAre("not compressed: /bin/wine: a 32-bit program"));
}

TEST(PlayInTime, WithoutCaseTimeItIsPlayedOnceAtTheNaturalRate) {
  PlannedCase one = planned("waits: true\n" + std::string(kMinute));
  one.not_timed = "time cannot be compressed here";
  Script script{{gives(Verdict::fail, milliseconds(60000))}};
  const CaseRun run = play(one, script);
  EXPECT_THAT(script.rates, ElementsAre("x1"));
  EXPECT_EQ(run.record.time->rate, "x1");
  EXPECT_THAT(run.record.time->notes, ElementsAre("time cannot be compressed here"));
}

TEST(NotAsked, IsWhatMayTakeLongAtX1BecauseThereIsNoOtherRate) {
  const std::string waits = "waits: true\nexpect: {c: {C: {within: 60s}}}\n";
  PlannedCase brief = planned(waits + "do: [{chat: {as: C, deadline: 360s}}]");
  PlannedCase lengthy = planned(waits + "do: [{chat: {as: C, deadline: 200s}}, {chat: {deadline: 161s}}]");
  EXPECT_EQ(not_asked(lengthy), "");
  brief.not_timed = lengthy.not_timed = "no time here";
  EXPECT_EQ(not_asked(brief), "");
  EXPECT_EQ(not_asked(lengthy), "not asked: by the machine's clock it may take 361s (no time here)");
  brief.client.patience = std::chrono::minutes(7);
  EXPECT_THAT(not_asked(brief), HasSubstr("may take 7m "));
  lengthy.time = Rate{};  // --time x1: whoever orders it has the time
  EXPECT_EQ(not_asked(lengthy), "");
}

TEST(TimeLimit, IsThatOfTheStepsAsOftenAsTheyMayBePlayed) {
  const auto minute = std::chrono::minutes(1);
  PlannedCase one = planned(std::string(kMinute) + "\nwaits: true\ndo: [{chat: {as: C, deadline: 900s}}]");
  EXPECT_EQ(time_limit(one, minute), 61 * minute);
  one.not_timed = "no time here";  // then it is not asked
  EXPECT_EQ(time_limit(one, minute), minute);
}

TEST(PlayInTime, WhatDoesNotApplyIsNotPlayedAgain) {
  for (const Verdict verdict : {Verdict::not_applicable, Verdict::could_not_run}) {
    Script script{{gives(verdict, milliseconds(60000))}};
    EXPECT_EQ(play(planned("waits: true\n" + std::string(kMinute)), script).record.verdict, verdict);
    EXPECT_EQ(script.rates.size(), 1U);
  }
}

TEST(PlayInTime, ALowerRateForTightBoundsIsNoted) {
  Script script{{gives(Verdict::pass)}};
  const CaseRun run = play(planned("waits: true\nexpect: {c: {C: {within: 5s}}}"), script);
  EXPECT_THAT(script.rates, ElementsAre("x5"));
  EXPECT_THAT(run.record.time->notes, ElementsAre("x5 instead of x20: a check bounds 5s"));
}

TEST(CaseTime, WorkBetweenTwoMomentsTakesLongerByTheRate) {
  CaseTime time;
  time.rate = rate("x21");
  time.cpu = milliseconds(90);
  time.cpu_at = {{milliseconds(1000), milliseconds(10)}, {milliseconds(5000), milliseconds(60)}};
  EXPECT_EQ(time.work(milliseconds(1000), milliseconds(5000)), milliseconds(1000));
  EXPECT_EQ(time.work(milliseconds(5000), milliseconds(9000)), milliseconds(600));
  EXPECT_EQ(time.work(milliseconds(0), milliseconds(1000)), milliseconds(200));
  EXPECT_EQ(time.slack(milliseconds(60000)), milliseconds(6000));
  time.rate = Rate{};
  EXPECT_EQ(time.work(milliseconds(0), milliseconds(9000)), milliseconds(0));
  EXPECT_EQ(time.slack(milliseconds(60000)), milliseconds(0));
}

}  // namespace
}  // namespace assay::conformance
