#include "reports/junit.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "harness/base/text.h"
#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What xmllint says of `xml` against the schema; empty = valid.
std::string complaints(const std::string& xml) {
  std::string pattern = (std::filesystem::temp_directory_path() / "assay-junit-XXXXXX").string();
  close(mkstemp(pattern.data()));
  EXPECT_TRUE(write_file_atomically(pattern, xml));
  const std::string command =
      "xmllint --noout --schema " ASSAY_SOURCE_DIR "/reports/schemas/junit.xsd " + pattern + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::string said;
  char buffer[4096];
  while (const std::size_t n = fread(buffer, 1, sizeof buffer, pipe)) said.append(buffer, n);
  const int status = pclose(pipe);
  std::filesystem::remove(pattern);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : "xmllint: " + said;
}

bool has_xmllint() {
  return std::system("xmllint --version >/dev/null 2>&1") == 0;
}

TEST(Junit, IsValidAgainstTheSchema) {
  if (!has_xmllint()) GTEST_SKIP() << "xmllint is not installed (package libxml2-utils)";
  RunRecord record = sample_record({300, 3, 200, 5});
  EXPECT_EQ(complaints(render_junit(record)), "");
  // Whatever a client prints, and incomplete.
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  record.cases[0].verdict = Verdict::fail;
  record.cases[0].reason = bytes.substr(0, 128) + "]]>\uFFFE";
  record.cases[0].checks = {{"c", false, bytes.substr(0, 128), "<&>\"'", {}}};
  record.cases[0].output.err = bytes.substr(0, 128);
  record.cases[2].name = record.cases[0].name;
  record.cases[2].client = record.cases[0].client;
  record.footer.reset();
  record.notes = {"no footer <here>"};
  EXPECT_EQ(complaints(render_junit(record)), "");
  EXPECT_THAT(complaints("<testsuites><testsuite/></testsuites>"), HasSubstr("xmllint"))
      << "the check can fail";
}

CaseRecord case_with(Verdict verdict, const std::string& name) {
  CaseRecord c;
  c.name = name;
  c.client = "reference";
  c.suite = "s";
  c.verdict = verdict;
  c.reason = "because";
  return c;
}

RunRecord junit_record(std::vector<CaseRecord> cases) {
  RunRecord record;
  record.header.planned = cases.size();
  record.cases = std::move(cases);
  record.footer = RunFooter{};
  return record;
}

TEST(Junit, KeepsFailureAndErrorApart) {
  const std::string xml = render_junit(junit_record(
      {case_with(Verdict::pass, "p"), case_with(Verdict::fail, "f"), case_with(Verdict::timeout, "t"),
       case_with(Verdict::crash, "c"), case_with(Verdict::flaky, "l"), case_with(Verdict::xpass, "x"),
       case_with(Verdict::error, "e"), case_with(Verdict::could_not_run, "n"), case_with(Verdict::xfail, "k"),
       case_with(Verdict::not_applicable, "a"), case_with(Verdict::not_met, "m")}));
  EXPECT_THAT(xml, HasSubstr(R"(tests="11" failures="6" errors="2" skipped="2")"));
  EXPECT_THAT(xml, HasSubstr(R"(<failure message="crash: because" type="crash">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<failure message="not-met: because" type="not-met">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<error message="could-not-run: because" type="could-not-run">)"));
  EXPECT_THAT(xml, HasSubstr(R"(<skipped message="not-applicable: because"/>)"));
  EXPECT_THAT(xml, HasSubstr(R"(<testcase name="p" classname="reference.s" time="0.000000"/>)"));
}

TEST(Junit, GivesRepeatedCasesNamesOfTheirOwn) {
  const std::string xml =
      render_junit(junit_record({case_with(Verdict::pass, "p"), case_with(Verdict::pass, "p")}));
  EXPECT_THAT(xml, HasSubstr(R"(name="p")"));
  EXPECT_THAT(xml, HasSubstr(R"(name="p #2")"));
}

TEST(Junit, IsNotGreenWhenTheRunIsIncomplete) {
  RunRecord record = junit_record({case_with(Verdict::pass, "p")});
  EXPECT_THAT(render_junit(record), Not(HasSubstr("<error")));
  record.header.missing = {"shard 3/4"};
  EXPECT_THAT(render_junit(record), HasSubstr(R"(<error message="the run is incomplete")"));
}

TEST(XmlEscape, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(xml_escape(std::string_view("a\0b\x1b", 4)),
            "a\uFFFD"
            "b\uFFFD");
  EXPECT_EQ(xml_escape("<&>\"\n"), "&lt;&amp;&gt;&quot;&#10;");
  EXPECT_EQ(xml_escape("\uFFFF"), "\uFFFD");
}

}  // namespace
}  // namespace assay::reports
