#include "reports/markdown.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "reports/compat.h"
#include "reports/ctrf.h"
#include "reports/json_schema.h"
#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

CaseRecord markdown_case(Verdict verdict, const std::string& name) {
  CaseRecord c;
  c.name = name;
  c.client = "reference";
  c.suite = "s";
  c.provider = "p";
  c.model = "m";
  c.features = {"stream"};
  c.verdict = verdict;
  c.command = "assay run --case " + name;
  if (is_red(verdict)) {
    c.reason = "because | of <b>this</b>";
    c.checks = {{"done", false, "ok", "a `tick` and ``two``", {}}};
  }
  return c;
}

RunRecord markdown_record(std::vector<CaseRecord> cases, int exit = 0) {
  RunRecord record;
  record.header.assay = "0.1.0";
  record.header.started = "2026-11-20T07:20:14Z";
  record.header.clients = {{"reference", "1", "provider", {}}};
  record.header.planned = cases.size();
  record.cases = std::move(cases);
  record.footer = RunFooter{{}, 0, exit, true};
  return record;
}

TEST(Markdown, PutsFirstWhatFailed) {
  const std::string text = render_markdown(
      markdown_record({markdown_case(Verdict::pass, "p"), markdown_case(Verdict::fail, "f")}, 1));
  EXPECT_TRUE(text.starts_with("# Failed: 1 pass, 1 fail\n\n### fail: f\n")) << text;
  EXPECT_THAT(text, HasSubstr("- why: because \\| of &lt;b&gt;this&lt;/b&gt;\n"));
  EXPECT_THAT(text, HasSubstr("- done: expected ` ok `, observed ``` a `tick` and ``two`` ```\n"));
  EXPECT_THAT(text, HasSubstr("- repeat: ` assay run --case f `"));
  EXPECT_THAT(text, HasSubstr("| reference | 2 | 1 | 1 |"));
}

TEST(Markdown, CountsByWhatToFix) {
  CaseRecord framing = markdown_case(Verdict::fail, "f");
  framing.topic = "framing";
  CaseRecord other = markdown_case(Verdict::crash, "c");
  other.client = "second";
  other.topic = "framing";
  CaseRecord own = markdown_case(Verdict::fail, "own");
  const std::string text = render_markdown(markdown_record({own, framing, other}, 1));
  EXPECT_THAT(
      text,
      HasSubstr("| Reading the bytes of a stream | 2 | reference, second |\n| Other | 1 | reference |\n"));
  EXPECT_THAT(text, HasSubstr("- what to fix: Reading the bytes of a stream\n"));
  EXPECT_THAT(render_markdown(markdown_record({own, own}, 1)), Not(HasSubstr("what to fix")))
      << "an older record knows no topics";
}

