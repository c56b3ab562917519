#include "conformance/runner/judge/judge.h"

#include <gmock/gmock.h>

#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
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
    expected_ = judged.expected;
    settled_ = judged.settled;
    return judged.observed;
  }
  bool settled(const std::string& yaml) {
    EXPECT_NE(missed(yaml), "") << yaml;
    return settled_;
  }

  ManualClock clock_;
  Journal journal_;
  Observation seen_;
  std::uint64_t exchanges_ = 0;
  std::vector<std::uint64_t> evidence_;
  std::string expected_;
  bool settled_ = false;
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
  EXPECT_EQ(missed("{L: {ok: false}}"), "Step \"L\" succeeded.");
  EXPECT_THAT(missed("{L: {text: ping}}"), "The text is \"pong\" (expected: \"ping\").");
  EXPECT_THAT(missed("{L: {attempts: '<=2'}}"), "Attempts of step \"L\" is 3 (expected: at most 2).");
  EXPECT_THAT(missed("{L: {within: 1ms}}"), "Step \"L\" took 5 ms (expected: at most 1 ms).");
  EXPECT_THAT(missed("{L: {executed: []}}"), "The tool calls that ran are [\"lookup\"] (expected: []).");
  EXPECT_THAT(missed("{L: {ids: {contains: c}}}"), HasSubstr("(expected: containing \"c\")"));
}

TEST_F(JudgeTest, ErrorsByCategoryStatusAndWords) {
  result("C",
         {{"ok", false},
          {"error", {{"category", "authentication"}, {"status", 401}, {"message", "401: Invalid session"}}}});
  EXPECT_EQ(missed("{C: {ok: false, error: {category: [network, authentication], status: 401, mentions: "
                   "[Invalid session]}}}"),
            "");
  EXPECT_THAT(missed("{C: {error: {category: network}}}"),
              "The error category is \"authentication\" (expected: \"network\").");
  EXPECT_THAT(missed("{C: {error: {mentions: [quota]}}}"),
              "The error message does not contain \"quota\": \"401: Invalid session\".");
  result("D", {{"ok", true}});
  EXPECT_THAT(missed("{D: {error: {status: 401}}}"), "Step \"D\" reported no error.");
}

TEST_F(JudgeTest, WhatDidNotEndWithAResult) {
  Outcome& outcome = result("L", {{"message", "no answer within 2s"}});
  outcome.end = Outcome::End::timeout;
  EXPECT_THAT(missed("{L: {ok: true}}"), HasSubstr("timed out: no answer within 2s"));
  EXPECT_THAT(missed("{M: {ok: true}}"), "Step \"M\" was never reached.");
}

// Had it gone on: what might still have come is open, what was too much already is not.
TEST_F(JudgeTest, OfAnOperationThatTimedOutSomeIsSettled) {
  Outcome& outcome = result("L", {{"message", "no end within 47s"}}, seconds(47));
  outcome.end = Outcome::End::timeout;
  for (int i = 0; i < 3; ++i) request("inference", "POST", "/v1/chat/completions", 500);
  for (const char* open :
       {"{L: {ok: false}}", "{L: {ok: false, within: 60s}}", "{journal: {POST chat: {count: 4}}}",
        "{journal: {GET models: {count: '>=1'}}}", "{journal: [POST chat, GET models]}",
        "{any_of: [{L: {ok: true}}, {journal: {POST chat: {count: '<=2'}}}]}"}) {
    EXPECT_FALSE(settled(open)) << open;
  }
  for (const char* settled_now : {"{L: {ok: false, within: 20s}}", "{journal: {POST chat: {count: '<=2'}}}",
                                  "{journal: {POST chat: {count: 1}}}", "{gap: {each: POST chat, min: 60s}}",
                                  "{gap: {from: L start, to: L end, max: 5s}}",
                                  "{L: {ok: false}, journal: {POST chat: {count: '<=2'}}}"}) {
    EXPECT_TRUE(settled(settled_now)) << settled_now;
  }
  EXPECT_EQ(missed("{L: {ok: false, within: 20s}}"), "Step \"L\" timed out: no end within 47s.");
}

TEST_F(JudgeTest, EachMeansAllOfThem) {
  result("C", {{"ok", true}});
  result("C", {{"ok", false}});
  EXPECT_THAT(missed("{each C: {ok: true}}"), "#2 of 2: step \"C\" failed.");
  EXPECT_EQ(missed("{C: {ok: true}}"), "Step \"C\" failed.");
}

TEST_F(JudgeTest, TextOfTheTurn) {
  seen_.turns = {{"pong", {{"text", "pong"}}}, {"plan", {{"text", "a plan"}}}};
  seen_.first_turn = "pong";
  result("C", {{"text", "pong"}});
  EXPECT_EQ(missed("{C: {text: from-turn}}"), "");
  EXPECT_THAT(missed("{C: {text: from-turn plan}}"), HasSubstr("(expected: \"a plan\")"));
  EXPECT_THAT(missed("{C: {text: from-turn none}}"), HasSubstr("here is no turn"));
}

