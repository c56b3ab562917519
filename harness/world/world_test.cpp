// A world over real sockets, with a fake that says back what it was asked.
#include "harness/world/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "harness/base/text.h"
#include "harness/http/test_peer.h"

namespace assay {
namespace {

using http::TestPeer;
using nlohmann::json;
using testing::EndsWith;
using testing::StartsWith;

class Echo final : public Fake {
 public:
  Actions on_body(const Call& call) override {
    if (call.request->target == "/slow") {
      Response slow = make_response(200, "text/plain", "");
      slow.body = {{"a", Micros(0)}, {"b", std::chrono::milliseconds(200)}};
      return {Respond{std::move(slow), 1}};
    }
    const std::string order = call.rule == nullptr ? "" : call.rule->dump();
    return {
        Respond{make_response(200, "text/plain", call.request->target + " " + call.request->body + order)}};
  }
  Result<void> check_order(const json&) const override { return {}; }
};

struct EchoWorld {
  SystemClock clock;
  Journal journal{clock};
  std::unique_ptr<World> world;

  explicit EchoWorld(std::vector<RuleSpec> rules, double speed = 1, unsigned threads = 1) {
    WorldSpec spec;
    spec.speed = speed;
    spec.threads = threads;
    FakeSpec fake;
    fake.name = "echo";
    fake.rules = std::move(rules);
    spec.fakes.push_back(std::move(fake));
    auto started = World::start(
        std::move(spec), [](std::string_view, FakeConfig) { return std::make_unique<Echo>(); }, {}, clock,
        journal);
    EXPECT_TRUE(started) << started.error().text();
    world = std::move(*started);
  }

