// The page of benchmarks: what it says of a record, and what it refuses.
#include "reports/bench_page.h"

#include <gmock/gmock.h>

#include "reports/bench_chart.h"

namespace assay::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kStreamHeader =
    R"({"bench":"stream","format":1,"machine":{"cpu":"X","cores":2,"kernel":"L","load":0.5}})"
    "\n";
const std::string kClientHeader =
    R"({"bench":"client","format":1,"client":"x","version":"1","protocol":"gemini","events":10,"event_bytes":9,)"
    R"("paced_events":10,"pace_us":5000})"
    "\n";

std::string stream_row(const std::string& contestant, const std::string& read, const std::string& speed) {
  return R"({"corpus":"chat","contestant":")" + contestant + R"(","read":)" + read + R"(,"gb_per_s":)" +
         speed + R"(,"of_limit":0.5})" + "\n";
}

std::string page_of(const std::string& text) {
  const auto record = parse_bench_record(text, "r");
  EXPECT_TRUE(record) << record.error().text();
  return render_bench_page({*record});
}

TEST(BenchScale, HoldsEveryValueInWholeDecades) {
  const LogScale scale = scale_of({0.25, 11, 0});
  EXPECT_EQ(scale.from, -1);
  EXPECT_EQ(scale.to, 2);
  EXPECT_DOUBLE_EQ(scale.at(0.1), 0);
  EXPECT_DOUBLE_EQ(scale.at(100), 100);
  EXPECT_NEAR(scale.at(1), 100.0 / 3, 1e-9);
  EXPECT_EQ(scale.at(0), 0);
  EXPECT_EQ(scale_of({0.1}).from, -2) << "the least bar is still seen";
  EXPECT_LT(scale_of({}).from, scale_of({}).to);
}

TEST(BenchScale, NumbersHaveThreeDigits) {
  EXPECT_EQ(short_number(0.0425), "0.0425");
  EXPECT_EQ(short_number(4.25), "4.25");
  EXPECT_EQ(short_number(42.51), "42.5");
  EXPECT_EQ(short_number(99.99), "100");
  EXPECT_EQ(short_number(1234567), "1,234,567");
  EXPECT_EQ(short_number(-1638), "-1,638");
  EXPECT_EQ(short_number(0), "0");
}

TEST(BenchPage, ShowsEveryRowInAChartAndInTheTable) {
  const std::string page = page_of(kStreamHeader + stream_row("assay decode", "64", "4.5") +
                                   stream_row("assay decode", "16384", "11.25") +
                                   stream_row("simdjson On-Demand (limit)", "0", "9.5"));
  for (const char* text : {"reads of 64 B", "reads of 16 KiB", "data-value=\"4.5\"", "data-value=\"11.25\"",
                           "<td>4.50 <small>0.500</small></td>", "X, 2 cores, L, load 0.5 before"})
    EXPECT_THAT(page, HasSubstr(text));
  EXPECT_THAT(page, HasSubstr("class=\"limit-line\""));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(BenchPage, WhatARecordHoldsIsNeverMarkup) {
  const std::string page = page_of(kStreamHeader + stream_row("<b>&", "64", "4.5"));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;&amp;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>&")));
}

TEST(BenchPage, SaysWhatWasNotSeenOfAClient) {
  const std::string row = R"({"cut":"event","reader":"client","first_us":null,"p50_us":null,"p99_us":null,)";
  const std::string page = page_of(kClientHeader + row + R"("events_per_s":1234})" + "\n");
  EXPECT_THAT(page, HasSubstr("one event a write"));
  EXPECT_THAT(page, HasSubstr("1,234"));
  EXPECT_THAT(page, HasSubstr("not observable"));
  EXPECT_THAT(page_of(kClientHeader + row + R"("events_per_s":null,"problem":"it fell over"})" + "\n"),
              HasSubstr("it fell over"));
}

TEST(BenchPage, RefusesWhatIsNoRecordAndNamesTheLine) {
  const auto error = [](const std::string& text) {
    const auto record = parse_bench_record(text, "r");
    return record ? std::string("none") : record.error().text();
  };
  EXPECT_THAT(error(""), HasSubstr("the record is empty"));
  EXPECT_THAT(error("[]\n"), HasSubstr("r:1: expected a JSON object"));
  EXPECT_THAT(error("{\"bench\":\"tea\"}\n"), HasSubstr("r:1: expected the record of a benchmark"));
  EXPECT_THAT(error(kStreamHeader), HasSubstr("no measurements"));
  EXPECT_THAT(error(kStreamHeader + "{\"corpus\":\"chat\"}\n"),
              HasSubstr("r:2: expected a text \"contestant\""));
  EXPECT_THAT(error(kStreamHeader + stream_row("x", "\"64\"", "1")),
              HasSubstr("r:2: expected a number \"read\""));
  EXPECT_THAT(error(kStreamHeader + stream_row("x", "null", "1")),
              HasSubstr("r:2: expected a number \"read\""));
  EXPECT_THAT(error("{\"bench\":\"client\",\"format\":1}\n"), HasSubstr("r:1: expected a text \"client\""));
}

}  // namespace
}  // namespace assay::reports
