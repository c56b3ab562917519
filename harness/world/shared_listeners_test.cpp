// Several worlds behind one listener: each sees its own requests alone.
#include "harness/world/shared_listeners.h"

#include <gmock/gmock.h>

#include "harness/http/test_peer.h"

namespace assay {
namespace {

using http::TestPeer;
using nlohmann::json;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

// Says who it is, where it thinks it is reached, and what it was asked.
class Resident final : public Fake {
 public:
  explicit Resident(std::string name) : name_(std::move(name)) {}
  Actions on_body(const Call& call) override {
    const std::string order = call.rule == nullptr ? "" : call.rule->dump();
    return {Respond{make_response(200, "text/plain",
                                  name_ + " " + call.request->target + " " +
                                      call.origin.substr(call.origin.find(':', 6) + 1) + order)}};
  }
  Result<void> check_order(const json& order) const override {
    return order == "never" ? Result<void>(fail("not that")) : Result<void>();
  }

 private:
  std::string name_;
};

struct Hosted {
  SystemClock clock;
  Journal journal{clock};
  std::unique_ptr<World> world;
};

class Sharing : public testing::Test {
 protected:
  Sharing() {
    auto started = SharedListeners::start({{"echo", "127.0.0.1", 0, {}, nullptr}}, clock_);
    EXPECT_TRUE(started) << started.error().text();
    listeners_ = std::move(*started);
  }

  Result<std::unique_ptr<World>> start(Hosted& in, const std::string& name,
                                       std::vector<std::string> keys = {}, FakeSpec fake = {}) {
    WorldSpec spec;
    spec.prefix = world_prefix(name);
    if (fake.name.empty()) fake.name = "echo";
    spec.fakes.push_back(std::move(fake));
    return World::start(
        std::move(spec),
        [&](std::string_view, FakeConfig) { return std::make_unique<Resident>(name.empty() ? "-" : name); },
        {}, in.clock, in.journal, listeners_->entrance(name, std::move(keys)));
  }
  std::unique_ptr<Hosted> move_in(const std::string& name, std::vector<std::string> keys = {}) {
    auto out = std::make_unique<Hosted>();
    auto world = start(*out, name, std::move(keys));
    EXPECT_TRUE(world) << world.error().text();
    out->world = std::move(*world);
    port_ = out->world->port("echo");
    return out;
  }
  static std::string request(const std::string& target, const std::string& header = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: t\r\n" + header + "Connection: close\r\n\r\n";
  }
  std::string ask(const std::string& target, const std::string& header = {}) const {
    TestPeer peer(port_);
    EXPECT_TRUE(peer.send(request(target, header)));
    return peer.read_to_end();
  }
  static std::vector<std::string> requests(const Hosted& in) {
    std::vector<std::string> out;
    for (const auto& e : in.journal.entries()) {
      if (e->kind == JournalKind::request) out.push_back(e->text);
    }
    return out;
  }

