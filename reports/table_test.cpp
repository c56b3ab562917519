#include "reports/table.h"

#include <gmock/gmock.h>

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CaseRecord cell(std::uint64_t index, const std::string& name, const std::string& client, Verdict verdict) {
  CaseRecord c;
  c.index = index;
  c.suite = "any/chat";
  c.name = "any/chat/" + name;
  c.client = client;
  c.verdict = verdict;
  return c;
}

TEST(Table, HasCasesDownClientsAcrossAndWhatWasObservedBelow) {
  RunRecord record;
  record.header.clients = {{"a", "1", "provider", {}}, {"b|c", "2", "provider", {}}};
  record.cases = {cell(1, "stalls", "a", Verdict::pass), cell(0, "answers", "a", Verdict::pass),
                  cell(2, "answers", "b|c", Verdict::not_applicable),
                  cell(3, "stalls", "b|c", Verdict::fail)};
  record.cases.back().checks = {{"told", false, "ok", "C.ok is\nfalse", {}}, {"other", true, "", "", {}}};
  const std::string text = render_table(record);
  EXPECT_THAT(text, HasSubstr("| any/chat | a | b\\|c |\n| --- | --- | --- |\n"
                              "| answers | pass | – |\n| stalls | pass | fail |\n"));
  EXPECT_THAT(text, HasSubstr("### b\\|c 2\n- any/chat/stalls (fail, must)\n  - told: ` C.ok is false `\n"));
  EXPECT_THAT(text, Not(HasSubstr("### a")));
}

TEST(Table, ACaseThatCouldNotRunSaysWhy) {
  RunRecord record;
  record.header.clients = {{"a", "1", "provider", {}}};
  record.cases = {cell(0, "answers", "a", Verdict::could_not_run)};
  record.cases.back().reason = "the case needs a cell";
  EXPECT_THAT(render_table(record),
              HasSubstr("- any/chat/answers (could-not-run, must): ` the case needs a cell `"));
}

}  // namespace
}  // namespace assay::reports
