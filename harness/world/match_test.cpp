#include "harness/world/match.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

using nlohmann::json;

const PathAliases kAliases = {{"chat", {"/v1/chat/completions", "/v1/messages"}}};

Request chat(std::string body) {
  return {
      "POST", "/v1/chat/completions?beta=true", "HTTP/1.1", {{"Authorization", "Bearer k"}}, std::move(body)};
}

bool fits(const json& match, const Request& request) {
  return matches(parse_match(match, kAliases).value(), request);
}

TEST(Match, ALineNamesMethodAndPath) {
  EXPECT_TRUE(fits("POST chat", chat("{}")));
  EXPECT_TRUE(fits("chat", chat("{}")));
  EXPECT_TRUE(fits("POST /v1/*", chat("{}")));
  EXPECT_FALSE(fits("GET chat", chat("{}")));
  EXPECT_FALSE(fits("POST /v1/models", chat("{}")));
}

TEST(Match, AMapLooksIntoHeadersQueryFormAndBody) {
  EXPECT_TRUE(fits({{"header", {{"authorization", {{"contains", "Bearer"}}}}}}, chat("{}")));
  EXPECT_TRUE(fits({{"header", {{"x-none", "absent"}}}}, chat("{}")));
  EXPECT_TRUE(fits({{"query", {{"beta", true}}}}, chat("{}")));
  EXPECT_TRUE(fits({{"body", {{"/messages/-1/content", "hi"}}}},
                   chat(R"({"messages":[{"content":"a"},{"content":"hi"}]})")));
  EXPECT_FALSE(fits({{"body", {{"/messages/0/content", "hi"}}}}, chat("not json")));
  EXPECT_TRUE(fits({{"form", {{"grant_type", "refresh_token"}}}}, chat("grant_type=refresh_token&x=1")));
  EXPECT_FALSE(fits({{"form", {{"x", 2}}}}, chat("grant_type=refresh_token&x=1")));
}

TEST(Match, NthGivesARange) {
  auto range = [](const json& nth) {
    const auto m = parse_match({{"path", "chat"}, {"nth", nth}}, kAliases).value();
    return std::pair(m.first, m.last);
  };
  EXPECT_EQ(range(2), std::pair(2UL, 2UL));
  EXPECT_EQ(range("2+"), std::pair(2UL, UINT64_MAX));
  EXPECT_EQ(range("1-3"), std::pair(1UL, 3UL));
}

TEST(Match, SaysWhatIsWrong) {
  const std::pair<json, const char*> table[] = {
      {{{"pth", "/x"}}, "unknown key of a match 'pth', did you mean 'path'?"},
      {"POST v1", "starts with /"},
      {{{"path", "/x"}, {"nth", "x"}}, "expected nth"},
      {{{"path", "/x"}, {"nth", "3-1"}}, "nth \"3-1\" can never be: expected the lower number first"},
      {{{"body", {{"/x", {{"like", 1}}}}}}, "unknown test \"like\""},
      {{{"body", {{"/x", {{"matches", "("}}}}}}, "not a regular expression"},
      {5, "expected a match"},
  };
  for (const auto& [text, message] : table) {
    const auto parsed = parse_match(text, kAliases);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find(message), std::string::npos) << parsed.error().message;
  }
}

TEST(Condition, ComparesNumbersAndText) {
  auto ok = [](const json& condition, const json& value) {
    return all_hold(parse_condition(condition).value(), &value);
  };
  EXPECT_TRUE(ok("<=4", 4));
  EXPECT_FALSE(ok("<=4", 5));
  EXPECT_TRUE(ok(">0", "1"));
  EXPECT_FALSE(ok(">0", "many"));
  EXPECT_TRUE(ok({{"min", 1}, {"max", 3}}, 2));
  EXPECT_FALSE(ok({{"min", 1}, {"max", 3}}, 4));
  EXPECT_TRUE(ok({{"in", {"a", "b"}}}, "b"));
  EXPECT_TRUE(ok({{"not", "a"}}, "b"));
  EXPECT_TRUE(ok({{"contains", "b"}}, json::array({"a", "b"})));
  EXPECT_TRUE(ok({{"matches", "^a+$"}}, "aaa"));
  EXPECT_FALSE(ok("absent", "x"));
  EXPECT_TRUE(ok("present", nullptr));
}

TEST(Glob, StarsStandForAnything) {
  EXPECT_TRUE(glob_match("/teams/*/keys", "/teams/t1/keys"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*b*c", "axxbyyc"));
  EXPECT_FALSE(glob_match("/teams/*/keys", "/teams/t1/key"));
  EXPECT_FALSE(glob_match("", "x"));
}

}  // namespace
}  // namespace assay
