#include "probe/check/check.h"

#include <gmock/gmock.h>

#include "probe/check/shapes.h"

namespace assay::probe {
namespace {

using nlohmann::json;

constexpr const char* kCheck = R"(group: g
checks:
  - id: one
    title: One
    level: must
    requirement: It answers.
    source: https://example.com
    protocols: [openai-chat]
    requests: [{prompt: Say pong.}]
    expect: [{status: 200}]
    proof: {wrong: {error: {status: 500}}}
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kCheck;
  return text.replace(text.find(from), from.size(), to);
}

std::string problem_of(const std::string& yaml) {
  const auto checks = parse_checks(yaml, "c.yaml");
  return checks ? "" : checks.error().text();
}

TEST(CheckFile, ReadsACheck) {
  const auto checks = parse_checks(kCheck, "c.yaml");
  ASSERT_TRUE(checks) << checks.error().text();
  EXPECT_EQ(checks->front().id, "g/one");
  EXPECT_EQ(checks->front().asks.front().messages.front().text, "Say pong.");
  EXPECT_EQ(checks->front().expect.front().of, "A");
}

struct Wrong {
  const char* from;
  const char* to;
  const char* told;
};
class BadCheck : public testing::TestWithParam<Wrong> {};
TEST_P(BadCheck, IsToldWithItsLine) {
  EXPECT_THAT(problem_of(with(GetParam().from, GetParam().to)), testing::HasSubstr(GetParam().told));
}
INSTANTIATE_TEST_SUITE_P(
    Each, BadCheck,
    testing::Values(Wrong{"level: must", "level: most", "c.yaml:5: "},
                    Wrong{"{status: 200}", "{statas: 200}", "c.yaml:10: unknown rule \"statas\""},
                    Wrong{"{status: 200}", "{usage: 5}", "c.yaml:10: usage: expected true"},
                    Wrong{"{status: 200}", "{of: B, status: 200}", "there is no request \"B\""},
                    Wrong{"{status: 200}", "{json: {id: present}}", "expected a JSON pointer"},
                    Wrong{"[openai-chat]", "[openai]", "c.yaml:8: expected one of openai-chat"},
                    Wrong{"    proof: {wrong: {error: {status: 500}}}", "    proof: {}",
                          "no fake that fails in openai-chat"},
                    Wrong{"    level: must", "    level: must\n    model_decides: true", "is no must"},
                    Wrong{"prompt: Say pong.", "promt: Say pong.", "c.yaml:9: "},
                    Wrong{"    source: https://example.com\n", "", "no source for openai-chat"}));

TEST(Choose, TellsAGlobThatMatchesNothing) {
  const auto checks = parse_checks(kCheck, "c.yaml");
  ASSERT_TRUE(checks);
  EXPECT_EQ(choose_checks(*checks, stream::Protocol::openai_chat, {"g/*"})->size(), 1U);
  EXPECT_EQ(choose_checks(*checks, stream::Protocol::gemini, {"g/*"})->size(), 0U);
  EXPECT_THAT(choose_checks(*checks, stream::Protocol::openai_chat, {"h/*"}).error().message,
              testing::HasSubstr("no check matches \"h/*\""));
}

TEST(Shape, TellsWhatIsMissingAndWhatIsOfTheWrongType) {
  const auto shapes = Shapes::parse(
      "openai-chat: {whole: {/id: text, /n?: integer, /list: array, /list/*/name: text, /kind: '=it', "
      "/maybe: string|null}}",
      "s.yaml");
  ASSERT_TRUE(shapes) << shapes.error().text();
  const Shape& shape = *shapes->find(stream::Protocol::openai_chat, "whole");
  EXPECT_THAT(
      shape_problems(shape, json::parse(R"({"id":"x","list":[{"name":"a"}],"kind":"it","maybe":null})")),
      testing::IsEmpty());
  EXPECT_THAT(
      shape_problems(shape, json::parse(R"({"id":"","n":"1","list":[{"name":"a"},{}],"kind":"that"})")),
      testing::UnorderedElementsAre("/id is an empty string, not text", "/n is \"1\", not integer",
                                    "/list/1/name is missing", "/kind is \"that\", not \"it\"",
                                    "/maybe is missing"));
}

TEST(Shape, OfAnUnknownTypeIsTold) {
  const auto shapes = Shapes::parse("openai-chat:\n  whole:\n    /id: strin\n", "s.yaml");
  ASSERT_FALSE(shapes);
  EXPECT_THAT(shapes.error().text(), testing::HasSubstr("s.yaml:3: expected types"));
}

}  // namespace
}  // namespace assay::probe
