// Every check is proven: the right fake passes, the broken one fails. Data-driven: a check that is added is
// proven here without a line of C++.
#include "probe/prove/prove.h"

#include <gmock/gmock.h>

#include <set>

#include "probe/rules/rule.h"

namespace assay::probe {
namespace {

class Proof : public testing::TestWithParam<stream::Protocol> {};

TEST_P(Proof, EveryCheckPassesWithTheRightFakeAndFailsWithTheBrokenOne) {
  const auto checks = load_checks(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(checks) << checks.error().text();
  const auto shapes = Shapes::load(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(shapes) << shapes.error().text();
  const auto chosen = choose_checks(*checks, GetParam(), {});
  ASSERT_TRUE(chosen);
  constexpr std::size_t least = 40;
  EXPECT_GE(chosen->size(), least);
  ProofOptions options;
  options.data_folder = ASSAY_SOURCE_DIR;
  for (const Check& check : *chosen) {
    const auto proof = prove(check, GetParam(), *shapes, options);
    ASSERT_TRUE(proof) << proof.error().text();
    EXPECT_EQ(proof->problem, "") << check.id;
  }
}

INSTANTIATE_TEST_SUITE_P(InEach, Proof, testing::ValuesIn(kProtocols), [](const auto& info) {
  std::string name(protocol_name(info.param));
  std::erase(name, '-');
  return name;
});

// A proof that cannot fail proves nothing: without its fault the broken fake is the right one.
TEST(Proof, ACheckWhoseFaultIsTakenAwayIsNotProven) {
  auto checks = load_checks(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(checks) << checks.error().text();
  const auto shapes = Shapes::load(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(shapes) << shapes.error().text();
  const auto chosen = choose_checks(*checks, stream::Protocol::openai_chat, {"stream/end"});
  ASSERT_TRUE(chosen);
  Check check = chosen->front();
  check.proof.wrong = nlohmann::json::object();
  ProofOptions options;
  options.data_folder = ASSAY_SOURCE_DIR;
  const auto proof = prove(check, stream::Protocol::openai_chat, *shapes, options);
  ASSERT_TRUE(proof) << proof.error().text();
  EXPECT_THAT(proof->problem, testing::HasSubstr("the broken fake gets pass, not fail"));
}

// What a fake says when its fault does not fit is a server error, which fails any check and proves none.
TEST(Proof, AFaultThatIsRefusedProvesNothing) {
  auto checks = load_checks(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(checks) << checks.error().text();
  const auto shapes = Shapes::load(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(shapes) << shapes.error().text();
  const auto chosen = choose_checks(*checks, stream::Protocol::ollama, {"stream/end"});
  ASSERT_TRUE(chosen);
  Check check = chosen->front();
  check.proof.wrong = {{"faults", {"drop-done"}}};  // lines of JSON have none
  ProofOptions options;
  options.data_folder = ASSAY_SOURCE_DIR;
  const auto proof = prove(check, stream::Protocol::ollama, *shapes, options);
  ASSERT_TRUE(proof) << proof.error().text();
  EXPECT_EQ(proof->wrong.verdict, Verdict::fail);
  EXPECT_THAT(proof->problem, testing::HasSubstr("a fault was refused"));
}

TEST(Proof, EveryRuleIsUsedByACheck) {
  const auto checks = load_checks(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(checks) << checks.error().text();
  std::set<std::string> used;
  for (const Check& check : *checks)
    for (const Expectation& expectation : check.expect) used.insert(expectation.rule);
  for (const RuleEntry& rule : all_rules()) EXPECT_TRUE(used.contains(std::string(rule.name))) << rule.name;
}

}  // namespace
}  // namespace assay::probe
