#include "conformance/runner/judge/judge_met.h"

#include <gmock/gmock.h>

#include "conformance/runner/case/capabilities.h"
#include "conformance/runner/case/case_file.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

using testing::HasSubstr;

// One case with `more` lines, such as "met: {result: C}".
Result<Case> a_case(const std::string& more, const std::string& steps = "[chat: {as: C}]") {
  auto suite = parse_suite("suite: s\ncases:\n  - id: a\n    title: A\n    do: " + steps + "\n    " + more +
                               "\n    expect: {told: {C: {ok: false}}}\n",
                           "s.yaml");
  if (!suite) return tl::unexpected(suite.error());
  return suite->front();
}

struct Happened {
  SystemClock clock;
  Journal journal{clock};
  Observation seen;

  void request(const std::string& actor, const std::string& method, const std::string& target,
               const char* connection = "keep-alive") {
    auto sent = std::make_shared<Request>();
    sent->method = method;
    sent->target = target;
    sent->headers = {{"Connection", connection}};
    JournalEntry entry;
    entry.actor = actor;
    entry.kind = JournalKind::request;
    entry.request = sent;
    journal.append(std::move(entry));
  }
  void fault(const std::string& actor, const std::string& name) {
    journal.note(actor, JournalKind::fault, name);
  }
  Outcome& outcome(const std::string& label, const std::string& op) {
    Outcome out;
    out.end = Outcome::End::result;
    out.op = op;
    out.label = label;
    return seen.outcomes[label].emplace_back(std::move(out));
  }
  MetResult judge(const Case& one) {
    seen.journal = journal.entries();
    return judge_met(one, plan_world(one, ASSAY_SOURCE_DIR, 1).value(), seen);
  }
};

TEST(Met, ByDefaultTheRequestArrivedAndEachFaultWasSent) {
  const Case one = a_case("world: {inference: {faults: [rst: {event: 3}]}}").value();
  EXPECT_EQ(to_string(one.met), "request chat, faults sent");
  Happened nothing;
  EXPECT_EQ(nothing.judge(one).missing, "no request of chat arrived (inference POST chat)");
  EXPECT_FALSE(nothing.judge(one).asked);
  Happened elsewhere;
  elsewhere.request("inference", "POST", "/v9/talk");
  EXPECT_FALSE(elsewhere.judge(one).asked);
  Happened unharmed;
  unharmed.request("inference", "POST", "/v1/chat/completions");
  EXPECT_TRUE(unharmed.judge(one).asked);
  EXPECT_THAT(unharmed.judge(one).missing, HasSubstr("the fault rst was not sent"));
  Happened all;
  all.request("inference", "POST", "/v1/chat/completions");
  all.fault("inference", "rst");
  EXPECT_EQ(all.judge(one).missing, "");
  EXPECT_EQ(all.judge(one).parts.size(), 2U);
  EXPECT_EQ(all.judge(one).parts[0].evidence, std::vector<std::uint64_t>{1});
}

TEST(Met, AToolThatIsNotOfferedIsNotCalledAndNotAsked) {
  const Case one = a_case("").value();
  Happened it;
  it.request("inference", "POST", "/v1/chat/completions");
  EXPECT_EQ(it.judge(one).not_applicable, "");
  it.journal.note("inference", JournalKind::note, "tool not offered", {{"name", "clock"}});
  EXPECT_THAT(it.judge(one).not_applicable, HasSubstr("does not offer the tool clock"));
}

TEST(Met, WhoDoesNotAskForTokenCountsIsNotAskedWhatTheyAre) {
  const Case one = a_case("needs: [usage]").value();
  Happened it;
  it.request("inference", "POST", "/v1/chat/completions");
  EXPECT_EQ(it.judge(one).not_applicable, "");
  it.journal.note("inference", JournalKind::note, "usage not asked for");
  EXPECT_THAT(it.judge(one).not_applicable, HasSubstr("did not ask for token counts"));
}

