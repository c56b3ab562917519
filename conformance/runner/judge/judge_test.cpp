#include "conformance/runner/judge/judge.h"

#include <gmock/gmock.h>

#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

// An observation told step by step.
class JudgeTest : public testing::Test {
 protected:
  JudgeTest() : journal_(clock_) {
    seen_.resolve = [](const std::string& name) { return name == "auth.token" ? json("T") : json(); };
  }

  Outcome& result(const std::string& label, json value, Micros took = milliseconds(5)) {
    Outcome outcome;
    outcome.end = Outcome::End::result;
    outcome.label = label;
    outcome.result = std::move(value);
    outcome.started = clock_.now();
    outcome.ended = clock_.now() + took;
    return seen_.outcomes[label].emplace_back(std::move(outcome));
  }

  void request(const std::string& actor, const std::string& method, const std::string& target,
               int status = 200, const std::string& body = {}) {
    clock_.advance(milliseconds(100));
    auto sent = std::make_shared<Request>();
    sent->method = method;
    sent->target = target;
    sent->headers = {{"Authorization", "Bearer T"}};
    sent->body = body;
    JournalEntry entry;
    entry.actor = actor;
    entry.kind = JournalKind::request;
    entry.exchange = ++exchanges_;
    entry.text = method + " " + target;
    entry.request = sent;
    journal_.append(entry);
    JournalEntry answer;
    answer.actor = actor;
    answer.kind = JournalKind::response;
    answer.exchange = exchanges_;
    answer.status = status;
    journal_.append(answer);
  }

  // Empty = the check holds; else what was observed.
  std::string missed(const std::string& yaml) {
    seen_.journal = journal_.entries();
    const auto document = load_yaml("expect: {check: " + yaml + "}", "test.yaml").value();
    std::vector<Error> problems;
    ObjectReader map(document, problems);
    const auto checks = parse_checks(map, "expect");
    EXPECT_TRUE(problems.empty()) << problems.front().text();
    if (!problems.empty() || checks.empty()) return "not a check";
    const CheckResult judged = judge(checks.front(), seen_);
    EXPECT_EQ(judged.ok, judged.observed.empty());
    evidence_ = judged.evidence;
    return judged.observed;
  }

  ManualClock clock_;
  Journal journal_;
  Observation seen_;
  std::uint64_t exchanges_ = 0;
  std::vector<std::uint64_t> evidence_;
};

TEST_F(JudgeTest, FieldsOfAResult) {
  result("L", {{"ok", true},
               {"text", "pong"},
               {"attempts", 3},
               {"ids", {"a", "b"}},
               {"executed", {{{"name", "lookup"}}}}});
  EXPECT_EQ(missed("{L: {ok: true, text: pong, attempts: '<=3', ids: [a, b], within: 1s, executed: [lookup], "
                   "error: absent}}"),
            "");
  EXPECT_THAT(missed("{L: {ok: false}}"), HasSubstr("L.ok is true"));
  EXPECT_THAT(missed("{L: {text: ping}}"), HasSubstr("\"pong\", not \"ping\""));
  EXPECT_THAT(missed("{L: {attempts: '<=2'}}"), HasSubstr("attempts is 3"));
  EXPECT_THAT(missed("{L: {within: 1ms}}"), HasSubstr("it took 5 ms"));
  EXPECT_THAT(missed("{L: {executed: []}}"), HasSubstr("executed is"));
  EXPECT_THAT(missed("{L: {ids: {contains: c}}}"), HasSubstr("ids is"));
}

TEST_F(JudgeTest, ErrorsByCategoryStatusAndWords) {
  result("C",
         {{"ok", false},
          {"error", {{"category", "authentication"}, {"status", 401}, {"message", "401: Invalid session"}}}});
  EXPECT_EQ(missed("{C: {ok: false, error: {category: [network, authentication], status: 401, mentions: "
                   "[Invalid session]}}}"),
            "");
  EXPECT_THAT(missed("{C: {error: {category: network}}}"), HasSubstr("error.category is \"authentication\""));
  EXPECT_THAT(missed("{C: {error: {mentions: [quota]}}}"), HasSubstr("does not mention \"quota\""));
  result("D", {{"ok", true}});
  EXPECT_THAT(missed("{D: {error: {status: 401}}}"), HasSubstr("error is absent"));
}

