#include "conformance/runner/case/case_file.h"

#include <gmock/gmock.h>

namespace assay::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSuite = R"(suite: demo/login
defaults: {requires: [login]}
cases:
  - id: late
    title: The request comes late
    level: should
    world: {provider: worldrouter}
    do:
      - login: {as: L, deadline: 10s}
    expect:
      done: {L: {ok: true}}
    proven_by: {reader: done}
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(CaseFile, ATopicIsSaidOrFollowsFromTheMutant) {
  EXPECT_EQ(parse_suite(kSuite, "a.yaml").value()[0].topic, "") << "the project has no mutant of that name";
  const std::string by_mutant = with(kSuite, "{reader: done}", "{done-required: done}");
  EXPECT_EQ(parse_suite(by_mutant, "a.yaml").value()[0].topic, "framing");
  const std::string said = with(by_mutant, "level: should", "topic: login");
  EXPECT_EQ(parse_suite(said, "a.yaml").value()[0].topic, "login");
  const auto unknown = parse_suite(with(kSuite, "level: should", "topic: framin"), "a.yaml");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().text(), HasSubstr("a.yaml:6: unknown topic 'framin', did you mean 'framing'?"));
}

TEST(CaseFile, ReadsACaseWithItsSteps) {
  const auto cases = parse_suite(kSuite, "a.yaml").value();
  ASSERT_EQ(cases.size(), 1u);
  const Case& one = cases[0];
  EXPECT_EQ(one.id, "demo/login/late");
  EXPECT_EQ(one.level, Level::should);
  EXPECT_THAT(one.needs, ElementsAre("login"));
  const auto& login = std::get<Step::Do>(one.steps.at(0).action).operation;
  EXPECT_EQ(login.label, "L");
  EXPECT_EQ(login.deadline, std::chrono::seconds(10));
  EXPECT_EQ(one.checks.at(0).name, "done");
  EXPECT_EQ(one.proven_by.at("reader"), "done");
}

TEST(CaseFile, AxesMultiplyAndKeepTheirTypes) {
  const auto text = with(kSuite, "world: {provider: worldrouter}",
                         "axes: {bytes: [1, 7], page: {bare: null, full: {body: x}}}\n    browser: {split: "
                         "\"${bytes}\", page: \"${page}\", text: \"n=${bytes}\"}");
  const auto cases = parse_suite(text, "a.yaml").value();
  ASSERT_EQ(cases.size(), 4u);
  EXPECT_EQ(cases[0].id, "demo/login/bytes:1/page:bare/late");
  EXPECT_EQ(cases[3].id, "demo/login/bytes:7/page:full/late");
  EXPECT_EQ(cases[3].browser["split"], 7);
  EXPECT_EQ(cases[3].browser["text"], "n=7");
  EXPECT_EQ(cases[3].browser["page"]["body"], "x");
  EXPECT_EQ(cases[2].axes.at("bytes"), "7");
}

TEST(CaseFile, VariantsMergeReplaceAndRemove) {
  const auto text = std::string(kSuite) + R"(    variants:
      no-stdin: {given: {env: {A: b}}, proven_by: null, expect: {done: null, code: {exit: nonzero}}}
)";
  const auto cases = parse_suite(text, "a.yaml").value();
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[1].id, "demo/login/late/no-stdin");
  EXPECT_EQ(cases[1].given["env"]["A"], "b");
  ASSERT_EQ(cases[1].checks.size(), 1u);
  EXPECT_EQ(cases[1].checks[0].name, "code");
  EXPECT_TRUE(cases[1].proven_by.empty());
}

TEST(CaseFile, ACredentialIsGivenOnceAndAsksForNoStore) {
  const auto text = with(kSuite, "world:", "credential: {kind: api_key, key: sk-0123456789}\n    world:");
  const Case one = parse_suite(text, "a.yaml").value().at(0);
  EXPECT_EQ(one.credential, (nlohmann::json{{"kind", "api_key"}, {"key", "sk-0123456789"}}));
  EXPECT_THAT(one.needs, ElementsAre("login"));
  // Only who keeps the file can be asked what becomes of it.
  const auto stored = with(kSuite, "world:", "given: {store: {x: {kind: oauth}}}\n    world:");
  EXPECT_THAT(parse_suite(stored, "a.yaml").value().at(0).needs, ElementsAre("login", "store"));
}