TEST(Met, WhereNothingIsSentTheResultCounts) {
  EXPECT_EQ(to_string(a_case("", "[status: {as: C}]").value().met), "result C");
  const Case refused = a_case("world: {inference: {listen: [refuse]}}").value();
  Happened nothing;
  EXPECT_EQ(nothing.judge(refused).missing, "chat did not end with a result");
  Happened ended;
  ended.outcome("C", "chat");
  EXPECT_EQ(ended.judge(refused).missing, "");
}

TEST(Met, EachFormHoldsOnlyWhenItHappened) {
  struct Row {
    const char* met;
    const char* missing;
  };
  Happened nothing, all;
  all.outcome("C", "chat").events.emplace_back(Micros(1), nlohmann::json{{"kind", "open_url"}});
  all.request("inference", "GET", "/v1/models");
  for (const Row& row :
       {Row{"met: {event: open_url, of: C}", "the client did not report open_url by C"},
        Row{"met: {journal: inference GET models}", "\"inference GET models\" did not happen"},
        Row{"met: [{result: C}]", "C did not end with a result"}}) {
    const Case one = a_case(row.met).value();
    EXPECT_EQ(nothing.judge(one).missing, row.missing);
    EXPECT_EQ(all.judge(one).missing, "") << row.met;
  }
}

TEST(Met, WhatAClientIsFreeNotToDoMakesTheCaseInapplicable) {
  const auto of = [](const std::string& need) { return a_case("needs: [" + need + "]").value(); };
  Happened once;
  once.request("inference", "POST", "/v1/chat/completions", "close");
  EXPECT_THAT(once.judge(of("retry")).not_applicable, HasSubstr("did not send the request again"));
  EXPECT_THAT(once.judge(of("keep-alive")).not_applicable,
              HasSubstr("closes its connection after each request"));
  EXPECT_THAT(once.judge(of("models")).not_applicable, HasSubstr("did not ask for the list of models"));
  Happened twice;
  twice.request("inference", "POST", "/v1/chat/completions");
  twice.request("inference", "POST", "/v1/chat/completions");
  twice.request("inference", "GET", "/v1/models");
  for (const char* need : {"retry", "keep-alive", "models"})
    EXPECT_EQ(twice.judge(of(need)).not_applicable, "") << need;
}

TEST(Met, WrongFormsAreToldWithTheirLine) {
  const struct {
    const char* more;
    const char* why;
  } table[] = {
      {"met: {}", "s.yaml:6: expected one of event, journal, result, request and faults"},
      {"met: {result: C, request: chat}", "expected one of"},
      {"met: {result: D}", "s.yaml:6: unknown step label 'D'"},
      {"met: {request: login}", "unknown operation 'login' (chat)"},
      {"met: {journal: inference POST}", "expected a path after POST"},
      {"met: {faults: some}", "expected sent"},
      {"met: {happened: x}", "expected one of event"},
      {"needs: [retrying]", "s.yaml:6: unknown need 'retrying'"},
      {"requires: [chatt]", "s.yaml:6: unknown capability 'chatt', did you mean 'chat'?"},
  };
  for (const auto& row : table) {
    const auto one = a_case(row.more);
    ASSERT_FALSE(one) << row.more;
    EXPECT_THAT(one.error().text(), HasSubstr(row.why));
  }
}

TEST(Capabilities, OneList) {
  for (const char* good :
       {"chat", "login.openai", "param.top_p", "protocol.gemini", "protocol.bedrock", "process"})
    EXPECT_TRUE(known_capability(good)) << good;
  for (const char* bad : {"", "Chat", "param.", "protocol.x", "chat "})
    EXPECT_FALSE(known_capability(bad)) << bad;
  const std::string page = read_file(ASSAY_SOURCE_DIR "/docs/adapter-protocol.md").value();
  for (const Capability& one : capabilities())
    EXPECT_THAT(page, HasSubstr("`" + std::string(one.name) + "`"));
}

}  // namespace
}  // namespace assay::conformance
