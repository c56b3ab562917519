#include "conformance/runner/play/self_check.h"

#include <gmock/gmock.h>

namespace assay::conformance {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(SelfCheck, ReadsWhatTheProbePrints) {
  const auto waits = parse_waits("poll\tok\t200000\t203000\t10150\nalarm\tbroken\t1000000\t5\t1\n");
  ASSERT_TRUE(waits);
  ASSERT_EQ(waits->size(), 2U);
  EXPECT_EQ(waits->front().way, "poll");
  EXPECT_EQ(waits->front().real, Micros(10150));
  EXPECT_FALSE(waits->back().waited);
  for (const char* bad : {"poll\tok\t1\t2\n", "poll\tok\t1\t2\tx\n", "not a line"}) {
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
  };
  for (const Row& row : rows) EXPECT_EQ(wrong_with(row.seen, rate), row.wrong);
}

}  // namespace
}  // namespace assay::conformance
