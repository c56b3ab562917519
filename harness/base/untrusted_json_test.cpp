#include "harness/base/untrusted_json.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

std::string nested(std::size_t levels, const std::string& open, const std::string& inside,
                   const std::string& close) {
  std::string out;
  for (std::size_t i = 0; i < levels; ++i) out += open;
  out += inside;
  for (std::size_t i = 0; i < levels; ++i) out += close;
  return out;
}

TEST(UntrustedJson, DepthIsBounded) {
  EXPECT_EQ(parse_untrusted(R"({"a":[1,"x"]})"), (nlohmann::json{{"a", {1, "x"}}}));
  EXPECT_FALSE(parse_untrusted(nested(max_depth, "[", "1", "]")).is_discarded());
  EXPECT_TRUE(parse_untrusted(nested(max_depth + 1, "[", "1", "]")).is_discarded());
  EXPECT_TRUE(parse_untrusted(nested(1'500'000, "[", "", "]")).is_discarded());
  EXPECT_TRUE(parse_untrusted(nested(1'500'000, R"({"a":)", "1", "}")).is_discarded());
  EXPECT_TRUE(parse_untrusted("[").is_discarded());
}

TEST(UntrustedJson, BracketsInStringsDoNotCount) {
  const std::string text = "[\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"]";
  EXPECT_FALSE(nests_deeper(text, 1));
  EXPECT_FALSE(parse_untrusted(text).is_discarded());
  EXPECT_FALSE(nests_deeper("[][][][]{}{}{}", 1));
}

TEST(UntrustedJson, AnEscapedSurrogateThatStandsAloneIsReplaced) {
  const std::pair<const char*, const char*> table[] = {
      {R"("a\ud83d")", R"("a\ufffd")"},           {R"("\ude00b")", R"("\ufffdb")"},
      {R"("\ud83d\ude00")", R"("\ud83d\ude00")"}, {R"("\ud83d\ud83d\ude00")", R"("\ufffd\ud83d\ude00")"},
      {R"("\\ud83d")", R"("\\ud83d")"},  // a backslash, and letters
      {R"("\u00e9 \n \")", R"("\u00e9 \n \")"},   {R"("\ud8)", R"("\ud8)"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(with_paired_surrogates(text), expected);
  EXPECT_FALSE(parse_untrusted(with_paired_surrogates(R"({"text":"a\ud83d"})")).is_discarded());
}

TEST(UntrustedJson, AKeyThatComesTwiceIsFoundHoweverDeep) {
  EXPECT_TRUE(has_duplicate_key(R"({"ok":false,"ok":true})"));
  EXPECT_TRUE(has_duplicate_key(R"({"seq":1,"result":{"ok":false,"x":[{"a":1,"a":2}]}})"));
  EXPECT_TRUE(has_duplicate_key(R"({"a":1,"\u0061":2})"));
  EXPECT_FALSE(has_duplicate_key(R"({"a":{"a":1},"b":[{"a":1},{"a":1}]})"));
  EXPECT_FALSE(has_duplicate_key(R"({"a")"));
}

}  // namespace
}  // namespace assay
