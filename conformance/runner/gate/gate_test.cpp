// The gate as values: what entries cover, when they must go, what a run is worth.
#include "conformance/runner/gate/gate.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/gate/requirements.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kToday = "2026-11-20";

Case make_case(const std::string& id, Level level = Level::must) {
  Case out;
  out.id = id;
  out.level = level;
  out.source = {{"title", id}};
  for (const char* check : {"done", "page"}) out.checks.push_back({check, {}, {}});
  return out;
}

CaseRecord make_record(Verdict verdict, const std::vector<std::string>& failed = {},
                       const std::string& name = "s/a") {
  CaseRecord out;
  out.name = name;
  out.client = "mine";
  out.verdict = verdict;
  out.reason = verdict == Verdict::pass ? "" : "done: nothing came";
  for (const char* check : {"done", "page"})
    out.checks.push_back({check, std::find(failed.begin(), failed.end(), check) == failed.end(), "", "", {}});
  return out;
}

Expectations expectations(const std::string& entries) {
  auto known = parse_known_failures(entries.empty() ? "known: []" : "known:\n" + entries, "known.yaml");
  EXPECT_TRUE(known) << known.error().text();
  return {
      known.value_or(KnownFailures{}), {make_case("s/a"), make_case("s/b"), make_case("s/reads:1")}, kToday};
}

std::string entry(const std::string& target, const std::string& more = "state: fail") {
  return "  - {case: \"" + target + "\", reason: upstream, " + more + "}\n";
}

Verdict applied(const std::string& entries, CaseRecord record) {
  expectations(entries).apply(record);
  EXPECT_EQ(record.known.has_value(), record.verdict == Verdict::xfail || record.verdict == Verdict::xpass);
  return record.verdict;
}

std::vector<std::string> problems(const std::string& entries, std::vector<CaseRecord> records) {
  const Expectations all = expectations(entries);
  for (CaseRecord& record : records) all.apply(record);
  std::vector<std::string> out;
  for (const Error& problem : all.problems(records)) out.push_back(problem.text());
  return out;
}

TEST(Known, WhatEntriesMakeOfVerdicts) {
  const struct {
    std::string entries;
    CaseRecord record;
    Verdict verdict;
  } table[] = {
      {"", make_record(Verdict::fail, {"done"}), Verdict::fail},
      {entry("s/a"), make_record(Verdict::fail, {"done"}), Verdict::xfail},
      {entry("s/*"), make_record(Verdict::crash, {"done"}), Verdict::xfail},
      {entry("s/b"), make_record(Verdict::fail, {"done"}), Verdict::fail},
      {entry("s/a"), make_record(Verdict::timeout, {"done"}), Verdict::xfail},
      {entry("s/a"), make_record(Verdict::pass), Verdict::xpass},
      {entry("s/a"), make_record(Verdict::flaky), Verdict::flaky},
      {entry("s/a"), make_record(Verdict::error), Verdict::error},
      {entry("s/a"), make_record(Verdict::could_not_run), Verdict::could_not_run},
      {entry("s/a"), make_record(Verdict::not_applicable), Verdict::not_applicable},
      {entry("s/a", "state: flaky"), make_record(Verdict::flaky), Verdict::xfail},
      {entry("s/a", "state: flaky"), make_record(Verdict::fail, {"done"}), Verdict::xfail},
      {entry("s/a", "state: flaky"), make_record(Verdict::pass), Verdict::pass},
      {entry("s/a:done"), make_record(Verdict::fail, {"done"}), Verdict::xfail},
      {entry("s/a:done"), make_record(Verdict::fail, {"page"}), Verdict::fail},
      {entry("s/a:done"), make_record(Verdict::fail, {"done", "page"}), Verdict::fail},
      {entry("s/a:done") + entry("s/a:page"), make_record(Verdict::fail, {"done", "page"}), Verdict::xfail},
      {entry("s/a:done"), make_record(Verdict::pass), Verdict::xpass},
      {entry("s/reads:1"), make_record(Verdict::fail, {"page"}, "s/reads:1"), Verdict::xfail},
      {entry("s/reads:1:done"), make_record(Verdict::fail, {"done"}, "s/reads:1"), Verdict::xfail},
      {entry("s/a", "state: fail, client: other"), make_record(Verdict::fail, {"done"}), Verdict::fail},
      {entry("s/a", "state: fail, client: mine"), make_record(Verdict::fail, {"done"}), Verdict::xfail},
      {entry("s/a", "state: fail, expires: 2026-11-20"), make_record(Verdict::fail, {"done"}),
       Verdict::xfail},
      {entry("s/a", "state: fail, expires: 2026-11-19"), make_record(Verdict::fail, {"done"}), Verdict::fail},
  };
  for (const auto& row : table)
    EXPECT_EQ(applied(row.entries, row.record), row.verdict) << row.entries << to_string(row.record.verdict);
}

