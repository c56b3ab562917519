#include "harness/base/time.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("250us").value(), Micros(250));
  EXPECT_EQ(parse_duration("300ms").value(), milliseconds(300));
  EXPECT_EQ(parse_duration("5s").value(), seconds(5));
  EXPECT_EQ(parse_duration("2m").value(), seconds(120));
  EXPECT_EQ(parse_duration("1h").value(), hours(1));
  EXPECT_EQ(parse_duration("30d").value(), hours(720));
  EXPECT_EQ(parse_duration("0").value(), Micros(0));
}

TEST(Duration, RefusesWhatItCannotRead) {
  for (const char* bad : {"", "5", "s", "-3s", "5 s", "1.5s", "99999999999999999d", "5sec"}) {
    auto r = parse_duration(bad);
    ASSERT_FALSE(r) << bad;
    EXPECT_NE(r.error().message.find("expected a duration"), std::string::npos);
  }
}

TEST(Duration, FormatsWhatItReads) {
  for (const char* text : {"250us", "300ms", "5s", "2m", "1h", "30d", "0", "1500us"}) {
    EXPECT_EQ(format_duration(parse_duration(text).value()), text);
  }
}

TEST(ManualClock, MovesOnlyWhenTold) {
  ManualClock clock(1000);
  EXPECT_EQ(clock.wall_seconds(), 1000);
  clock.advance(seconds(5));
  EXPECT_EQ(clock.now(), seconds(5));
  EXPECT_EQ(clock.wall_seconds(), 1005);
}

}  // namespace
}  // namespace assay