TEST(Markdown, StaysUnderItsLimitAndSaysWhatItLeavesOut) {
  const RunRecord record = sample_record({300, 1, 900, 7});
  const std::string text = render_markdown(record, 100'000);
  EXPECT_LE(text.size(), 100'000U);
  EXPECT_GT(text.size(), 98'000U);
  EXPECT_NE(text.find("more; the run record has them all."), std::string::npos);
  EXPECT_LE(render_markdown(record, 5000).size(), 5000U);
  EXPECT_LE(render_markdown(record, 500).size(), 500U);
}

TEST(Github, IsBoundedAndEscaped) {
  const std::string text = render_github(sample_record({400, 2, 300, 7}));
  std::size_t errors = 0;
  std::size_t warnings = 0;
  for (const std::string_view line : split(text, '\n')) {
    errors += line.starts_with("::error ") ? 1 : 0;
    warnings += line.starts_with("::warning ") ? 1 : 0;
    EXPECT_TRUE(line.empty() || line.starts_with("::")) << line;
  }
  EXPECT_EQ(errors, 10U);
  EXPECT_EQ(warnings, 10U);
  CaseRecord c = markdown_case(Verdict::fail, "a:b,c");
  c.reason = "100% sure";
  EXPECT_THAT(render_github(markdown_record({c}, 1)),
              HasSubstr("::error title=fail%3A a%3Ab%2Cc (reference)::100%25 sure%0Adone: "));
}

TEST(Badge, HasAColourOfTheJudgement) {
  EXPECT_EQ(render_badge(markdown_record(
                {markdown_case(Verdict::pass, "p"), markdown_case(Verdict::not_applicable, "n")})),
            "{\"schemaVersion\":1,\"label\":\"assay\",\"message\":\"1 of 1\",\"color\":\"brightgreen\"}\n");
  EXPECT_THAT(render_badge(markdown_record({markdown_case(Verdict::fail, "f")}, 1)),
              HasSubstr(R"("0 of 1","color":"red")"));
  RunRecord record = markdown_record({});
  record.footer.reset();
  EXPECT_THAT(render_badge(record), HasSubstr(R"("incomplete")"));
}

TEST(Ctrf, FollowsItsSchema) {
  const auto text = read_file(ASSAY_SOURCE_DIR "/reports/schemas/ctrf.schema.json");
  ASSERT_TRUE(text);
  const json schema = json::parse(*text);
  RunRecord record = sample_record({300, 2, 100, 7});
  const json report = json::parse(render_ctrf(record));
  for (const SchemaProblem& problem : check_schema(schema, "#/$defs/report", report))
    ADD_FAILURE() << problem.pointer << ": " << problem.message;
  const json& summary = report["results"]["summary"];
  EXPECT_EQ(summary["tests"], 600);
  EXPECT_EQ(summary["passed"].get<int>() + summary["failed"].get<int>() + summary["skipped"].get<int>() +
                summary["other"].get<int>(),
            600);
  EXPECT_EQ(summary["start"], 1795159214000);
  record.footer.reset();
  EXPECT_EQ(json::parse(render_ctrf(record))["results"]["tests"].back()["name"], "complete");
}

TEST(Compat, JudgesEachFeatureByItsCases) {
  CaseRecord tools = markdown_case(Verdict::fail, "tools-fail");
  tools.features = {"stream", "tools"};
  CaseRecord vision = markdown_case(Verdict::not_applicable, "vision");
  vision.features = {"vision"};
  CaseRecord usage = markdown_case(Verdict::could_not_run, "usage");
  usage.features = {"usage"};
  CaseRecord known = markdown_case(Verdict::xfail, "known");
  known.features = {"parameters:top_k"};
  CaseRecord login = markdown_case(Verdict::pass, "old-id");
  login.features = {"login"};
  RunRecord record =
      markdown_record({markdown_case(Verdict::pass, "ok"), tools, vision, usage, known, login});
  record.header.clients = {{"reference", "1", "provider", {"chat", "tools"}}};
  const Compat table = compat(record);
  EXPECT_THAT(table.clients, ElementsAre("reference"));
  EXPECT_THAT(table.unclaimed, ElementsAre("login", "vision")) << "no tick for a login that is not claimed";
  ASSERT_EQ(table.rows.size(), 4U);
  const auto cell = [&](std::size_t row) { return table.rows[row].cells.at("reference"); };
  EXPECT_EQ(table.rows[0].feature, "stream");
  EXPECT_EQ(cell(0).support, Support::partly);
  EXPECT_EQ(cell(0).held, 1U);
  EXPECT_EQ(cell(0).ran, 2U);
  EXPECT_EQ(cell(0).witness->name, "tools-fail");
  EXPECT_EQ(table.rows[1].feature, "tools");
  EXPECT_EQ(cell(1).support, Support::no);
  EXPECT_EQ(table.rows[2].feature, "usage");
  EXPECT_EQ(cell(2).support, Support::unknown);
  EXPECT_EQ(table.rows[3].feature, "parameters:top_k");
  EXPECT_EQ(cell(3).support, Support::no);
  const std::string text = render_compat_markdown(record);
  for (const char* line : {"| feature | reference |\n", "| stream | ◐ 1/2 |\n", "| tools | ✗ 0/1 |\n",
                           "| usage | ? |\n", "Not claimed by any client: login, vision\n", "empty: no case"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, HasSubstr("Repeat: ` assay run --case tools-fail `"));
  const json out = json::parse(render_compat_json(record));
  EXPECT_EQ(out["rows"][1]["clients"]["reference"]["command"], "assay run --case tools-fail");
  const std::string page = render_compat_html(record);
  EXPECT_THAT(page, HasSubstr("<code>assay run --case tools-fail</code>"));
  EXPECT_THAT(page, HasSubstr("empty: no case"));
}

TEST(Compat, HtmlHoldsNoMarkupOfARecord) {
  CaseRecord c = markdown_case(Verdict::fail, "<script>alert(1)</script>");
  c.provider = c.model = c.client = c.command = "<img src=x onerror=\"x\">";
  c.features = {"<b>"};
  const std::string text = render_compat_html(markdown_record({c}));
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("<img")));
}

}  // namespace
}  // namespace assay::reports