TEST_F(JudgeTest, WhatAChatRequestSaysInWhateverProtocol) {
  request(
      "inference", "POST", "/v1/messages", 200,
      R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"lookup","input":{"q":1}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"sunny"}]}]})");
  EXPECT_EQ(missed("{journal: {inference POST chat: {says: {/calls/0/arguments/q: 1, /results/0/call: 0, "
                   "/results/1: absent}}}}"),
            "");
  EXPECT_THAT(missed("{journal: {inference POST chat: {says: {/calls/0/name: clock}}}}"),
              HasSubstr("says \"lookup\" at /calls/0/name (expected: \"clock\")"));
  EXPECT_THAT(missed("{journal: {inference POST chat: {says: {/results/1: present}}}}"),
              HasSubstr("says nothing at /results/1"));
}

TEST_F(JudgeTest, JournalInOrder) {
  request("auth-station", "GET", "/login?x=1");
  request("control-api", "POST", "/auth/exchange", 401);
  EXPECT_EQ(missed("{journal: [auth-station GET /login, control-api POST /auth/exchange 401]}"), "");
  EXPECT_EQ(evidence_.size(), 2u);
  EXPECT_THAT(missed("{journal: [control-api POST /auth/exchange, auth-station GET /login]}"),
              "There was no GET /login request to auth-station after the ones before it in the list.");
  EXPECT_THAT(missed("{journal: [POST /auth/exchange 200]}"),
              "There was no POST /auth/exchange request with response 200.");
}

TEST_F(JudgeTest, JournalCountsAndLooksInside) {
  request("inference", "POST", "/v1/chat/completions", 200, R"({"model":"m","temperature":1})");
  request("inference", "POST", "/v1/chat/completions", 429, R"({"model":"m"})");
  EXPECT_EQ(missed("{journal: {POST chat: {count: 2, body: {/model: m}, header: {authorization: 'Bearer "
                   "${auth.token}'}}}}"),
            "");
  EXPECT_THAT(missed("{journal: {POST chat: {count: 1}}}"),
              "2 POST chat requests were sent (expected: exactly 1).");
  EXPECT_THAT(missed("{journal: {POST chat: {body: {/temperature: absent}}}}"),
              "POST chat request (1 of 2) has body /temperature 1 (expected: none).");
  EXPECT_EQ(missed("{journal: {POST chat: {where: {/temperature: present}, at_most: 1}}}"), "");
  EXPECT_THAT(missed("{journal: {POST chat: {where: {/model: m}, at_most: 1}}}"),
              HasSubstr("2 POST chat requests with body"));
  EXPECT_EQ(missed("{journal: {'POST chat #2': {status: 429}}}"), "");
  EXPECT_THAT(missed("{journal: {'POST chat #3': {status: 429}}}"), "No POST chat request #3 was sent.");
  EXPECT_THAT(missed("{journal: {POST chat: {header: {authorization: 'Bearer ${nobody.knows}'}}}}"),
              HasSubstr("othing is known as ${nobody.knows}"));
}

TEST_F(JudgeTest, GapsBetweenRequests) {
  request("auth", "POST", "/token");
  request("auth", "POST", "/token");
  request("auth", "POST", "/token");
  EXPECT_EQ(missed("{gap: {each: auth POST /token, min: 100ms, max: 100ms}}"), "");
  EXPECT_THAT(
      missed("{gap: {each: auth POST /token, min: 1s}}"),
      HasSubstr("100 ms passed between POST /token requests to auth #1 and #2 (expected: at least 1 s)"));
  EXPECT_THAT(missed("{gap: {each: auth POST /token, from: 4, min: 1s}}"),
              "Only 3 POST /token requests to auth were sent (expected: at least 4).");
  EXPECT_THAT(missed("{gap: {from: auth POST /token, to: auth peer-closed, max: 1s}}"),
              "There was no connection closed by the client after the first POST /token request to auth.");
}

TEST_F(JudgeTest, NeverSeen) {
  ProcessOutcome process;
  process.actor = "client";
  process.out = "key sk-1 shown";
  seen_.processes = {process};
  seen_.findings = {{"key", "stdout", "client"}};
  EXPECT_THAT(missed("{never: {secret: any, in: [stdout]}}"),
              "The secret \"key\" appears in stdout (client).");
  EXPECT_EQ(missed("{never: {secret: any, in: [stderr]}}"), "");
  EXPECT_THAT(missed("{never: {text: [sk-1], in: [stdout]}}"), "\"sk-1\" appears in stdout (client).");
  EXPECT_THAT(missed("{never: {matches: 'sk-[0-9]', in: [stdout]}}"),
              "A match of /sk-[0-9]/ appears in stdout (client).");
  EXPECT_EQ(
      missed("{never: {text: [other], in: [stdout, stderr, argv, files, messages, pages, urls, requests]}}"),
      "");
}

