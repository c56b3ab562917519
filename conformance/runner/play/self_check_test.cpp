#include "conformance/runner/play/self_check.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>

namespace assay::conformance {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SelfCheck, ReadsWhatTheProbePrints) {
  const auto waits = parse_waits("poll\tok\t200000\t203000\t10150\t1\nalarm\tbroken\t1000000\t5\t1\t300\n");
  ASSERT_TRUE(waits);
  ASSERT_EQ(waits->size(), 2U);
  EXPECT_EQ(waits->front().way, "poll");
  EXPECT_EQ(waits->front().real, Micros(10150));
  EXPECT_FALSE(waits->back().waited);
  EXPECT_EQ(waits->back().apart, Micros(300));
  for (const char* bad : {"poll\tok\t1\t2\t3\n", "poll\tok\t1\t2\t3\tx\n", "not a line"}) {
    const auto read = parse_waits(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_THAT(read.error().message, HasSubstr("expected a wait of time-probe, found "));
  }
}

TEST(SelfCheck, TellsWhatIsWrongWithAWait) {
  const casetime::Rate rate = *casetime::parse_rate("x20");
  struct Row {
    WaitSeen seen;
    const char* wrong;
  };
  const auto ms = [](int n) { return Micros(milliseconds(n)); };
  const Row rows[] = {
      {{"w", true, ms(200), ms(200), ms(10)}, ""},
      {{"w", true, ms(200), ms(900), ms(45)}, ""},  // a busy machine
      {{"w", false, ms(200), ms(200), ms(10)}, "it did not end by its time"},
      {{"w", true, ms(200), ms(150), ms(8)}, "it ended after 150 ms of 200 ms"},
      {{"w", true, ms(200), ms(4000), ms(200)}, "it took 200 ms instead of 10 ms"},  // not compressed
      {{"w", true, ms(200), ms(200), ms(30)}, "its clock showed 200 ms when 600 ms had passed"},
      {{"w", true, ms(200), ms(200), ms(30), ms(25)}, ""},  // another process had the CPU between two looks
  };
  for (const Row& row : rows) EXPECT_EQ(wrong_with(row.seen, rate), row.wrong);
}

// A program with the ways "a" and "b", each late by what its list says for the round, the last for all
// others.
struct ProbedMachine {
  std::map<std::string, std::vector<Micros>> late;
  std::vector<std::string> problems;  // of the first rounds; empty = it ran
  bool for_good = false;
  std::vector<ProbeRun> runs;

  ProbeAnswer operator()(const ProbeRun& run) {
    const std::size_t round = runs.size();
    runs.push_back(run);
    if (round < problems.size() && !problems[round].empty()) return {{}, problems[round], for_good};
    ProbeAnswer out;
    for (const auto& [way, times] : late) {
      if (!run.ways.empty() && std::find(run.ways.begin(), run.ways.end(), way) == run.ways.end()) continue;
      const Micros real = run.wait + times[std::min(round, times.size() - 1)];
      out.waits.push_back({way, true, run.wait * 20, real * 20, real});
    }
    return out;
  }
};

const casetime::Rate kTwenty = *casetime::parse_rate("x20");

TEST(SelfCheck, ABusyMachineIsLateByAsMuchForALongWait) {
  ProbedMachine machine{{{"a", {Micros(0)}}, {"b", {milliseconds(190), milliseconds(400)}}}, {}, false, {}};
  EXPECT_THAT(check_program(true, kTwenty, std::ref(machine)).wrong, IsEmpty());
  ASSERT_EQ(machine.runs.size(), 3U);  // 400 ms are too much of 600, and not of 2000
  EXPECT_THAT(machine.runs[1].ways, ElementsAre("b"));
  EXPECT_GT(machine.runs[2].wait, machine.runs[1].wait);
}

TEST(SelfCheck, AWayThatIsNotCompressedTakesAllItsTimeInEachRound) {
  struct Natural {
    int rounds = 0;
    ProbeAnswer operator()(const ProbeRun& run) {
      ++rounds;
      return {{{"a", true, run.wait * 20, run.wait * 400, run.wait * 20}}, {}};
    }
  } natural;
  const SelfCheck check = check_program(false, kTwenty, std::ref(natural));
  EXPECT_THAT(check.wrong, ElementsAre("a (dynamic): it took 2000 ms instead of 100 ms"));
  EXPECT_EQ(natural.rounds, 3);
}

TEST(SelfCheck, AProgramThatDidNotStartIsStartedAgain) {
  ProbedMachine machine{{{"a", {Micros(0)}}}, {"exit 126 no memory", "it hangs after 3 waits"}, false, {}};
  EXPECT_THAT(check_program(true, kTwenty, std::ref(machine)).wrong, IsEmpty());
  EXPECT_EQ(machine.runs.size(), 3U);

  ProbedMachine never{{}, std::vector<std::string>(9, "exit 126 no memory"), false, {}};
  EXPECT_THAT(check_program(true, kTwenty, std::ref(never)).wrong,
              ElementsAre("time-probe-static: exit 126 no memory"));

  ProbedMachine forbidden{{}, {"ptrace is forbidden here: Operation not permitted"}, true, {}};
  EXPECT_THAT(check_program(true, kTwenty, std::ref(forbidden)).wrong,
              ElementsAre("time-probe-static: ptrace is forbidden here: Operation not permitted"));
  EXPECT_EQ(forbidden.runs.size(), 1U);
}

}  // namespace
}  // namespace assay::conformance