TEST_F(JudgeTest, WhatDidNotEndWithAResult) {
  Outcome& outcome = result("L", {{"message", "no answer within 2s"}});
  outcome.end = Outcome::End::timeout;
  EXPECT_THAT(missed("{L: {ok: true}}"), HasSubstr("timed out: no answer within 2s"));
  EXPECT_THAT(missed("{M: {ok: true}}"), HasSubstr("M was never reached"));
}

TEST_F(JudgeTest, EachMeansAllOfThem) {
  result("C", {{"ok", true}});
  result("C", {{"ok", false}});
  EXPECT_THAT(missed("{each C: {ok: true}}"), HasSubstr("#2 of 2: C.ok is false"));
  EXPECT_THAT(missed("{C: {ok: true}}"), HasSubstr("C.ok is false"));
}

TEST_F(JudgeTest, TextOfTheTurn) {
  seen_.turns = {{"pong", {{"text", "pong"}}}, {"plan", {{"text", "a plan"}}}};
  seen_.first_turn = "pong";
  result("C", {{"text", "pong"}});
  EXPECT_EQ(missed("{C: {text: from-turn}}"), "");
  EXPECT_THAT(missed("{C: {text: from-turn plan}}"), HasSubstr("not \"a plan\""));
  EXPECT_THAT(missed("{C: {text: from-turn none}}"), HasSubstr("there is no turn"));
}

TEST_F(JudgeTest, JournalInOrder) {
  request("auth-station", "GET", "/login?x=1");
  request("control-api", "POST", "/auth/exchange", 401);
  EXPECT_EQ(missed("{journal: [auth-station GET /login, control-api POST /auth/exchange 401]}"), "");
  EXPECT_EQ(evidence_.size(), 2u);
  EXPECT_THAT(missed("{journal: [control-api POST /auth/exchange, auth-station GET /login]}"),
              HasSubstr("no \"auth-station GET /login\" after"));
  EXPECT_THAT(missed("{journal: [POST /auth/exchange 200]}"), HasSubstr("no \"POST /auth/exchange 200\""));
}

TEST_F(JudgeTest, JournalCountsAndLooksInside) {
  request("inference", "POST", "/v1/chat/completions", 200, R"({"model":"m","temperature":1})");
  request("inference", "POST", "/v1/chat/completions", 429, R"({"model":"m"})");
  EXPECT_EQ(missed("{journal: {POST chat: {count: 2, body: {/model: m}, header: {authorization: 'Bearer "
                   "${auth.token}'}}}}"),
            "");
  EXPECT_THAT(missed("{journal: {POST chat: {count: 1}}}"), HasSubstr("2 × \"POST chat\""));
  EXPECT_THAT(missed("{journal: {POST chat: {body: {/temperature: absent}}}}"), HasSubstr("without body"));
  EXPECT_EQ(missed("{journal: {POST chat: {where: {/temperature: present}, at_most: 1}}}"), "");
  EXPECT_THAT(missed("{journal: {POST chat: {where: {/model: m}, at_most: 1}}}"), HasSubstr("2 × "));
  EXPECT_EQ(missed("{journal: {'POST chat #2': {status: 429}}}"), "");
  EXPECT_THAT(missed("{journal: {'POST chat #3': {status: 429}}}"), HasSubstr("no \"POST chat #3\""));
  EXPECT_THAT(missed("{journal: {POST chat: {header: {authorization: 'Bearer ${nobody.knows}'}}}}"),
              HasSubstr("nothing is known as ${nobody.knows}"));
}

