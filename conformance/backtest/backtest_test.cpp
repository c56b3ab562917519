// What a backtest says: the file is read strictly, a bug is found by its own check alone, and whatever a
// client says is escaped.
#include <gmock/gmock.h>

#include "conformance/backtest/outcome.h"
#include "conformance/backtest/table.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kFile = R"(bugs:
  - name: pypi.openai.unicode-lines
    title: U+2028 splits lines
    package: pypi:openai
    bad: 1.16.1
    good: 1.16.2
    with: [httpx@0.27.2]
    client: openai-python
    case: chat/framing/unicode-in-a-line
    check: text
    control: any/chat/answers
    sources: ["https://example.test/1"]
  - name: npm.mcp.loop
    title: Endless loop
    package: "@modelcontextprotocol/sdk"
    bad: 1.18.2
    good: 1.19.1
    not_attached: there is no role for it
)";

Result<std::vector<Bug>> parsed(const std::string& text) {
  const auto document = load_yaml(text, "bugs.yaml");
  return document ? parse_bugs(*document) : tl::unexpected(document.error());
}

std::string problem_of(const std::string& from, const std::string& to) {
  std::string text = kFile;
  text.replace(text.find(from), from.size(), to);
  const auto bugs = parsed(text);
  return bugs ? "no problem" : bugs.error().text();
}

TEST(Bugs, AreReadWithTheirVersionsAsPackageOptionsTakeThem) {
  const auto bugs = parsed(kFile);
  ASSERT_TRUE(bugs) << bugs.error().text();
  ASSERT_EQ(bugs->size(), 2U);
  const Bug& bug = bugs->front();
  EXPECT_THAT(bug.versions(bug.bad), ElementsAre("openai@1.16.1", "httpx@0.27.2"));
  EXPECT_EQ(language_of(bug), "Python");
  EXPECT_EQ(registry_of(bugs->back()), "npm");
  EXPECT_EQ(bugs->back().not_attached, "there is no role for it");
}

TEST(Bugs, MistakesAreToldWithTheirLine) {
  EXPECT_THAT(problem_of("    check: text", "    chek: text"), HasSubstr("bugs.yaml:10: unknown key 'chek'"));
  EXPECT_THAT(problem_of("    check: text\n", ""), HasSubstr("bugs.yaml:2: "));
  EXPECT_THAT(problem_of("npm.mcp.loop", "pypi.openai.unicode-lines"),
              HasSubstr("bugs.yaml:13: \"pypi.openai.unicode-lines\" is taken, in line 2"));
  EXPECT_THAT(problem_of("pypi:openai", "pipy:openai"), HasSubstr("bugs.yaml:4: unknown registry 'pipy'"));
  EXPECT_THAT(problem_of("good: 1.16.2", "good: 1.16.1"), HasSubstr("bugs.yaml:6: expected another version"));
  EXPECT_THAT(problem_of("    package: pypi:openai\n    bad: 1.16.1\n    good: 1.16.2\n", ""),
              HasSubstr("expected package, or a client for each side"));
}

TEST(Bugs, AreChosenByNameAndGlobAndAnUnknownNameIsToldWithTheNearest) {
  const auto bugs = parsed(kFile).value();
  EXPECT_EQ(bugs_named(bugs, {})->size(), 2U);
  EXPECT_EQ(bugs_named(bugs, {"npm.*", "npm.mcp.loop"})->size(), 1U);
  EXPECT_THAT(bugs_named(bugs, {"npm.mcp.lop"}).error().text(), HasSubstr("did you mean 'npm.mcp.loop'?"));
}

CaseRecord record(Verdict verdict, const std::string& failed = {}) {
  CaseRecord out;
  out.verdict = verdict;
  out.reason = verdict == Verdict::pass ? "" : "The text is <b>short</b>.";
  out.checks = {{"text", failed != "text", "all", "half", {}},
                {"quiet", failed != "quiet", "none", "one", {}}};
  out.command = "assay run x";
  return out;
}
Round round_of(Verdict bad, const std::string& failed, Verdict good = Verdict::pass,
               Verdict control = Verdict::pass) {
  return {record(bad, failed), record(good, good == Verdict::pass ? "" : "text"), record(control),
          record(Verdict::pass)};
}
BugOutcome judged(const std::vector<Round>& rounds) {
  return judge_rounds(parsed(kFile)->front(), rounds);
}

TEST(Outcome, ABugIsFoundByItsOwnCheckWithEverythingElseGreen) {
  const auto found = judged({round_of(Verdict::fail, "text"), round_of(Verdict::timeout, "text")});
  EXPECT_EQ(found.finding, BugVerdict::found);
  EXPECT_EQ(found.why, "");
  EXPECT_EQ(found.bad_did, "fail: The text is <b>short</b>.");
  EXPECT_THAT(found.evidence, HasSubstr("text: expected all; observed half"));
}

TEST(Outcome, WhatIsNotFoundSaysWhy) {
  EXPECT_EQ(judged({round_of(Verdict::pass, "")}).finding, BugVerdict::missed);
  const auto other = judged({round_of(Verdict::fail, "quiet")});
  EXPECT_EQ(other.finding, BugVerdict::not_reproducible);
  EXPECT_THAT(other.why, HasSubstr("not by text"));
  EXPECT_THAT(judged({round_of(Verdict::fail, "text", Verdict::fail)}).why,
              HasSubstr("the good version is red too"));
  EXPECT_THAT(judged({round_of(Verdict::fail, "text", Verdict::pass, Verdict::fail)}).why,
              HasSubstr("the control is not green on the bad version 1.16.1"));
  EXPECT_EQ(judged({round_of(Verdict::not_applicable, "")}).finding, BugVerdict::not_attached);
  EXPECT_EQ(judged({round_of(Verdict::could_not_run, "")}).finding, BugVerdict::could_not_run);
}

TEST(Outcome, ABugThatShowsOnlySometimesIsNotFound) {
  const auto sometimes = judged({round_of(Verdict::fail, "text"), round_of(Verdict::pass, "")});
  EXPECT_EQ(sometimes.finding, BugVerdict::not_reproducible);
  EXPECT_THAT(sometimes.why, HasSubstr("found in 1 of 2 rounds"));
}

TEST(Outcome, WhatIsBeneathAndDiffersIsNamed) {
  EXPECT_THAT(differences({"openai 1.16.1", "httpx 0.25.1", "old 1"},
                          {"openai 1.16.2", "httpx 0.25.2", "new 2"}, "openai"),
              ElementsAre("httpx 0.25.1 → 0.25.2", "old 1 → none", "new none → 2"));
}

TEST(Table, EscapesWhatClientsSay) {
  const std::vector<BugOutcome> outcomes = {judged({round_of(Verdict::fail, "text")}),
                                            not_attached(parsed(kFile)->back(), "no <role>")};
  const std::string html = render_backtest_html(outcomes, "assay backtest '<x>'");
  EXPECT_THAT(html, HasSubstr("The text is &lt;b&gt;short&lt;/b&gt;."));
  EXPECT_THAT(html, Not(HasSubstr("<b>short")));
  EXPECT_THAT(html, Not(HasSubstr("<role>")));
  const std::string markdown = render_backtest_markdown(outcomes, "assay backtest");
  EXPECT_THAT(markdown, HasSubstr("found 1 of 2, not-attached 1"));
  EXPECT_THAT(markdown, Not(HasSubstr("<b>")));
  EXPECT_THAT(render_backtest_console(outcomes), HasSubstr("PyPI       found 1 of 1\n"));
}

}  // namespace
}  // namespace assay::conformance
