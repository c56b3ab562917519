#include "harness/base/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/text.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json value_of(std::string_view text) {
  const Result<Document> doc = load_yaml(text, "f.yaml");
  return doc ? doc->value : json(doc.error().text());
}

TEST(LoadYaml, FollowsTheCoreSchema) {
  EXPECT_EQ(value_of("[1, -2, 0x1F, 0o17, 1.5, .5, 1e3, +7]"), json::parse("[1,-2,31,15,1.5,0.5,1000.0,7]"));
  EXPECT_EQ(value_of("[true, False, null, ~, '']"), json::parse(R"([true,false,null,null,""])"));
  EXPECT_EQ(value_of("[yes, no, on, 2026-01-02, 30d, +30d, '7', \"true\", 1.2.3, -, .nan]"),
            json::parse(R"(["yes","no","on","2026-01-02","30d","+30d","7","true","1.2.3","-",".nan"])"));
  EXPECT_EQ(value_of("18446744073709551615").get<std::uint64_t>(), 18446744073709551615ULL);
  EXPECT_EQ(value_of("-9223372036854775808").get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(value_of("a: |\n  x\n   y\nb: >\n  p\n  q\n"), json::parse(R"({"a":"x\n y\n","b":"p q\n"})"));
  EXPECT_EQ(value_of("\"\\U0001F600 \\x41\""), json("\xF0\x9F\x98\x80 A"));
}

TEST(LoadYaml, KeepsLines) {
  const Result<Document> doc =
      load_yaml("# comment\nsuite: x\ncases:\n  - id: a\n    do: [login: {as: L}]\n", "f");
  ASSERT_TRUE(doc) << doc.error().text();
  EXPECT_EQ(doc->line("/suite"), 2);
  EXPECT_EQ(doc->line("/cases"), 3);
  EXPECT_EQ(doc->line("/cases/0"), 4);
  EXPECT_EQ(doc->line("/cases/0/do/0/login/as"), 5);
}

TEST(LoadYaml, RefusesWithFileAndLine) {
  EXPECT_EQ(value_of("a: 1\nb: 2\na: 3\n"), "f.yaml:3: duplicate key 'a'");
  EXPECT_EQ(value_of("a: {b: 1, b: 2}"), "f.yaml:1: duplicate key 'b'");
  EXPECT_EQ(value_of("a: 1\n? [x]\n: 2\n"), "f.yaml:2: a key must be a scalar");
  EXPECT_EQ(value_of("a: !ruby/object:X {b: 1}"), "f.yaml:1: tag '!ruby/object:X' has no meaning here");
  EXPECT_THAT(value_of("a: [1, 2\nb: 3").get<std::string>(), HasSubstr("f.yaml:"));
  EXPECT_THAT(value_of("a: 1\n---\nb: 2\n").get<std::string>(), HasSubstr("expected one YAML document"));
  EXPECT_THAT(value_of("a: \xff").get<std::string>(), HasSubstr("not UTF-8"));
  EXPECT_THAT(value_of("a: *nowhere").get<std::string>(), HasSubstr("f.yaml:1: "));
  EXPECT_THAT(value_of(std::string(300, '[')).get<std::string>(), HasSubstr("f.yaml"));
}

TEST(LoadYaml, ExpandsAliasesWithinBounds) {
  EXPECT_EQ(value_of("a: &x {b: 1}\nc: *x\nd: &y 2\ne: *y"),
            json::parse(R"({"a":{"b":1},"c":{"b":1},"d":2,"e":2})"));
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) laughs += (k == 0 ? "" : ", ") + before;
    laughs += "]\n";
  }
  EXPECT_THAT(value_of(laughs).get<std::string>(), HasSubstr("aliases expand to more than"));
  EXPECT_EQ(value_of("a: &x [*x]"), "f.yaml:1: alias '*x' has no anchor before it");
}

TEST(LoadYaml, ReadsBinary) {
  EXPECT_EQ(value_of("a: !!binary |\n  aGVs\n  bG8=\n")["a"], json::binary({'h', 'e', 'l', 'l', 'o'}));
  EXPECT_EQ(value_of("a: !!binary '%'"), "f.yaml:1: !!binary: " + base64_decode("%").error().message);
}

TEST(LoadYaml, ReadsBlockScalarsAtTheIndentOfTheirSequence) {
  EXPECT_EQ(value_of("a:\n- !!binary |\n  aGVsbG8=\nb:\n- |\n  x\n"),
            json({{"a", {json::binary({'h', 'e', 'l', 'l', 'o'})}}, {"b", {"x\n"}}}));
}

TEST(LoadYaml, EmptyIsNull) {
  EXPECT_EQ(value_of(""), json(nullptr));
  EXPECT_EQ(value_of("# nothing\n"), json(nullptr));
}

TEST(LoadForeignYaml, KeepsOrderAndIgnoresTags) {
  const auto docs =
      load_foreign_yaml("z: !ruby/x 1\na: !str 2\n---\n? !binary \"YQ==\"\n: !ruby/hash {q: 1}\n", "f");
  ASSERT_TRUE(docs) << docs.error().text();
  ASSERT_EQ(docs->size(), 2U);
  EXPECT_EQ((*docs)[0].dump(), R"({"z":"1","a":"2"})");
  EXPECT_EQ((*docs)[1].dump(), R"({"a":{"q":1}})");
}

TEST(LoadForeignYaml, KeepsTheSpellingOfPlainScalars) {
  const auto docs = load_foreign_yaml("[1e3, 007, 0o17, True, 12e4567, 12, 1.5, null, 'x']", "f");
  ASSERT_TRUE(docs) << docs.error().text();
  const nlohmann::ordered_json& all = (*docs)[0];
  const std::vector<std::pair<std::string, std::string>> spelled = {
      {"1e3", "1000.0"}, {"007", "7"}, {"0o17", "15"}, {"True", "true"}};
  for (std::size_t i = 0; i < spelled.size(); ++i) {
    ASSERT_TRUE(is_plain_scalar(all[i])) << i;
    EXPECT_EQ(std::string(all[i].get_binary().begin(), all[i].get_binary().end()), spelled[i].first);
    EXPECT_EQ(plain_scalar_value(all[i]).dump(), spelled[i].second);
  }
  EXPECT_EQ(all[4], "12e4567") << "no double holds it";
  EXPECT_EQ(all[5], 12);
  EXPECT_EQ(all[6], 1.5);
  EXPECT_FALSE(is_plain_scalar(load_foreign_yaml("!!binary YQ==", "f").value()[0]));
  EXPECT_EQ(value_of("12e4567"), json("12e4567"));
}

}  // namespace
}  // namespace assay