TEST(Known, EntriesThatMustGoAreNamedWithTheirLine) {
  const CaseRecord fails = make_record(Verdict::fail, {"done"}), passes = make_record(Verdict::pass);
  EXPECT_THAT(problems(entry("s/a"), {fails}), IsEmpty());
  EXPECT_THAT(problems(entry("s/b"), {fails}), IsEmpty()) << "not in this run";
  EXPECT_THAT(problems(entry("s/a"), {passes}),
              ElementsAre("known.yaml:2: s/a passes with mine: remove its entry"));
  EXPECT_THAT(problems(entry("s/b") + entry("s/x"), {fails}),
              ElementsAre("known.yaml:3: the entry s/x matches no case: mend or remove it"));
  EXPECT_THAT(problems(entry("s/a:dome"), {fails}),
              ElementsAre("known.yaml:2: the entry s/a:dome matches no case: mend or remove it"));
  EXPECT_THAT(problems(entry("s/a", "state: fail, expires: 2026-01-31"), {fails}),
              ElementsAre("known.yaml:2: the entry s/a expired on 2026-01-31: mend the client, or renew it"));
  EXPECT_THAT(problems(entry("s/a:done") + entry("s/a:page"), {fails}),
              ElementsAre("known.yaml:3: check page of s/a holds with mine: remove its entry"));
  EXPECT_THAT(problems(entry("s/a", "state: flaky"), {passes}), IsEmpty());
}

TEST(Known, WrongFilesAreOneLine) {
  const struct {
    const char* text;
    const char* why;
  } table[] = {
      {"nown: []", "known.yaml:1: unknown key 'nown', did you mean 'known'?"},
      {"{}", "known.yaml:1: missing key 'known': a list of entries"},
      {"known:\n  - {case: a, state: fail}", "known.yaml:2: missing key 'reason'"},
      {"known:\n  - {case: a, reason: x}", "known.yaml:2: missing key 'state'"},
      {"known:\n  - case: a\n    state: fail\n    reason: \"\"", "known.yaml:4: the reason for a is empty"},
      {"known:\n  - {case: a, state: broken, reason: x}", "known.yaml:2: "},
      {"known:\n  - {case: a, state: fail, reason: x, expires: 2026-02-30}",
       "expected a date such as 2026-12-31, found \"2026-02-30\""},
      {"known:\n  - {case: a, state: fail, reason: x, until: 2026-02-20}",
       "known.yaml:2: unknown key 'until'"},
      {"known:\n  - {case: a, state: fail, reason: x}\n  - {case: a, state: flaky, reason: x}",
       "known.yaml:3: a second entry for a"},
  };
  for (const auto& row : table) {
    const auto read = parse_known_failures(row.text, "known.yaml");
    ASSERT_FALSE(read) << row.text;
    EXPECT_THAT(read.error().text(), HasSubstr(row.why));
  }
}