  static std::string request(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
  }
  std::string ask(const std::string& target) const {
    TestPeer peer(world->port("echo"));
    EXPECT_TRUE(peer.send(request(target)));
    return peer.read_to_end();
  }
  // Waits until the world has read so many requests.
  void until_requests(std::size_t count) const {
    std::size_t seen = 0;
    const auto found =
        journal.wait([&](const JournalEntry& e) { return e.kind == JournalKind::request && ++seen == count; },
                     std::chrono::seconds(10), "requests");
    EXPECT_TRUE(found) << found.error().text();
  }
};

RuleSpec rule(const json& match, const json& order) {
  RuleSpec out;
  out.match = match;
  out.order = order;
  return out;
}

TEST(World, NthMeansTheNthRequestThatMatchesTheRest) {
  const EchoWorld w(
      {rule({{"path", "/a"}, {"nth", 2}}, "second"), rule({{"path", "/a"}, {"nth", "3+"}}, "later")});
  EXPECT_THAT(w.ask("/a"), EndsWith("\r\n\r\n/a "));
  EXPECT_THAT(w.ask("/b"), EndsWith("/b "));
  EXPECT_THAT(w.ask("/a"), EndsWith("/a \"second\""));
  EXPECT_THAT(w.ask("/a"), EndsWith("/a \"later\""));
  EXPECT_THAT(w.ask("/a"), EndsWith("/a \"later\""));
}

TEST(World, ACompressedRequestIsReadDecodedByRulesFakesAndTheJournal) {
  RuleSpec rule_of_body = rule({{"path", "/a"}, {"body", {{"/model", "m"}}}}, "that model");
  const EchoWorld w({rule_of_body});
  const std::string body =
      base64_decode("H4sIAAAAAAACA6tWys1PSc1RslLKVaoFAJtsuqoNAAAA").value();  // {"model":"m"}
  TestPeer peer(w.world->port("echo"));
  ASSERT_TRUE(peer.send(
      "POST /a HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body));
  EXPECT_THAT(peer.read_to_end(), EndsWith("/a {\"model\":\"m\"}\"that model\""));
  const auto entries = w.journal.entries();
  const auto seen = std::find_if(entries.begin(), entries.end(),
                                 [](const auto& entry) { return entry->kind == JournalKind::request; });
  ASSERT_NE(seen, entries.end());
  EXPECT_EQ((*seen)->request->body, R"({"model":"m"})");
  EXPECT_EQ((*seen)->bytes, body.size());  // as received
}

TEST(World, AfterCountsFromWhenTheOtherRuleApplied) {
  RuleSpec login = rule({{"path", "/login"}}, "in");
  login.name = "login";
  RuleSpec next = rule({{"path", "/a"}, {"nth", 1}}, "first after");
  next.after = "login";
  const EchoWorld w({login, next});
  EXPECT_THAT(w.ask("/a"), EndsWith("/a "));
  EXPECT_THAT(w.ask("/login"), EndsWith("\"in\""));
  EXPECT_THAT(w.ask("/a"), EndsWith("\"first after\""));
  EXPECT_THAT(w.ask("/a"), EndsWith("/a "));
}

// How long "/slow" takes, whose body goes on for 200 ms.
Micros slow_answer(const EchoWorld& world) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(world.ask("/slow"), EndsWith("ab"));
  return std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - start);
}

TEST(World, PacesAreScaledByTheRuleAndByTheWorld) {
  using std::chrono::milliseconds;
  EXPECT_GE(slow_answer(EchoWorld({})), milliseconds(200));
  EXPECT_GE(slow_answer(EchoWorld({}, 0.5)), milliseconds(400));
  RuleSpec fast = rule({{"path", "/slow"}}, nullptr);
  fast.speed = 4;
  EXPECT_GE(slow_answer(EchoWorld({fast})), milliseconds(50));
  EXPECT_LT(slow_answer(EchoWorld({fast})), milliseconds(200));
  EXPECT_LT(slow_answer(EchoWorld({}, 0)), milliseconds(200));
}

TEST(World, IsServedByAsManyThreadsAsToldAndAsksItsFakesOneAtATime) {
  const EchoWorld w({}, 1, 3);
  std::vector<std::thread> peers;
  for (int i = 0; i < 8; ++i) peers.emplace_back([&] { EXPECT_THAT(w.ask("/x"), EndsWith("/x ")); });
  for (std::thread& peer : peers) peer.join();
}

TEST(World, FaultsOfARuleBreakItsAnswer) {
  RuleSpec broken = rule({{"path", "/a"}}, nullptr);
  broken.faults = {{"content-length", {{"add", 5}}}};
  const EchoWorld w({broken});
  EXPECT_THAT(w.ask("/a"), testing::HasSubstr("Content-Length: 8\r\n"));
}

TEST(World, ABarrierAnswersTheSecondRequestFirst) {
  RuleSpec gate = rule({{"path", "/*"}}, nullptr);
  gate.barrier = BarrierSpec{2, {2, 1}};
  const EchoWorld w({gate});
  TestPeer first(w.world->port("echo"));
  ASSERT_TRUE(first.send(EchoWorld::request("/one")));
  w.until_requests(1);
  TestPeer second(w.world->port("echo"));
  ASSERT_TRUE(second.send(EchoWorld::request("/two")));
  EXPECT_THAT(second.read_to_end(), EndsWith("/two "));
  EXPECT_THAT(first.read_to_end(), EndsWith("/one "));
  std::vector<std::uint64_t> done;
  for (const auto& e : w.journal.entries()) {
    if (e->kind == JournalKind::done) done.push_back(e->exchange);
  }
  EXPECT_THAT(done, testing::ElementsAre(2U, 1U));
  EXPECT_THAT(w.ask("/three"), EndsWith("/three "));
}

TEST(World, APeerThatLeavesABarrierDoesNotHoldUpTheOther) {
  RuleSpec gate = rule({{"path", "/*"}}, nullptr);
  gate.barrier = BarrierSpec{2, {1, 2}};
  const EchoWorld w({gate});
  {
    TestPeer first(w.world->port("echo"));
    ASSERT_TRUE(first.send(EchoWorld::request("/one")));
    w.until_requests(1);
    first.reset();
  }
  const auto gone = w.journal.wait([](const JournalEntry& e) { return e.kind == JournalKind::peer_closed; },
                                   std::chrono::seconds(10), "the reset");
  ASSERT_TRUE(gone) << gone.error().text();
  EXPECT_THAT(w.ask("/two"), EndsWith("/two "));
}

TEST(World, WhatPeersHaveReadAndDoneIsInTheJournalOnceItSettles) {
  const EchoWorld w({});
  const std::string request = "GET /a HTTP/1.1\r\nHost: t\r\n\r\n";
  const auto count = [&](JournalKind kind) {
    const auto entries = w.journal.entries();
    return std::count_if(entries.begin(), entries.end(), [&](const auto& e) { return e->kind == kind; });
  };
  for (int i = 1; i <= 200; ++i) {
    TestPeer peer(w.world->port("echo"));
    ASSERT_TRUE(peer.send(request));
    std::string seen;
    while (!seen.ends_with("/a ")) seen += peer.read_some();
    w.world->settle();
    ASSERT_EQ(count(JournalKind::response), i);
    peer.reset();
    w.world->settle();
    ASSERT_EQ(count(JournalKind::peer_closed), i);
  }
}

}  // namespace
}  // namespace assay
