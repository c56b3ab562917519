#include "conformance/runner/case/deadlines.h"

#include <gtest/gtest.h>

#include "conformance/runner/case/case_file.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using std::chrono::seconds;

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
}

}  // namespace
}  // namespace assay::conformance