TEST(Known, AcceptedEntriesWaitForTheirReason) {
  CaseRecord twice = make_record(Verdict::crash, {"done", "page"}, "s/b");
  twice.reason = "two\nlines: {";
  const auto entries = template_entries({make_record(Verdict::pass), make_record(Verdict::xfail, {"done"}),
                                         make_record(Verdict::fail, {"page"}), twice, twice});
  EXPECT_EQ(entries.number, 2U);
  const auto file = with_entries("", entries, "known.yaml");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_THAT(parse_known_failures(*file, "known.yaml").error().text(),
              HasSubstr("the reason for s/a:page is empty"));
  std::string filled = *file;
  for (std::size_t at = 0; (at = filled.find("\"\"", at)) != std::string::npos;)
    filled.replace(at, 2, "upstream");
  const auto read = parse_known_failures(filled, "known.yaml");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->entries[0].target, "s/a:page");
  EXPECT_EQ(read->entries[1].target, "s/b");
  const auto more =
      with_entries(filled + "# the end", {"  - {case: c, state: fail, reason: x}\n", 1}, "known.yaml");
  ASSERT_TRUE(more) << more.error().text();
  EXPECT_THAT(parse_known_failures(*more, "known.yaml").value().entries, SizeIs(3));
  EXPECT_FALSE(with_entries("known: []\n", entries, "known.yaml"));
  EXPECT_FALSE(with_entries("- a\n", entries, "known.yaml"));
}

TEST(Known, AcceptedEntriesStandInTheOrderOfThePlanAndKeepTheirText) {
  CaseRecord later = make_record(Verdict::fail), first = make_record(Verdict::fail);
  later.name = "s/b";
  later.index = 7;
  first.name = "s/a";
  first.index = 2;
  first.reason = "C.exit is 0 \xE2\x80\x94 nor: C.exit is 0\n\xC2\x85";
  const std::string text = template_entries({later, first}).entries;
  EXPECT_LT(text.find("s/a"), text.find("s/b"));
  EXPECT_THAT(text, HasSubstr("  # fail: C.exit is 0 \xE2\x80\x94 nor: C.exit is 0  \n"));
  first.reason = std::string(159, 'x') + "\xE2\x80\x94";
  EXPECT_THAT(template_entries({first}).entries, HasSubstr(std::string(159, 'x') + "\n"));
}

TEST(Known, EntriesForClientsThatAreNotInTheRunAreTold) {
  const auto known = parse_known_failures(
      "known:\n  - {case: s/a, client: tinny, reason: x, state: fail}\n"
      "  - {case: s/b, client: tinny, reason: x, state: fail}\n  - {case: s/a, reason: x, state: fail}\n"
      "  - {case: s/a, client: tiny, reason: x, state: fail}\n",
      "known.yaml");
  ASSERT_TRUE(known) << known.error().text();
  const Expectations expectations(*known, {make_case("s/a"), make_case("s/b")}, "2026-11-20");
  const auto told = expectations.of_other_clients({"tiny", "reference"});
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(
      told[0].text(),
      "known.yaml:2: 2 entries are for the client \"tinny\", which is not in this run (tiny, reference); "
      "did you mean tiny?");
}

TEST(Retries, APassAfterAFailureIsFlakyWithTheEvidenceOfTheFailure) {
  CaseRecord failed = make_record(Verdict::fail, {"done"}), passed = make_record(Verdict::pass);
  failed.journal = "[1]";
  failed.duration_us = 7;
  passed.duration_us = 9;
  const CaseRecord flaky = joined_attempts({failed, passed});
  EXPECT_EQ(flaky.verdict, Verdict::flaky);
  EXPECT_EQ(flaky.reason, "passed on attempt 2; the first: done: nothing came");
  EXPECT_EQ(flaky.journal, "[1]");
  EXPECT_EQ(flaky.duration_us, 9);
  EXPECT_THAT(flaky.attempts,
              ElementsAre(Attempt{Verdict::fail, "done: nothing came", 7}, Attempt{Verdict::pass, "", 9}));
  EXPECT_EQ(joined_attempts({failed, failed}).verdict, Verdict::fail);
  EXPECT_THAT(joined_attempts({failed, failed}).attempts, SizeIs(2));
  EXPECT_EQ(joined_attempts({passed}), passed);
}

TEST(Thresholds, Minimum) {
  const std::vector<CaseRecord> records = {make_record(Verdict::pass), make_record(Verdict::pass),
                                           make_record(Verdict::xfail), make_record(Verdict::not_applicable)};
  const auto holds = [&](const std::string& text) {
    return enough_pass(parse_minimum(text).value(), records).has_value();
  };
  EXPECT_TRUE(holds("2"));
  EXPECT_FALSE(holds("3"));
  EXPECT_TRUE(holds("66%"));
  EXPECT_FALSE(holds("67%"));
  EXPECT_EQ(enough_pass({67, true}, records).error().text(), "2 of 3 cases pass, fewer than --min 67%");
  EXPECT_EQ(enough_pass({0, true}, {make_record(Verdict::not_applicable)}).error().text(),
            "no case applies, so --min 0% is not met");
  for (const char* wrong : {"", "x", "-1", "101%", "5%%", "5 %", "%"})
    EXPECT_FALSE(parse_minimum(wrong)) << wrong;
}