TEST_F(JudgeTest, StorePageAndExit) {
  seen_.store = {{"worldrouter", {{"key", "k"}}}};
  seen_.store_mode = 0600;
  EXPECT_EQ(missed("{store: {json: valid, mode: '0600', /worldrouter/key: k, /other: absent}}"), "");
  EXPECT_THAT(missed("{store: {mode: '0644'}}"), "The credential file has mode 0600 (expected: 0644).");
  seen_.store = json(json::value_t::discarded);
  EXPECT_EQ(missed("{store: {json: invalid}}"), "");
  EXPECT_THAT(missed("{browser: {status: 200}}"), "The browser was never sent anywhere.");
  seen_.pages = {{{"status", 400}, {"body", "no"}, {"error", nullptr}}};
  EXPECT_THAT(missed("{browser: {status: 200}}"), "The browser got status 400 (expected: 200).");
  EXPECT_THAT(missed("{exit: 0}"), "No client process ran.");
  ProcessOutcome process;
  process.exit_code = 3;
  seen_.processes = {process};
  EXPECT_EQ(missed("{exit: nonzero}"), "");
  EXPECT_EQ(missed("{exit: clean}"), "");
  EXPECT_THAT(missed("{exit: 0}"), "The client exited 3.");
}

TEST_F(JudgeTest, CredentialFilesArePrivateOrGone) {
  EXPECT_EQ(missed("{credential_files: none}"), "");
  EXPECT_EQ(missed("{credential_files: {mode: '0600'}}"), "");
  seen_.credential_files = {{"client/.tool/auth.json", "refresh token", 0600}};
  EXPECT_EQ(missed("{credential_files: {mode: '0600'}}"), "");
  EXPECT_THAT(missed("{credential_files: none}"), "The file client/.tool/auth.json holds the refresh token.");
  seen_.credential_files.push_back({"client/.tool/auth.json.tmp", "access token", 0644});
  EXPECT_THAT(
      missed("{credential_files: {mode: '0600'}}"),
      "The file client/.tool/auth.json.tmp holds the access token and has mode 0644 (expected: \"0600\").");
}

TEST_F(JudgeTest, EitherOr) {
  result("C", {{"ok", false}, {"error", {{"message", "no"}}}}).op = "chat";
  EXPECT_EQ(missed("{any_of: [{C: {ok: true}}, {C: {ok: false}}]}"), "");
  EXPECT_EQ(missed("{any_of: [{C: {text: x}}, {C: {ok: true}}]}"),
            "The chat failed: \"no\"; the chat returned no text (expected: \"x\").");
  EXPECT_EQ(missed("{any_of: [{C: {exit: absent}}, {C: {exit: {not: 0}}}]}"), "")
      << "a client that is no program";
}

TEST_F(JudgeTest, AVerdictIsASentence) {
  Outcome& chat = result("C", {{"ok", false}, {"exit", 0}, {"said", "failure"}, {"text", "Here"}});
  chat.op = "chat";
  request("inference", "POST", "/v1/chat/completions", 401);
  chat.ended = clock_.now();
  seen_.turns = {{"plan", {{"text", "Here is the plan."}}}};
  seen_.first_turn = "plan";
  EXPECT_EQ(missed("{any_of: [{C: {exit: absent}}, {C: {exit: {not: 0}}}]}"),
            "The program exited 0, but the request failed with 401.");
  EXPECT_EQ(expected_, "The program exits with status not 0.");
  EXPECT_EQ(missed("{any_of: [{C: {said: success, exit: 0}}, {C: {said: failure, exit: {not: 0}}}]}"),
            "The output reports failure; the program exited 0, but the request failed with 401.");
  EXPECT_EQ(expected_,
            "The program exits with status 0 and the output reports success, or the program exits with "
            "status not 0 "
            "and the output reports failure.");
  EXPECT_EQ(missed("{C: {text: from-turn}}"),
            "The text is cut off after 4 of 17 bytes: \"Here\"; the request failed with 401.");
  EXPECT_EQ(expected_, "The chat ends with the text \"Here is the plan.\"");
  EXPECT_EQ(
      missed("{any_of: [{C: {ok: true, text: from-turn}}, {C: {ok: false}, journal: {POST chat: {count: "
             "'<1'}}}]}"),
      "The chat failed; 1 POST chat request was sent (expected: less than 1).");
  EXPECT_EQ(
      expected_,
      "The chat succeeds with the text \"Here is the plan.\", or the chat fails and less than 1 POST chat "
      "requests.");
  result("D", {{"ok", true}, {"text", "Here is the plan.Here"}}).op = "chat";
  EXPECT_EQ(missed("{D: {ok: false, within: 20s}}"),
            "Chat \"D\" succeeded, although the request failed with 401.");
  EXPECT_EQ(expected_, "Chat \"D\" fails within 20 s.");
  EXPECT_EQ(missed("{D: {text: from-turn}}"),
            "The text has 4 more bytes than the model sent: \"Here\"; the request failed with 401.");
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
