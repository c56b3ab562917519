#include "conformance/runner/case/plan.h"

#include <gmock/gmock.h>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/client/applies.h"

namespace assay::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kPlanSuite = R"(suite: demo
defaults: {requires: [chat], do: [chat: {as: C}], expect: {done: {C: {ok: true}}}}
cases:
  - {id: plain, title: Whatever the protocol}
  - {id: framing, title: In each protocol, protocols: wire}
  - {id: sse, title: In some, protocols: [anthropic, gemini], level: {program: must, sdk: should}}
)";

ClientSpec speaker(std::vector<std::string> protocols, const std::string& kind = "sdk") {
  ClientSpec out;
  out.name = "c";
  out.protocols = std::move(protocols);
  out.kind = kind;
  return out;
}

std::vector<std::string> names(const ClientSpec& client, Filter filter = {}) {
  std::vector<std::string> out;
  const auto plan = make_plan(parse_suite(kPlanSuite, "demo.yaml").value(), {client}, filter, 1);
  if (!plan) return {plan.error().message};
  for (const PlannedCase& one : *plan) out.push_back(one.name());
  return out;
}

TEST(Plan, ACaseIsAskedInEachProtocolThatItDependsOn) {
  EXPECT_THAT(names(speaker({"openai-chat", "anthropic", "gemini"})),
              ElementsAre("demo/plain", "demo/framing", "demo/framing@anthropic", "demo/framing@gemini",
                          "demo/sse", "demo/sse@gemini"));
  Filter all;
  all.all_protocols = true;
  EXPECT_THAT(names(speaker({"openai-chat", "anthropic"}), all),
              ElementsAre("demo/plain", "demo/plain@anthropic", "demo/framing", "demo/framing@anthropic",
                          "demo/sse"));
}

TEST(Plan, AClientOfOneProtocolOrOfNoneThatIsKnownIsAskedOnce) {
  EXPECT_THAT(names(speaker({"ollama"})), ElementsAre("demo/plain", "demo/framing", "demo/sse"));
  EXPECT_THAT(names(speaker({})), ElementsAre("demo/plain", "demo/framing", "demo/sse"));
}

TEST(Plan, AQuestionIsAllOfItsAxes) {
  const auto cases = parse_suite(
      "suite: demo\ncases:\n  - id: many\n    title: Many\n    axes: {n: [1, 2]}\n    do: [chat: {as: C}]\n"
      "    expect: {done: {C: {ok: true}}}\n",
      "demo.yaml");
  ASSERT_TRUE(cases) << cases.error().text();
  ASSERT_EQ(cases->size(), 2u);
  for (const Case& one : *cases) EXPECT_TRUE(fits("demo/many", one)) << one.id;
}

TEST(Plan, AnIdAloneMeansTheFirstProtocol) {
  const ClientSpec both = speaker({"openai-chat", "anthropic"});
  const auto with = [&](const std::string& word) {
    Filter filter;
    filter.cases = {word};
    return names(both, filter);
  };
  EXPECT_THAT(with("demo/framing"), ElementsAre("demo/framing"));
  EXPECT_THAT(with("framing"), ElementsAre("demo/framing"));
  EXPECT_THAT(with("demo/framing@anthropic"), ElementsAre("demo/framing@anthropic"));
  EXPECT_THAT(with("framing@*"), ElementsAre("demo/framing", "demo/framing@anthropic"));
  EXPECT_THAT(with("demo/fram*"), ElementsAre("demo/framing", "demo/framing@anthropic"));
  EXPECT_THAT(with("*@anthropic"), ElementsAre("demo/framing@anthropic", "demo/sse"));
  Filter frozen;
  frozen.first_protocol = true;
  EXPECT_THAT(names(both, frozen), ElementsAre("demo/plain", "demo/framing", "demo/sse"));
}

TEST(Plan, LevelsGoByTheKindOfClient) {
  const Case sse = parse_suite(kPlanSuite, "demo.yaml").value()[2];
  EXPECT_EQ(level_for(sse, "sdk"), Level::should);
  EXPECT_EQ(level_for(sse, "program"), Level::must);
  EXPECT_EQ(level_for(sse, ""), Level::must) << "nobody said what it is: the strictest";
  Filter musts;
  musts.level = Level::must;
  EXPECT_THAT(names(speaker({"anthropic"}), musts), ElementsAre("demo/plain", "demo/framing"));
  EXPECT_THAT(names(speaker({"anthropic"}, "program"), musts),
              ElementsAre("demo/plain", "demo/framing", "demo/sse"));
}

TEST(Plan, ACaseAboutOtherProtocolsDoesNotApply) {
  const Case sse = parse_suite(kPlanSuite, "demo.yaml").value()[2];
  EXPECT_EQ(wrong_protocol(sse, {"chat", "protocol.gemini"}, ""), "");
  EXPECT_THAT(wrong_protocol(sse, {"chat", "protocol.ollama"}, ""),
              HasSubstr("about anthropic or gemini, the client speaks ollama"));
  EXPECT_THAT(wrong_protocol(sse, {"chat"}, ""), HasSubstr("does not say which protocol it speaks"));
  EXPECT_THAT(wrong_protocol(sse, {"protocol.gemini"}, "anthropic"), HasSubstr("the client speaks gemini"));
}

TEST(Plan, ProtocolsAndKindsThatDoNotExistAreTold) {
  std::string text = kPlanSuite;
  const auto refused = [](std::string suite, const std::string& from, const std::string& to) {
    suite.replace(suite.find(from), from.size(), to);
    const auto cases = parse_suite(suite, "demo.yaml");
    return cases ? std::string() : cases.error().text();
  };
  EXPECT_THAT(refused(text, "[anthropic, gemini]", "[antropic]"), HasSubstr("did you mean 'anthropic'"));
  EXPECT_THAT(refused(text, "wire", "wires"), HasSubstr("expected wire, or a list of protocols"));
  EXPECT_THAT(refused(text, "program: must", "programm: must"), HasSubstr("did you mean 'program'"));
}

}  // namespace
}  // namespace assay::conformance