TEST(CaseFile, ACredentialHasThePartsOfItsKind) {
  for (const auto& [given, message] : std::vector<std::pair<std::string, std::string>>{
           {"{kind: api_key}", "missing key 'key'"},
           {"{kind: bearer, key: k}", "missing key 'token'"},
           {"{kind: aws, id: a, secret: b}", "missing key 'region'"},
           {"{kind: apikey, key: k}", "api_key"}}) {
    const auto read = parse_suite(with(kSuite, "world:", "credential: " + given + "\n    world:"), "a.yaml");
    ASSERT_FALSE(read) << given;
    EXPECT_THAT(read.error().text(), HasSubstr(message)) << given;
  }
}

// Nine axes of ten values each were a thousand million cases.
TEST(CaseFile, AxesAreBounded) {
  std::string axes = "axes: {";
  for (char name = 'a'; name < 'j'; ++name)
    axes += std::string(1, name) + ": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ";
  const auto parsed = parse_suite(with(kSuite, "world: {provider: worldrouter}", axes + "}"), "a.yaml");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().text(), HasSubstr("a.yaml:7: expected axes that make at most 5000 cases"));
}

TEST(CaseFile, NamesFileLineAndReasonOfWhatIsWrong) {
  struct Row {
    const char* from;
    const char* to;
    const char* message;
  };
  const Row table[] = {
      {"level: should", "level: shall", "a.yaml:6: "},
      {"level: should", "levle: should", "a.yaml:6: unknown key 'levle'"},
      {"title: The request comes late", "title: a\n    title: b", "a.yaml:6: duplicate key 'title'"},
      {"{L: {ok: true}}", "{M: {ok: true}}", "unknown step label 'M'"},
      {"login: {as: L", "logon: {as: L", "unknown key 'logon'"},
      {"deadline: 10s", "deadline: 10", "a.yaml:9: 'deadline' must be a duration"},
      {"reader: done", "reader: dine", "which this case does not have"},
      {"{ok: true}", "{within: soon}", "'within' must be a duration"},
      {"done: {L: {ok: true}}", "done: {never: {in: [nowhere], secret: any}}", "unknown place 'nowhere'"},
      {"cases:", "kases:", "unknown key 'kases'"},
      {"    do:", "    do: [", "a.yaml:"},
      {"world: {provider: worldrouter}", "given: {files: {../../x: a}}",
       "a.yaml:7: expected a path below the client's home, found \"../../x\""},
      {"world: {provider: worldrouter}", "given: {files: {/etc/x: a}}", "below the client's home"},
      {"world: {provider: worldrouter}", "given: {files: {x: 1}}", "a.yaml:7: "},
      {"world: {provider: worldrouter}", "given: {env: {A=B: x}}", "a.yaml:7: expected the name of"},
      {"world: {provider: worldrouter}", "given: {store_mode: rw}", "a.yaml:7: expected an octal mode"},
      {"world: {provider: worldrouter}", "given: {stoer: x}", "a.yaml:7: unknown key 'stoer'"},
      {"world: {provider: worldrouter}", "actors: {a: {home: ../b}}", "a.yaml:7: "},
      {"as: L,", "as: L, protocol: x,", "a.yaml:9: unknown protocol 'x'"},
      {"done: {L: {ok: true}}", "done: {never: {in: [stdout], matches: '('}}",
       "a.yaml:11: not a regular expression: (: missing )"},
      {"done: {L: {ok: true}}", "done: {never: {in: [stdout], text: 5}}", "a.yaml:11: expected a text"},
      {"{ok: true}", "{text: x, error: {message: {matches: '^(?!x)'}}}",
       "a.yaml:11: not a regular expression: ^(?!x)"},
      {"{ok: true}", "{text: x, error: {message: {matches: '^(?!x)'}}}", "use not_matches"},
  };
  for (const Row& row : table) {
    const auto parsed = parse_suite(with(kSuite, row.from, row.to), "a.yaml");
    ASSERT_FALSE(parsed) << row.to;
    EXPECT_THAT(parsed.error().text(), HasSubstr(row.message)) << row.to;
  }
}

}  // namespace
}  // namespace assay::conformance
