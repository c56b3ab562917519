// A probe as CI takes it: known failures, run records that every report reads, shards that come together.
#include "probe/gate/gate.h"

#include <gmock/gmock.h>

#include "reports/junit.h"
#include "reports/lint.h"
#include "reports/record/writer.h"

namespace assay::probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CheckResult check(const std::string& id, Level level, Verdict verdict) {
  CheckResult out;
  out.id = id;
  out.title = "Title of " + id;
  out.requirement = "It should.";
  out.level = level;
  out.verdict = verdict;
  out.sentence = "Sent GET /v1/models: the endpoint answered 500.";
  return out;
}

Report report() {
  ProbeResult result;
  result.endpoint = "http://e";
  result.protocol = "openai-chat";
  result.model = "m";
  result.checks = {
      check("a/passes", Level::must, Verdict::pass), check("a/fails", Level::must, Verdict::fail),
      check("b/warns", Level::should, Verdict::warn), check("b/refused", Level::must, Verdict::refused),
      check("b/unknown", Level::info, Verdict::inconclusive)};
  for (std::size_t i = 0; i < result.checks.size(); ++i) result.checks[i].index = i;
  return {"0.1", "2026-11-30T00:00:00Z", {result}, {}, {}};
}

std::vector<Check> checks_of(const Report& report) {
  std::vector<Check> out;
  for (const CheckResult& result : report.results.front().checks) {
    Check one;
    one.id = result.id;
    out.push_back(one);
  }
  return out;
}

std::vector<std::string> words(const Report& report) {
  std::vector<std::string> out;
  for (const CheckResult& result : report.results.front().checks) out.emplace_back(to_string(result.verdict));
  return out;
}

std::vector<Error> hold_against(Report& report, const std::string& entries) {
  auto known = conformance::parse_known_failures("known:\n" + entries, "known.yaml");
  EXPECT_TRUE(known) << known.error().text();
  return apply_known(report, std::move(*known), checks_of(report));
}

TEST(ProbeGate, AKnownFailureDoesNotFailTheProbe) {
  Report one = report();
  EXPECT_EQ(exit_of(one.results), ExitCode::failed);
  EXPECT_THAT(hold_against(one,
                           "  - {case: a/fails, state: fail, reason: our relay drops it}\n  - {case: 'b/w*', "
                           "state: fail, reason: later}\n"),
              IsEmpty());
  EXPECT_THAT(words(one), ElementsAre("pass", "xfail", "xfail", "refused", "inconclusive"));
  EXPECT_EQ(one.results.front().checks[1].known, "our relay drops it");
  EXPECT_EQ(exit_of(one.results), ExitCode::ok);
  EXPECT_THAT(render_markdown(one), HasSubstr("Known: our relay drops it"));
}

TEST(ProbeGate, AKnownFailureThatPassesFailsIt) {
  Report one = report();
  const auto problems = hold_against(
      one, "  - {case: a/passes, state: fail, reason: x}\n  - {case: a/fails, state: fail, reason: x}\n");
  EXPECT_THAT(words(one), ElementsAre("xpass", "xfail", "warn", "refused", "inconclusive"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems.front().text(), HasSubstr("known.yaml:2: a/passes passes"));
  EXPECT_EQ(exit_of(one.results), ExitCode::failed);
}

TEST(ProbeGate, AnEntryThatHasExpiredOrNamesNothingIsTold) {
  Report one = report();
  const auto problems = hold_against(one,
                                     "  - {case: a/fails, state: fail, reason: x, expires: '2026-11-29'}\n  "
                                     "- {case: c/none, state: fail, reason: x}\n");
  EXPECT_THAT(words(one), ElementsAre("pass", "fail", "warn", "refused", "inconclusive"));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0].text(), HasSubstr("expired on 2026-11-29"));
  EXPECT_THAT(problems[1].text(), HasSubstr("c/none matches no case"));
}

