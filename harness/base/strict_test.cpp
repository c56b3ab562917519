#include "harness/base/strict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::HasSubstr;

std::string problem_of(std::string_view text, const std::function<void(ObjectReader&)>& read) {
  const Result<Document> doc = load_json(text, "f.json");
  if (!doc) return doc.error().text();
  std::vector<Error> problems;
  ObjectReader reader(*doc, problems);
  read(reader);
  reader.done();
  const Result<void> ok = first_problem(problems);
  return ok ? "" : ok.error().text();
}

TEST(LoadJson, KeepsTheLineOfEveryValue) {
  const Result<Document> doc =
      load_json("{\n  \"a\": [1,\n 2\n, {\"b/c\": \"x\"}],\n\"d\": null\n}", "f.json");
  ASSERT_TRUE(doc) << doc.error().text();
  EXPECT_EQ(doc->line(""), 1);
  EXPECT_EQ(doc->line("/a"), 2);
  EXPECT_EQ(doc->line("/a/0"), 2);
  EXPECT_EQ(doc->line("/a/1"), 3);
  EXPECT_EQ(doc->line("/a/2/b~1c"), 4);
  EXPECT_EQ(doc->line("/d"), 5);
  EXPECT_EQ(doc->line("/d/not/there"), 5);
  EXPECT_EQ(doc->value["a"][2]["b/c"], "x");
}

TEST(LoadJson, RefusesWithFileAndLine) {
  EXPECT_EQ(load_json("{\"a\": 1,\n\"a\": 2}", "f.json").error().text(), "f.json:2: duplicate key 'a'");
  EXPECT_THAT(load_json("{\"a\": 1,\n}", "f.json").error().text(), HasSubstr("f.json:2: syntax error"));
  EXPECT_THAT(load_json("", "f.json").error().text(), HasSubstr("f.json:1: syntax error"));
  EXPECT_THAT(load_json("\"\xff\"", "f.json").error().text(), HasSubstr("not UTF-8"));
  EXPECT_THAT(load_json("{} x", "f.json").error().text(), HasSubstr("syntax error"));
  EXPECT_THAT(load_json(std::string(201, '['), "f.json").error().text(), HasSubstr("nested deeper"));
}

TEST(ObjectReader, ReadsWhatIsThere) {
  EXPECT_EQ(problem_of(R"({"s":"x","i":-3,"u":7,"b":true,"d":0.5,"l":["a"],"t":"300ms","z":0,"w":"may"})",
                       [](ObjectReader& r) {
                         EXPECT_EQ(r.required<std::string>("s"), "x");
                         EXPECT_EQ(r.required<int>("i"), -3);
                         EXPECT_EQ(r.required<std::uint64_t>("u"), 7U);
                         EXPECT_TRUE(r.required<bool>("b"));
                         EXPECT_EQ(r.required<double>("d"), 0.5);
                         EXPECT_EQ(r.required<std::vector<std::string>>("l"), std::vector<std::string>{"a"});
                         EXPECT_EQ(r.required<Micros>("t"), Micros(300'000));
                         EXPECT_EQ(r.required<Micros>("z"), Micros(0));
                         EXPECT_EQ(r.choice("w", {"must", "may"}), 1U);
                         EXPECT_EQ(r.optional<int>("absent", 4), 4);
                         EXPECT_EQ(r.maybe<int>("absent2"), std::nullopt);
                       }),
            "");
}

TEST(ObjectReader, ReportsTheFirstProblemByLine) {
  EXPECT_EQ(
      problem_of("{\n\"staus\": 1,\n\"status\": 2}", [](ObjectReader& r) { r.required<int>("status"); }),
      "f.json:2: unknown key 'staus', did you mean 'status'? (status)");
  EXPECT_EQ(problem_of("{\n\"status\": \"2\"}", [](ObjectReader& r) { r.required<int>("status"); }),
            "f.json:2: 'status' must be a whole number, found a string \"2\"");
  EXPECT_EQ(problem_of("{\n}", [](ObjectReader& r) { r.required<int>("status"); }),
            "f.json:1: missing key 'status'");
  EXPECT_EQ(problem_of("{\n\"staus\": 1}", [](ObjectReader& r) { r.required<int>("status"); }),
            "f.json:2: unknown key 'staus', did you mean 'status'? (status)");
  EXPECT_EQ(problem_of("{\"level\": \"mst\"}",
                       [](ObjectReader& r) {
                         r.choice("level", {"must", "may"});
                       }),
            "f.json:1: unknown level 'mst', did you mean 'must'? (must, may)");
  EXPECT_EQ(problem_of("[]", [](ObjectReader&) {}), "f.json:1: expected a map, found a list");
  EXPECT_EQ(problem_of("{\"n\": 3000000000}", [](ObjectReader& r) { r.required<int>("n"); }),
            "f.json:1: 'n' must be a whole number, found a number 3000000000");
}

TEST(ObjectReader, ReadsChildrenWithTheSameProblems) {
  EXPECT_EQ(problem_of("{\"o\": {\"a\": 1},\n \"l\": [{\"b\": 2},\n {\"c\": 3}]}",
                       [](ObjectReader& r) {
                         ObjectReader o = r.object("o");
                         EXPECT_EQ(o.required<int>("a"), 1);
                         o.done();
                         for (ObjectReader& item : r.objects("l")) {
                           item.optional<int>("b");
                           item.done();
                         }
                       }),
            "f.json:3: unknown key 'c' (b)");
  // A missing object is one problem, not one for each of its keys.
  EXPECT_EQ(problem_of("{}",
                       [](ObjectReader& r) {
                         ObjectReader o = r.object("o");
                         o.required<int>("a");
                         EXPECT_FALSE(o.object("p").has("q"));
                       }),
            "f.json:1: missing key 'o'");
}

TEST(Nearest, FindsTyposOnly) {
  EXPECT_EQ(nearest("statsu", {"body", "status"}), "status");
  EXPECT_EQ(nearest("trun", {"turn", "tool"}), "turn");
  EXPECT_EQ(nearest("rnu", {"bench", "run"}), "run");
  EXPECT_EQ(nearest("colour", {"body", "status"}), "");
}

}  // namespace
}  // namespace assay
