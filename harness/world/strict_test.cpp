// Strict worlds: what rules and requests have to do with each other, and the words for it.
#include "harness/world/strict.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A fake that takes any order.
class AnyFake final : public Fake {
 public:
  Actions on_body(const Call& /*call*/) override { return {Unclaimed{}}; }
  Result<void> check_order(const json& /*order*/) const override { return {}; }
};

class Strict : public testing::Test {
 protected:
  void rules(std::vector<json> matches) {
    specs_.clear();
    for (json& match : matches) specs_.push_back({std::move(match), nullptr, {}, {}, {}, {}, {}, 0});
    auto read = read_rules("inference", fake_, specs_, {});
    ASSERT_TRUE(read) << read.error().text();
    rules_ = std::move(*read);
  }
  std::string ask(const std::string& method, const std::string& target, const json& body = nullptr) {
    Request request;
    request.method = method;
    request.target = target;
    if (!body.is_null()) request.body = body.dump();
    std::vector<std::size_t> rivals;
    (void)rule_for(rules_, request, applied_, &rivals);
    return log_.request("inference", rules_, request, rivals);
  }
  std::vector<std::string> findings() const { return log_.findings({{"inference", &rules_}}); }

  AnyFake fake_;
  std::vector<RuleSpec> specs_;
  std::vector<Rule> rules_;
  std::set<std::string> applied_;
  StrictLog log_;
};

TEST_F(Strict, WhatFitsIsNoFinding) {
  rules({{{"method", "POST"}, {"path", "/chat"}, {"nth", 1}},
         {{"method", "POST"}, {"path", "/chat"}, {"nth", "2+"}}});
  EXPECT_EQ(ask("POST", "/chat"), "");
  EXPECT_EQ(ask("POST", "/chat"), "");
  EXPECT_EQ(ask("POST", "/chat?x=1"), "");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Strict, ARequestThatNoRuleIsForIsToldWithTheNearest) {
  rules({{{"method", "GET"}, {"path", "/models"}},
         {{"method", "POST"}, {"path", "/chat"}, {"body", {{"/messages/2/content", "weather"}}}}});
  EXPECT_EQ(
      ask("POST", "/chat", {{"messages", {{{"content", "a"}}, {{"content", "b"}}, {{"content", "rain"}}}}}),
      "inference: POST /chat: no rule is for it; nearest is rule 2: body /messages/2/content is \"rain\" "
      "(expected: \"weather\")");
  EXPECT_THAT(ask("POST", "/chat", {{"messages", json::array()}}),
              HasSubstr("body /messages/2/content is absent"));
  EXPECT_THAT(ask("DELETE", "/models"), HasSubstr("nearest is rule 1: the method is DELETE, not GET"));
}

TEST_F(Strict, ARuleForAnotherRequestOfTheOrderIsToldByItsNumber) {
  rules({{{"path", "/chat"}, {"nth", 2}}});
  EXPECT_THAT(ask("POST", "/chat"), HasSubstr("nearest is rule 1: it is for request 2, this was request 1"));
  EXPECT_EQ(ask("POST", "/chat"), "");
  EXPECT_THAT(ask("POST", "/chat"), HasSubstr("this was request 3"));
}

TEST_F(Strict, ARequestThatSeveralRulesAreForIsAmbiguous) {
  rules({{{"path", "/chat"}}, {{"path", "/models"}}, {{"path", "/*"}}});
  EXPECT_EQ(ask("POST", "/chat"), "inference: POST /chat: rules 1, 3 are all for it");
}

TEST_F(Strict, ARuleThatNothingUsedIsToldWithTheRequestThatMissedIt) {
  rules({{{"method", "POST"}, {"path", "/chat"}}, {{"method", "POST"}, {"path", "/embeddings"}}});
  EXPECT_EQ(ask("POST", "/chat"), "");
  EXPECT_THAT(findings(), ElementsAre("inference: rule 2 was never used"));
  ask("POST", "/embedding");
  EXPECT_THAT(findings(),
              ElementsAre(HasSubstr("POST /embedding: no rule is for it"),
                          "inference: rule 2 was never used; of POST /embedding: the path is /embedding, not "
                          "/embeddings"));
}

TEST_F(Strict, AFakeWithoutRulesIsNotJudged) {
  EXPECT_EQ(ask("GET", "/authorize"), "");
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Strict, ManyFindingsAreCounted) {
  rules({{{"path", "/chat"}}});
  for (int i = 0; i < 150; ++i) ask("GET", "/other");
  ask("GET", "/chat");
  EXPECT_THAT(findings().back(), "and 50 requests more");
}

}  // namespace
}  // namespace assay
