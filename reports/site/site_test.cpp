#include "reports/site/site.h"

#include <gmock/gmock.h>

#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CaseRecord site_case(const std::string& client, Verdict verdict,
                     const std::string& name = "demo/stream/bytes:1/cut@anthropic") {
  CaseRecord c;
  c.name = name;
  c.suite = "demo/stream";
  c.client = client;
  c.title = "Stream <cut>";
  c.requirement = "The client says so.";
  c.topic = "framing";
  c.axes = {{"bytes", "1"}};
  c.verdict = verdict;
  if (is_red(verdict)) {
    c.reason = "it says \"done\" & <nothing>";
    c.checks = {{"told", false, "failure", "success", {}}};
  }
  return c;
}

RunRecord site_record(std::vector<CaseRecord> cases) {
  RunRecord record;
  record.header.assay = "0.1.0";
  record.header.clients = {{"good", "1.0", "provider", {}, {"openai 7.55.0"}},
                           {"bad/one", "2.0", "provider", {}}};
  record.header.planned = cases.size();
  record.cases = std::move(cases);
  record.footer = RunFooter{{}, 0, 1, true};
  return record;
}

TEST(Site, HasAPageAClientAndAQuestionAndABadge) {
  const Site site =
      render_site(site_record({site_case("good", Verdict::pass), site_case("bad/one", Verdict::fail)}));
  std::vector<std::string> paths;
  for (const auto& [path, text] : site) paths.push_back(path);
  EXPECT_THAT(paths, testing::ElementsAre("badges/bad-one.svg", "badges/good.svg", "clients/bad-one.html",
                                          "clients/good.html", "index.html", "questions/demo-stream-cut.html",
                                          "style.css"));
}

TEST(Site, SaysOfEachClientWhatFailedAndWhy) {
  const Site site =
      render_site(site_record({site_case("good", Verdict::pass), site_case("bad/one", Verdict::fail)}));
  const std::string& bad = site.at("clients/bad-one.html");
  EXPECT_THAT(bad, HasSubstr("<h2>What does not hold (1)</h2>\n<h3>Reading the bytes of a stream</h3>"));
  EXPECT_THAT(bad, HasSubstr("it says &quot;done&quot; &amp; &lt;nothing&gt;"));
  EXPECT_THAT(bad, HasSubstr("told: expected failure; observed success"));
  EXPECT_THAT(bad, HasSubstr("<a href=\"../questions/demo-stream-cut.html\">Stream &lt;cut&gt;</a>"));
  EXPECT_THAT(site.at("clients/good.html"), HasSubstr("<h2>What does not hold (0)</h2>"));
  EXPECT_THAT(site.at("clients/good.html"), HasSubstr("openai 7.55.0"));
  EXPECT_THAT(site.at("index.html"), HasSubstr("<td class=\"yes\">1/1</td>"));
  EXPECT_THAT(site.at("index.html"), HasSubstr("<td class=\"no\">0/1</td>"));
  EXPECT_THAT(site.at("index.html"), HasSubstr("<span class=\"no\">1 of 2 fail</span>"));
}

TEST(Site, CountsWhatAppliesAlone) {
  CaseRecord absent = site_case("good", Verdict::not_applicable, "demo/stream/bytes:1/other");
  absent.reason = "usage is not reported";
  const Site site = render_site(site_record({site_case("good", Verdict::pass), absent}));
  EXPECT_THAT(site.at("badges/good.svg"), HasSubstr("assay: 1 of 1"));
  EXPECT_THAT(site.at("clients/good.html"), HasSubstr("<li>1: usage is not reported</li>"));
}

TEST(Site, IsIncompleteWhereTheRunIs) {
  RunRecord record = site_record({site_case("good", Verdict::pass)});
  record.footer.reset();
  EXPECT_THAT(render_site(record).at("badges/good.svg"), HasSubstr("assay: incomplete"));
}

TEST(Site, AQuestionHasNoAxesNoVariantAndNoProtocol) {
  CaseRecord c = site_case("good", Verdict::pass, "demo/stream/bytes:1/cut/crlf@anthropic");
  EXPECT_EQ(question_of(c), "demo/stream/cut");
  c.name = "demo/stream/bytes:1/cut";
  EXPECT_EQ(question_of(c), "demo/stream/cut");
}

TEST(Site, NoNameLeavesItsFolder) {
  EXPECT_EQ(path_name("../../etc/passwd"), "-.-..-etc-passwd");
  EXPECT_EQ(path_name("@openai/codex"), "-openai-codex");
  EXPECT_EQ(path_name(""), "-");
}

TEST(Site, WhatARecordHoldsIsNeverMarkup) {
  for (const auto& [path, text] : render_site(sample_record({200, 3, 300, 7})))
    EXPECT_THAT(text, Not(HasSubstr("<img src=x"))) << path;
}

}  // namespace
}  // namespace assay::reports