  SystemClock clock_;
  std::unique_ptr<SharedListeners> listeners_;
  std::uint16_t port_ = 0;
};

TEST_F(Sharing, ThePathNamesTheWorldAndIsGoneFromWhatItSees) {
  const auto home = move_in("");
  const auto a = move_in("a");
  const auto b = move_in("b");
  const std::string port = std::to_string(port_);
  EXPECT_THAT(ask("/v1/models"), EndsWith("- /v1/models " + port));
  EXPECT_THAT(ask("/w/a/v1/models?x=1"), EndsWith("a /v1/models?x=1 " + port + "/w/a"));
  EXPECT_THAT(ask("/w/b"), EndsWith("b / " + port + "/w/b"));
  EXPECT_THAT(ask("/.well-known/thing/w/b"), EndsWith("b /.well-known/thing " + port + "/w/b"));
  EXPECT_EQ(a->world->url("echo"), "http://127.0.0.1:" + port + "/w/a");
  EXPECT_EQ(a->world->get("echo.host_port"), "127.0.0.1:" + port);
  EXPECT_THAT(requests(*home), ElementsAre("GET /v1/models"));
  EXPECT_THAT(requests(*a), ElementsAre("GET /v1/models?x=1"));
  EXPECT_THAT(requests(*b), ElementsAre("GET /", "GET /.well-known/thing"));
}

TEST_F(Sharing, AConnectionIsJournalledWholeWhereItsRequestsGo) {
  const auto home = move_in("");
  const auto a = move_in("a");
  (void)ask("/w/a/x");
  const auto closed = a->journal.wait([](const JournalEntry& e) { return e.kind == JournalKind::closed; },
                                      std::chrono::seconds(10), "the end");
  ASSERT_TRUE(closed) << closed.error().text();
  std::vector<JournalKind> kinds;
  for (const auto& e : a->journal.entries()) kinds.push_back(e->kind);
  EXPECT_THAT(kinds, ElementsAre(JournalKind::connect, JournalKind::request, JournalKind::response,
                                 JournalKind::done, JournalKind::closed));
  EXPECT_EQ(home->journal.size(), 0U);
}

TEST_F(Sharing, AKeyNamesTheWorldThatClaimsIt) {
  const auto home = move_in("");
  const auto a = move_in("a", {"sk-a"});
  EXPECT_THAT(ask("/v1/models", "Authorization: Bearer sk-a\r\n"), HasSubstr("\r\na /v1/models"));
  EXPECT_THAT(ask("/v1/models", "x-api-key: sk-a\r\n"), HasSubstr("\r\na "));
  EXPECT_THAT(ask("/v1/models?key=sk-a"), HasSubstr("\r\na "));
  EXPECT_THAT(ask("/v1/models", "Authorization: Bearer sk-b\r\n"), HasSubstr("\r\n- "));
  EXPECT_THAT(ask("/v1/models", "Authorization: Bearer\r\n"), HasSubstr("\r\n- "));
  // The path says it louder.
  const auto b = move_in("b");
  EXPECT_THAT(ask("/w/b/v1/models", "Authorization: Bearer sk-a\r\n"), HasSubstr("\r\nb "));
}

TEST_F(Sharing, AWorldThatIsNotThereIsA404AndUnclaimed) {
  const auto home = move_in("");
  EXPECT_THAT(ask("/w/nobody/v1/models"),
              testing::AllOf(HasSubstr(" 404 "), HasSubstr("no world named nobody")));
  {
    const auto a = move_in("a");
    EXPECT_THAT(ask("/w/a/x"), HasSubstr(" 200 "));
  }
  EXPECT_THAT(ask("/w/a/x"), HasSubstr(" 404 "));
  std::vector<std::string> unclaimed;
  for (const auto& e : home->journal.entries()) {
    if (e->kind == JournalKind::unclaimed) unclaimed.push_back(e->text);
  }
  EXPECT_THAT(unclaimed, ElementsAre("GET /w/nobody/v1/models", "GET /w/a/x"));
}

TEST_F(Sharing, TheSameHoldOfTwoWorldsIsTwo) {
  RuleSpec gate;
  gate.match = {{"path", "/held"}};
  gate.hold = "gate";
  const auto a = move_in("a");
  const auto b = move_in("b");
  ASSERT_TRUE(a->world->set_rules("echo", {gate}));
  ASSERT_TRUE(b->world->set_rules("echo", {gate}));
  TestPeer first(port_), second(port_);
  ASSERT_TRUE(first.send(request("/w/a/held")));
  ASSERT_TRUE(second.send(request("/w/b/held")));
  for (const Hosted* one : {a.get(), b.get()}) {
    const auto held = one->journal.wait([](const JournalEntry& e) { return e.kind == JournalKind::hold; },
                                        std::chrono::seconds(10), "the hold");
    ASSERT_TRUE(held) << held.error().text();
    EXPECT_EQ((*held)->text, "gate");
  }
  b->world->release("gate");
  EXPECT_THAT(second.read_to_end(), HasSubstr("\r\nb /held"));
  for (const auto& e : a->journal.entries()) EXPECT_NE(e->kind, JournalKind::release);
  a->world->release("gate");
  EXPECT_THAT(first.read_to_end(), HasSubstr("\r\na /held"));
}

TEST_F(Sharing, TheNextOfANameTakesOverAndWhatTheOldOneHeldIsLetGo) {
  RuleSpec gate;
  gate.match = {{"path", "/held"}};
  gate.hold = "gate";
  auto old = move_in("a");
  ASSERT_TRUE(old->world->set_rules("echo", {gate}));
  TestPeer waiting(port_);
  ASSERT_TRUE(waiting.send(request("/w/a/held")));
  ASSERT_TRUE(old->journal.wait([](const JournalEntry& e) { return e.kind == JournalKind::hold; },
                                std::chrono::seconds(10), "the hold"));
  const auto next = move_in("a");
  old.reset();
  EXPECT_THAT(waiting.read_to_end(), HasSubstr("\r\na /held"));
  EXPECT_THAT(ask("/w/a/x"), HasSubstr("\r\na /x"));
  EXPECT_THAT(requests(*next), ElementsAre("GET /x"));
}

TEST_F(Sharing, RulesAreReplacedWhileItRunsOrNotAtAll) {
  const auto a = move_in("a");
  RuleSpec good, bad;
  good.match = bad.match = {{"path", "/x"}};
  good.order = "one";
  bad.order = "never";
  ASSERT_TRUE(a->world->set_rules("echo", {good}));
  EXPECT_THAT(ask("/w/a/x"), EndsWith("\"one\""));
  const auto refused = a->world->set_rules("echo", {bad});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "echo: not that");
  EXPECT_THAT(ask("/w/a/x"), EndsWith("\"one\""));
  EXPECT_FALSE(a->world->set_rules("nobody", {}));
  ASSERT_TRUE(a->world->set_rules("echo", {}));
  EXPECT_THAT(ask("/w/a/x"), EndsWith("/w/a"));
}

TEST_F(Sharing, AWorldWithoutListenersOfItsOwnCannotBreakThem) {
  const auto home = move_in("");
  const auto a = move_in("a");
  EXPECT_FALSE(a->world->set("echo.down", true));
  Hosted other;
  FakeSpec broken;
  broken.listen.kind = wire::ListenerMode::Kind::refuse;
  EXPECT_FALSE(start(other, "b", {}, broken));
  FakeSpec unknown;
  unknown.name = "another";
  const auto refused = start(other, "b", {}, unknown);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "these listeners have no fake \"another\", only echo");
  // The one without a name owns them.
  ASSERT_TRUE(home->world->set("echo.down", true));
  EXPECT_EQ(TestPeer(port_).error(), ECONNREFUSED);
  ASSERT_TRUE(home->world->set("echo.down", false));
  EXPECT_THAT(ask("/w/a/x"), HasSubstr("\r\na /x"));
}

}  // namespace
}  // namespace assay