TEST(Thresholds, ExitStatus) {
  CaseRecord should = make_record(Verdict::fail);
  should.level = "should";
  EXPECT_EQ(exit_of({}, Level::must), ExitCode::incomplete);
  EXPECT_EQ(exit_of({make_record(Verdict::pass), make_record(Verdict::xfail), should}, Level::must),
            ExitCode::ok);
  EXPECT_EQ(exit_of({should}, Level::should), ExitCode::failed);
  EXPECT_EQ(exit_of({make_record(Verdict::not_met)}, Level::must), ExitCode::failed);
  EXPECT_EQ(exit_of({make_record(Verdict::not_applicable)}, Level::must), ExitCode::incomplete);
  EXPECT_EQ(exit_of({make_record(Verdict::not_applicable)}, Level::must, true), ExitCode::ok);
  EXPECT_EQ(exit_of({make_record(Verdict::xpass)}, Level::must), ExitCode::failed);
  EXPECT_EQ(exit_of({make_record(Verdict::could_not_run)}, Level::must), ExitCode::incomplete);
  CaseRecord below = make_record(Verdict::could_not_run);
  below.level = "should";
  EXPECT_EQ(exit_of({make_record(Verdict::pass), below}, Level::must), ExitCode::ok);
  EXPECT_EQ(exit_of({make_record(Verdict::pass), below}, Level::should), ExitCode::incomplete);
  EXPECT_EQ(exit_of({make_record(Verdict::error), make_record(Verdict::flaky)}, Level::must),
            ExitCode::failed);
}

TEST(Requirements, TheFrozenLevelHoldsAndNewCasesStayOut) {
  const auto set = freeze({make_case("s/a", Level::should), make_case("s/reads:1")});
  const auto taken =
      required_cases({make_case("s/a"), make_case("s/new"), make_case("s/reads:1")}, set, "f.txt");
  ASSERT_TRUE(taken) << taken.error().text();
  ASSERT_THAT(*taken, SizeIs(2));
  EXPECT_EQ((*taken)[0].level, Level::should);
  EXPECT_EQ((*taken)[0].source["level"], "should");
  EXPECT_EQ(required_cases({make_case("s/a")}, set, "f.txt").error().text(),
            "f.txt:3: the frozen case s/reads:1 does not exist");
  EXPECT_THAT(required_cases({make_case("s/a")}, "s/a\n", "f.txt").error().text(),
              HasSubstr("f.txt:1: expected LEVEL ID"));
  EXPECT_THAT(required_cases({make_case("s/a")}, "must s/a\nmay s/a\n", "f.txt").error().text(),
              HasSubstr("f.txt:2: a second line"));
}

TEST(Requirements, EveryCaseOfEverySetExists) {
  const std::string data = ASSAY_SOURCE_DIR;
  const auto cases = load_cases(data + "/conformance/cases");
  ASSERT_TRUE(cases) << cases.error().text();
  std::size_t sets = 0;
  for (const auto& set : std::filesystem::directory_iterator(data + "/conformance/requirements")) {
    ++sets;
    const auto taken =
        required_cases(*cases, read_file(set.path().string()).value(), set.path().filename().string());
    EXPECT_TRUE(taken) << taken.error().text();
    EXPECT_TRUE(requirements_file(data, set.path().stem().string()));
  }
  EXPECT_GE(sets, 1U);
  EXPECT_THAT(requirements_file(data, "2026.12").error().text(), HasSubstr("2026.11"));
}

TEST(Manifest, IsAListOfCapabilities) {
  EXPECT_THAT(parse_manifest("capabilities: [chat, login]", "m.yaml").value(), ElementsAre("chat", "login"));
  EXPECT_THAT(parse_manifest("capability: [chat]", "m.yaml").error().text(), HasSubstr("m.yaml:1: "));
}

}  // namespace
}  // namespace assay::conformance