// The client of an entry is the endpoint, its protocol, its model, or all three.
TEST(ProbeGate, AnEntryMayBeForOneEndpointAlone) {
  for (const char* client : {"http://e", "openai-chat", "m", "http://e openai-chat m"}) {
    Report one = report();
    EXPECT_THAT(hold_against(one, "  - {case: a/fails, state: fail, reason: x, client: '" +
                                      std::string(client) + "'}\n"),
                IsEmpty());
    EXPECT_EQ(exit_of(one.results), ExitCode::ok) << client;
  }
  Report other = report();
  EXPECT_THAT(hold_against(other, "  - {case: a/fails, state: fail, reason: x, client: anthropic}\n"),
              IsEmpty());
  EXPECT_EQ(exit_of(other.results), ExitCode::failed);
  EXPECT_THAT(other.notes, ElementsAre(HasSubstr("for the client \"anthropic\", which is not in this run")));
}

TEST(ProbeGate, ItsRunRecordIsOneToTheLetter) {
  Report one = report();
  (void)hold_against(one, "  - {case: b/warns, state: fail, reason: x}\n");
  const RunRecord record =
      run_record(one, {7, {"assay", "probe"}, "--key-env K", {"Linux", "6.1", 2}}, ExitCode::failed, true);
  const std::string text = record_text(record);
  for (const Error& problem : reports::lint_record(text, "run.jsonl")) ADD_FAILURE() << problem.text();
  EXPECT_THAT(text,
              HasSubstr("assay probe http://e --protocol openai-chat --model 'm' --checks a/fails --seed 7 "
                        "--key-env K"));
  const std::string junit = reports::render_junit(record);
  EXPECT_THAT(junit, HasSubstr("<failure message=\"fail: Sent GET /v1/models: the endpoint answered 500.\""));
  EXPECT_THAT(junit, HasSubstr("<skipped message=\"xfail: known failure: x\""));
  // `assay accept` writes an entry for what is left.
  const auto entries = conformance::template_entries(record.cases);
  EXPECT_EQ(entries.number, 1U);
  EXPECT_THAT(entries.entries, HasSubstr("a/fails"));
  std::string reasoned = entries.entries;
  reasoned.replace(reasoned.find("reason: \"\""), 10, "reason: relay");
  Report again = report();
  EXPECT_THAT(hold_against(again, reasoned), IsEmpty());
  EXPECT_EQ(exit_of(again.results), ExitCode::ok);
}

TEST(ProbeMerge, ShardsBecomeOneProbe) {
  Report first = report(), second = report();
  first.shard = "1/2";
  second.shard = "2/2";
  auto& odd = first.results.front().checks;
  auto& even = second.results.front().checks;
  odd = {odd[0], odd[2], odd[4]};
  even = {even[1], even[3]};
  const auto whole = merge_reports({second, first});
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_THAT(words(*whole), ElementsAre("pass", "fail", "warn", "refused", "inconclusive"));
  EXPECT_THAT(whole->notes, IsEmpty());
  const auto half = merge_reports({second});
  ASSERT_TRUE(half);
  EXPECT_THAT(half->notes, ElementsAre("missing: shard 1/2"));
  EXPECT_THAT(merge_reports({first, first}).error().message,
              HasSubstr("a/passes of http://e openai-chat m is in two"));
}

TEST(ProbeReport, FailuresComeFirstAndMustsBeforeShoulds) {
  Report one = report();
  std::swap(one.results.front().checks[1], one.results.front().checks[2]);
  std::vector<std::string> order;
  for (const CheckResult* result : by_rank(one.results.front())) order.push_back(result->id);
  EXPECT_THAT(order, ElementsAre("a/fails", "b/warns", "b/refused", "b/unknown", "a/passes"));
  for (const std::string& text :
       {render_markdown(one), render_html(one), console_summary(one.results.front())})
    EXPECT_LT(text.find("a/fails"), text.find("b/warns")) << text;
}

}  // namespace
}  // namespace assay::probe
