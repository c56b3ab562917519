#include "harness/base/exchange.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Headers, AreFoundWithoutCaseAndKeepTheirOrder) {
  Headers h = {{"X-A", "1"}, {"x-b", "2"}, {"X-a", "3"}};
  EXPECT_EQ(*find_header(h, "x-a"), "1");
  EXPECT_EQ(find_header(h, "x-c"), nullptr);
  set_header(h, "x-A", "9");
  EXPECT_EQ(h, (Headers{{"X-A", "9"}, {"x-b", "2"}}));
  EXPECT_EQ(remove_header(h, "X-B"), 1u);
  EXPECT_EQ(h.size(), 1u);
}

TEST(Target, PathAndQueryAreSplitAndDecoded) {
  EXPECT_EQ(target_path("/a/b?x=1"), "/a/b");
  EXPECT_EQ(query_value("/a?x=1&y=a%20b+c", "y"), "a b c");
  EXPECT_EQ(query_value("/a?x", "x"), "");
  EXPECT_EQ(query_value("/a?x=1", "z"), std::nullopt);
  EXPECT_EQ(query_value("/a", "z"), std::nullopt);
  EXPECT_EQ(query_value("/a?x=%4", "x"), "%4");
  EXPECT_EQ(query_value("/a?x=%41", "x"), "A");
}

TEST(Response, IsMadeWithItsReason) {
  const Response r = make_response(429, "application/json", "{}");
  EXPECT_EQ(r.reason, "Too Many Requests");
  EXPECT_EQ(body_bytes(r), "{}");
}

}  // namespace
}  // namespace assay