TEST_F(JudgeTest, GapsBetweenRequests) {
  request("auth", "POST", "/token");
  request("auth", "POST", "/token");
  request("auth", "POST", "/token");
  EXPECT_EQ(missed("{gap: {each: auth POST /token, min: 100ms, max: 100ms}}"), "");
  EXPECT_THAT(missed("{gap: {each: auth POST /token, min: 1s}}"), HasSubstr("100 ms between"));
  EXPECT_THAT(missed("{gap: {each: auth POST /token, from: 4, min: 1s}}"), HasSubstr("only 3 ×"));
  EXPECT_THAT(missed("{gap: {from: auth POST /token, to: auth peer-closed, max: 1s}}"),
              HasSubstr("no \"auth peer-closed\""));
}

TEST_F(JudgeTest, NeverSeen) {
  ProcessOutcome process;
  process.actor = "client";
  process.out = "key sk-1 shown";
  seen_.processes = {process};
  seen_.findings = {{"key", "stdout", "client"}};
  EXPECT_THAT(missed("{never: {secret: any, in: [stdout]}}"), HasSubstr("key in stdout (client)"));
  EXPECT_EQ(missed("{never: {secret: any, in: [stderr]}}"), "");
  EXPECT_THAT(missed("{never: {text: [sk-1], in: [stdout]}}"), HasSubstr("\"sk-1\" in stdout"));
  EXPECT_THAT(missed("{never: {matches: 'sk-[0-9]', in: [stdout]}}"), HasSubstr("something that matches"));
  EXPECT_EQ(
      missed("{never: {text: [other], in: [stdout, stderr, argv, files, messages, pages, urls, requests]}}"),
      "");
}

TEST_F(JudgeTest, StorePageAndExit) {
  seen_.store = {{"worldrouter", {{"key", "k"}}}};
  seen_.store_mode = 0600;
  EXPECT_EQ(missed("{store: {json: valid, mode: '0600', /worldrouter/key: k, /other: absent}}"), "");
  EXPECT_THAT(missed("{store: {mode: '0644'}}"), HasSubstr("store mode is \"0600\""));
  seen_.store = json(json::value_t::discarded);
  EXPECT_EQ(missed("{store: {json: invalid}}"), "");
  EXPECT_THAT(missed("{browser: {status: 200}}"), HasSubstr("never sent anywhere"));
  seen_.pages = {{{"status", 400}, {"body", "no"}, {"error", nullptr}}};
  EXPECT_THAT(missed("{browser: {status: 200}}"), HasSubstr("the browser's status is 400"));
  EXPECT_THAT(missed("{exit: 0}"), HasSubstr("no client process ran"));
  ProcessOutcome process;
  process.exit_code = 3;
  seen_.processes = {process};
  EXPECT_EQ(missed("{exit: nonzero}"), "");
  EXPECT_EQ(missed("{exit: clean}"), "");
  EXPECT_THAT(missed("{exit: 0}"), HasSubstr("exit 3"));
}

TEST_F(JudgeTest, EitherOr) {
  result("C", {{"ok", false}});
  EXPECT_EQ(missed("{any_of: [{C: {ok: true}}, {C: {ok: false}}]}"), "");
  EXPECT_THAT(missed("{any_of: [{C: {ok: true}}, {C: {text: x}}]}"),
              testing::AllOf(HasSubstr("neither: "), HasSubstr("nor: ")));
}

TEST_F(JudgeTest, AnUnconfirmedCutIsTold) {
  result("C", {{"ok", true}});
  journal_.note("inference", JournalKind::unconfirmed_cut, "cut");
  seen_.journal = journal_.entries();
  const auto document = load_yaml("expect: {check: {C: {ok: true}}}", "test.yaml").value();
  std::vector<Error> problems;
  ObjectReader map(document, problems);
  EXPECT_TRUE(judge(parse_checks(map, "expect").front(), seen_).unconfirmed);
}

}  // namespace
}  // namespace assay::conformance
