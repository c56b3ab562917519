#include "harness/base/pattern.h"

#include <gmock/gmock.h>

#include <chrono>

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Pattern, FindsTheLeftmostMatch) {
  const auto url = Pattern::compile(R"(https?://\S+)").value();
  EXPECT_EQ(url.first_in("see http://a/b and https://c"), "http://a/b");
  EXPECT_EQ(url.first_in("see nothing"), std::nullopt);
  EXPECT_TRUE(url.found_in("https://x"));
  EXPECT_EQ(Pattern::compile("(a+)b").value().replaced("aab ab", R"(<\1>)"), "<aa> <a>");
}

TEST(Pattern, WhatCannotBeCompiledSaysWhy) {
  EXPECT_THAT(Pattern::compile("(").error().message, HasSubstr("not a regular expression: (: missing )"));
  EXPECT_THAT(Pattern::compile("^(?!x)").error().message, AllOf(HasSubstr("(?!"), HasSubstr("not_matches")));
  EXPECT_LT(Pattern::compile(std::string(20'000, '(')).error().message.size(), 400U);
  EXPECT_FALSE(Pattern::compile("a{1000000}"));
}

// std::regex recursed once a character and overflowed the stack at 50,000.
TEST(Pattern, LongWordsAreNoTrouble) {
  const auto url = Pattern::compile(R"(https?://\S+)").value();
  EXPECT_EQ(url.first_in("http://" + std::string(5'000'000, 'a'))->size(), 5'000'007U);
}

// As above, when it was compiled.
TEST(Pattern, DeepNestingIsNoTrouble) {
  const auto deep = Pattern::compile(std::string(20'000, '(') + "x" + std::string(20'000, ')'));
  EXPECT_TRUE(!deep || deep->found_in("axb"));
}

TEST(Pattern, ThirtyTextsThatTakeForEverElsewhereAreLinearHere) {
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 30; ++i)
    EXPECT_FALSE(Pattern::compile("^(a*)*(a*)*(a+)+$").value().found_in(std::string(100'000, 'a') + "!"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

}  // namespace
}  // namespace assay
