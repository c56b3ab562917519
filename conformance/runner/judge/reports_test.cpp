#include "conformance/runner/judge/reports.h"

#include <gmock/gmock.h>

#include "conformance/runner/judge/judge.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

Check check_of(const json& expectation) {
  Document document{{{"expect", {{"it", expectation}}}}, {}, "a.yaml"};
  std::vector<Error> problems;
  ObjectReader reader(document, problems);
  auto checks = parse_checks(reader, "expect");
  EXPECT_THAT(problems, IsEmpty());
  return checks.at(0);
}

Reports reporting(std::set<std::string> fields) {
  return {std::move(fields), false};
}

Observation ended(json result) {
  Observation out;
  Outcome outcome;
  outcome.end = Outcome::End::result;
  outcome.label = "C";
  outcome.op = "chat";
  outcome.result = std::move(result);
  out.outcomes["C"].push_back(outcome);
  return out;
}

TEST(Reports, ANameIsKnownWhenItIsDeclaredOrNothingIs) {
  EXPECT_TRUE(Reports{}.has("usage"));
  EXPECT_FALSE(Reports{}.has("store"));
  EXPECT_TRUE(reporting({"text"}).has("text"));
  EXPECT_FALSE(reporting({"text"}).has("usage"));
}

TEST(Reports, PartsThatAreNotReportedAreTakenOutAndNamed) {
  const Check check = check_of(
      {{"C", {{"ok", true}, {"text", "a"}, {"usage", {{"not", nullptr}}}}}, {"store", {{"/x", "present"}}}});
  const Observable left = observable(check, reporting({"text"}));
  EXPECT_THAT(left.withheld, ElementsAre("store", "usage"));
  EXPECT_FALSE(left.nothing);
  EXPECT_TRUE(judge(left.check, ended({{"ok", true}, {"text", "a"}})).ok);
  EXPECT_FALSE(judge(left.check, ended({{"ok", true}, {"text", "b"}})).ok);
}

TEST(Reports, AnErrorWithoutItsPartsIsNoDemand) {
  const Check check = check_of({{"C", {{"error", {{"category", "network"}}}}}});
  EXPECT_TRUE(observable(check, reporting({"text"})).nothing);
  EXPECT_FALSE(observable(check, reporting({"error.category"})).nothing);
}

// {error: category network} or {text: a}: who reports texts alone may have reported the error.
TEST(Reports, AChoiceThatCannotBeSeenLeavesNoneToJudge) {
  const Check check = check_of(
      {{"any_of", json::array({{{"C", {{"error", {{"category", "network"}}}}}}, {{"C", {{"text", "a"}}}}})}});
  EXPECT_TRUE(observable(check, reporting({"text"})).nothing);
  EXPECT_FALSE(observable(check, reporting({"text", "error.category"})).nothing);
}

TEST(Reports, TheSmallestSetsThatShowAFailureAreFound) {
  const Check check = check_of(
      {{"C", {{"ok", true}, {"text", "a"}, {"finish_reason", "stop"}, {"usage", {{"in", {1, 2}}}}}}});
  EXPECT_THAT(failing_with(check, ended({{"ok", false}})), ElementsAre(IsEmpty()));
  EXPECT_THAT(
      failing_with(check, ended({{"ok", true}, {"text", "b"}, {"finish_reason", "stop"}, {"usage", 1}})),
      ElementsAre(ElementsAre("text")));
  EXPECT_THAT(
      failing_with(check, ended({{"ok", true}, {"text", "b"}, {"finish_reason", "length"}, {"usage", 1}})),
      ElementsAre(ElementsAre("finish_reason"), ElementsAre("text")));
  EXPECT_THAT(
      failing_with(check, ended({{"ok", true}, {"text", "a"}, {"finish_reason", "stop"}, {"usage", 2}})),
      IsEmpty());
}

TEST(Reports, ACaseIsAskedOfWhoeverShowsItsQuestion) {
  const std::vector<std::vector<std::string>> sets = {{"usage"}, {"error.status", "text"}};
  EXPECT_EQ(not_observed(sets, reporting({"usage"})), "");
  EXPECT_EQ(not_observed(sets, reporting({"text", "error.status"})), "");
  EXPECT_EQ(not_observed(sets, reporting({"text"})), "usage is not reported");
  EXPECT_EQ(not_observed({{}}, reporting({})), "");
  EXPECT_EQ(not_observed({}, reporting({})), "") << "nothing was learned of a case of one's own";
}

}  // namespace
}  // namespace assay::conformance
