#include "conformance/runner/case/deadlines.h"

#include <gtest/gtest.h>

#include "conformance/runner/case/case_file.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using std::chrono::seconds;

TEST(AwaitDeadline, IsThePatienceOfAClientThatHasSentNothing) {
  Step::Await step;
  EXPECT_EQ(await_deadline(step, seconds(45), true), seconds(45));
  EXPECT_EQ(await_deadline(step, seconds(45), false), kAwaitDeadline);
  EXPECT_EQ(await_deadline(step, seconds(5), true), kAwaitDeadline);
  step.deadline = seconds(2);
  EXPECT_EQ(await_deadline(step, seconds(45), true), seconds(2));
}

// A stalled stream was a failure that the client had told, as the adapter's own deadline ended it.
TEST(EndedByAdapter, IsATimeoutAtTheDeadlineOfAClientWithoutCategories) {
  const nlohmann::json late = {
      {"ok", false}, {"error", {{"category", "timeout"}, {"message", "no answer before the deadline"}}}};
  EXPECT_TRUE(ended_by_adapter(late, seconds(420), seconds(420), false));
  EXPECT_FALSE(ended_by_adapter(late, seconds(30), seconds(420), false));
  EXPECT_FALSE(ended_by_adapter(late, seconds(420), seconds(420), true));
  EXPECT_FALSE(ended_by_adapter({{"ok", false}, {"error", {{"message", "timed out"}}}}, seconds(420),
                                seconds(420), false));
  EXPECT_FALSE(ended_by_adapter({{"ok", true}}, seconds(420), seconds(420), false));
}

TEST(Longest, AddsUpWhatEachStepMayTake) {
  struct Row {
    const char* steps;
    int seconds;
  };
  const Row rows[] = {
      {"[{chat: {as: C}}]", 15},
      {"[{chat: {as: C, deadline: 40s}}, {models: {}}]", 55},
      {"[{chat: {as: C, deadline: 1s}}]", 5},  // the client's patience
      {"[{start: {chat: {as: C, deadline: 40s}}}, {await: {journal: inference done, count: 3}}, {join: C}]",
       70},
      {"[{start: {chat: {as: C}}}, {await: {event: text, of: C, count: 3, deadline: 20s}}, {cancel: C}]", 45},
      {"[{repeat: {times: 3, do: {chat: {as: C, deadline: 20s}}}}]", 60},
      {"[{parallel: {each: [a, b], do: {chat: {as: C, deadline: 20s}}}}]", 20},
  };
  for (const Row& row : rows) {
    const auto document = load_yaml(
        std::string("id: x\ntitle: t\nexpect: {c: {C: {ok: true}}}\ndo: ") + row.steps, "case.yaml");
    ASSERT_TRUE(document);
    const auto one = parse_case(*document, "suite", "suite/x");
    ASSERT_TRUE(one) << one.error().text();
    EXPECT_EQ(longest(*one, seconds(5)), seconds(row.seconds)) << row.steps;
  }
  const auto document = load_yaml(
      "{id: x, title: t, expect: {c: {C: {ok: true}}}, do: [{start: {chat: {as: C}}}, {await: {event: text, "
      "of: C}}]}",
      "case.yaml");
  EXPECT_EQ(longest(parse_case(*document, "suite", "suite/x").value(), seconds(30)), seconds(30 + 10 + 20));
}

}  // namespace
}  // namespace assay::conformance
