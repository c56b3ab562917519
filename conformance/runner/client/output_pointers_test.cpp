#include "conformance/runner/client/output_pointers.h"

#include <gmock/gmock.h>

#include "conformance/runner/client/output_dialect.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Result<ClientFile> file_with(const std::string& output) {
  const auto document =
      load_yaml("name: p\ntitle: P\ncapabilities: [chat]\nargv: [p]\noutput: " + output + "\n", "p.yaml");
  if (!document) return tl::unexpected(document.error());
  return parse_client_file(*document);
}

json read(const std::string& output, const std::string& out, int exit = 0) {
  const auto file = file_with(output);
  EXPECT_TRUE(file) << file.error().text();
  const auto& recipe = file->recipe;
  return read_output(recipe.output, recipe.session, out, "", {exit, 0}, recipe.pointers);
}

// The lines of a program that says its text piece by piece, and its failures as a kind of its own.
constexpr const char* kSay =
    "{text: {at: /text, when: {/type: say, /say: text}}, error: {at: /text, when: {/type: say, /say: "
    "error}}, "
    "status: /status, end: {at: /type, when: {/type: done}}}";

TEST(OutputPointers, ReadTextErrorAndEnd) {
  const json good = read(kSay,
                         "{\"type\":\"say\",\"say\":\"text\",\"text\":\"po\"}\nnoise\n"
                         "{\"type\":\"say\",\"say\":\"tool\",\"text\":\"never\"}\n"
                         "{\"type\":\"say\",\"say\":\"text\",\"text\":\"ng\"}\n{\"type\":\"done\"}\n");
  EXPECT_EQ(good["ok"], true);
  EXPECT_EQ(good["text"], "pong");
  const json bad = read(kSay, R"({"type":"say","say":"error","text":"slow down","status":429})");
  EXPECT_EQ(bad["ok"], false);
  EXPECT_EQ(bad["error"]["message"], "slow down");
  EXPECT_EQ(bad["error"]["status"], 429);
}

TEST(OutputPointers, WithoutItsEndATurnFailed) {
  EXPECT_EQ(read(kSay, R"({"type":"say","say":"text","text":"po"})")["ok"], false);
  EXPECT_EQ(read("{whole: /result}", R"({"result":"pong"})")["ok"], true)
      << "no end was named: exit 0 is one";
  EXPECT_EQ(read("{whole: /result}", R"({"result":"pong"})", 1)["ok"], false);
}

TEST(OutputPointers, MistakesAreTold) {
  EXPECT_THAT(file_with("{text: text}").error().text(), HasSubstr("expected a JSON pointer"));
  EXPECT_THAT(file_with("{end: /x}").error().text(), HasSubstr("where the answer stands"));
  EXPECT_THAT(file_with("{text: {at: /x, whn: {}}}").error().text(), HasSubstr("did you mean 'when'"));
  EXPECT_THAT(file_with("{txt: /x}").error().text(), HasSubstr("did you mean 'text'"));
}

TEST(OutputPointers, SurviveTheWayIntoACell) {
  const auto file = file_with(kSay);
  ASSERT_TRUE(file);
  const json wire = file->recipe;
  const Recipe back = wire.get<Recipe>();
  EXPECT_EQ(json(back), wire);
  EXPECT_EQ(back.pointers.text.at(0).when.at("/say"), "text");
}

}  // namespace
}  // namespace assay::conformance
