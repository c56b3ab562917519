// Scripts over a real socket: where the bytes are cut, when they come, and how the connection ends.
#include "harness/http/player.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using wire::Cut;
using wire::Flush;
using wire::Hold;
using wire::Repeat;
using wire::Wait;

// A pretended peer: takes at most `room` bytes a call, then says that it would block once.
class FakeStage final : public Stage {
 public:
  std::vector<std::string> calls;
  std::size_t room = SIZE_MAX;
  Peer reads = Peer::has_read_all;
  bool acknowledged = true;
  int unconfirmed = 0;
  int half_closes = 0;

  Io write(const iovec* pieces, int count) override {
    std::string all;
    for (int i = 0; i < count; ++i)
      all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    if (room == 0) return {Io::State::want_write, 0};
    all.resize(std::min(all.size(), room));
    calls.push_back(all);
    return {Io::State::done, all.size()};
  }
  void half_close() override { ++half_closes; }
  Peer peer() override { return reads; }
  bool all_acknowledged() override { return acknowledged; }
  bool held(const std::string&) override { return false; }
  void on_unconfirmed_cut() override { ++unconfirmed; }
  bool input = false;
  bool input_waiting() override { return input; }
};

Player player_of(wire::Steps steps, Instant start) {
  return {std::make_shared<const wire::Script>(script_of(std::move(steps))), start, milliseconds(100)};
}

TEST(Player, JoinsAdjacentWritesUnlessTold) {
  FakeStage stage;
  Player player = player_of(
      {write("a"), write(""), write("b"), {Flush{}}, write("c"), {Cut{}}, write("d"), write("")}, {});
  EXPECT_EQ(player.play(stage, {}).kind, Need::Kind::over);
  EXPECT_THAT(stage.calls, ElementsAre("ab", "c", "d"));
  EXPECT_EQ(player.sent(), 4U);
}

TEST(Player, GoesOnWhereTheKernelStopped) {
  FakeStage stage;
  stage.room = 2;
  Player player = player_of({write("abc"), write("de")}, {});
  std::string all;
  int turns = 0;
  while (player.play(stage, {}).kind == Need::Kind::writable) ++turns;
  for (const auto& call : stage.calls) all += call;
  EXPECT_EQ(all, "abcde");
  EXPECT_EQ(turns, 2);
}

TEST(Player, WaitsAreAbsolute) {
  FakeStage stage;
  const Instant start{std::chrono::hours(1)};
  Player player = player_of({{Wait{milliseconds(10)}},
                             write("a"),
                             {Wait{milliseconds(10)}},
                             write("b"),
                             {Wait{milliseconds(10)}},
                             write("c")},
                            start);
  EXPECT_EQ(player.play(stage, start).at, start + milliseconds(10));
  // 15 ms late: "a" and "b" are due, and the third wait still ends 30 ms after the start.
  EXPECT_EQ(player.play(stage, start + milliseconds(25)).at, start + milliseconds(30));
  EXPECT_THAT(stage.calls, ElementsAre("a", "b"));
}

TEST(Player, YieldsAfterItsBudget) {
  FakeStage stage;
  Player player = player_of({write(std::string(1'000'000, 'x'))}, {});
  EXPECT_EQ(player.play(stage, {}).kind, Need::Kind::turn);
  EXPECT_LT(player.sent(), 500'000U);
  while (player.play(stage, {}).kind == Need::Kind::turn) {
  }
  EXPECT_EQ(player.sent(), 1'000'000U);
}

TEST(Player, RepeatsNestedAndEndless) {
  FakeStage stage;
  Player twice =
      player_of({{Repeat{2, {write("a"), {Repeat{3, {write("b"), {Flush{}}}}}, {Flush{}}}}}, write("c")}, {});
  EXPECT_EQ(twice.play(stage, {}).kind, Need::Kind::over);
  std::string all;
  for (const auto& call : stage.calls) all += call;
  EXPECT_EQ(all, "abbbabbbc");
  Player endless = player_of({{Repeat{0, {write("z")}}}}, {});
  for (int i = 0; i < 100; ++i) ASSERT_EQ(endless.play(stage, {}).kind, Need::Kind::turn);
  // A repeat that neither sends nor waits is left after a round.
  Player idle = player_of({{Repeat{0, {{Flush{}}, write("")}}}, write("end")}, {});
  EXPECT_EQ(idle.play(stage, {}).kind, Need::Kind::over);
}

TEST(Player, GivesUpOnACutAfterItsDeadline) {
  FakeStage stage;
  stage.reads = Stage::Peer::has_unread;
  Player player = player_of({write("a"), {Cut{}}, write("b")}, {});
  Instant now{std::chrono::hours(1)};
  EXPECT_EQ(player.play(stage, now).kind, Need::Kind::time);
  EXPECT_EQ(stage.unconfirmed, 0);
  EXPECT_EQ(player.play(stage, now + milliseconds(99)).kind, Need::Kind::time);
  EXPECT_EQ(player.play(stage, now + milliseconds(100)).kind, Need::Kind::over);
  EXPECT_EQ(stage.unconfirmed, 1);
  EXPECT_THAT(stage.calls, ElementsAre("a", "b"));
}

TEST(Player, ResetWaitsForTheAcknowledgement) {
  FakeStage stage;
  stage.acknowledged = false;
  Player player = player_of({write("a"), {wire::Reset{}}}, {});
  EXPECT_EQ(player.play(stage, {}).kind, Need::Kind::time);
  stage.acknowledged = true;
  EXPECT_EQ(player.play(stage, {}).kind, Need::Kind::reset);
}

TEST(Player, AwaitsInput) {
  FakeStage stage;
  Player player = player_of({write("a"), {wire::AwaitInput{}}, write("b")}, {});
  EXPECT_EQ(player.play(stage, {}).kind, Need::Kind::input);
  EXPECT_THAT(stage.calls, ElementsAre("a"));
  stage.input = true;
  EXPECT_EQ(player.play(stage, {}).kind, Need::Kind::over);
  EXPECT_THAT(stage.calls, ElementsAre("a", "b"));
}

// Over a socket from here on.

TEST(Play, EveryCutIsOneReadOfThePeer) {
  constexpr int kPieces = 500;
  TestWorld world;
  world.answer = [](const Incoming&) {
    wire::Steps steps;
    for (int i = 0; i < kPieces; ++i) {
      if (i > 0) steps.push_back({Cut{}});
      steps.push_back(write("piece " + std::to_string(i)));
    }
    return script_of(std::move(steps), false);
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  for (int i = 0; i < kPieces; ++i) ASSERT_EQ(peer.read_some(), "piece " + std::to_string(i));
  EXPECT_EQ(peer.read_some(), "");
  EXPECT_EQ(world.count(JournalKind::unconfirmed_cut), 0U);
}

TEST(Play, ACutThatThePeerDoesNotReadIsJournalled) {
  TestWorld world;
  world.answer = [](const Incoming&) { return script_of({write("a"), {Cut{}}, write("b")}, false); };
  Limits limits;
  limits.cut_deadline = milliseconds(30);
  world.start(limits);
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(world.wait(JournalKind::unconfirmed_cut)->bytes, 1U);
  EXPECT_EQ(peer.read_to_end(), "ab");
}

TEST(Play, KeepsThePaceOfWaits) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    wire::Steps steps;
    for (int i = 0; i < 20; ++i) {
      steps.push_back(write("."));
      steps.push_back({Wait{milliseconds(5)}});
    }
    return script_of(std::move(steps), false);
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_to_end(), std::string(20, '.'));
  const Micros took = world.wait(JournalKind::done)->at - world.wait(JournalKind::request)->at;
  EXPECT_GE(took, milliseconds(100));
  EXPECT_LT(took, milliseconds(1000));
}

TEST(Play, ResetComesAfterEveryByte) {
  const std::string body(2'000'000, 'x');
  TestWorld world;
  world.answer = [&](const Incoming&) { return script_of({write(body), {wire::Reset{}}}); };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_to_end().size(), body.size());
  EXPECT_EQ(peer.error(), ECONNRESET);
  const auto closed = world.wait(JournalKind::closed);
  EXPECT_EQ(closed->text, "reset");
  EXPECT_EQ(closed->bytes, body.size());
}

TEST(Play, CloseIsAFinAfterEveryByte) {
  TestWorld world;
  world.answer = [&](const Incoming&) {
    return script_of({write("half of it"), {wire::Close{}}, write("never")});
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_to_end(), "half of it");
  EXPECT_EQ(peer.error(), 0);
}

TEST(Play, StallLastsUntilThePeerGoes) {
  TestWorld world;
  world.answer = [&](const Incoming&) { return script_of({write("a"), {wire::Stall{}}}); };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_some(), "a");
  peer.close();
  const auto entry = world.wait(JournalKind::peer_closed);
  EXPECT_EQ(entry->text, "peer closed while it was being answered");
  EXPECT_EQ(entry->bytes, 1U);
}

TEST(Play, StallEndsAtItsLimit) {
  TestWorld world;
  world.answer = [&](const Incoming&) { return script_of({write("a"), {wire::Stall{}}}); };
  Limits limits;
  limits.stall_deadline = milliseconds(30);
  world.start(limits);
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_to_end(), "a");
  EXPECT_EQ(peer.error(), ECONNRESET);
  EXPECT_THAT(world.wait(JournalKind::timeout)->text, HasSubstr("no progress after 30ms"));
}

TEST(Play, HalfCloseGoesOnReading) {
  TestWorld world;
  world.answer = [&](const Incoming&) { return script_of({write("a"), {wire::HalfClose{}}}); };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_to_end(), "a");
  EXPECT_EQ(peer.error(), 0);
  // Were the connection closed, the second of these would meet a reset.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(peer.send(std::string(100'000, 'x')));
}

TEST(Play, AHalfClosedPeerIsStillAnswered) {
  TestWorld world;
  world.answer = [&](const Incoming&) {
    return script_of({write("a"), {Wait{milliseconds(30)}}, write("b")}, true);
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  peer.half_close();
  EXPECT_EQ(peer.read_to_end(), "ab");
  world.wait(JournalKind::peer_closed, "still reads");
}

TEST(Play, HoldsUntilReleased) {
  TestWorld world;
  world.answer = [&](const Incoming& in) {
    if (in.request->target == "/first") return script_of({{Hold{"gate"}}, write("first")}, false);
    return script_of({write("second")}, false);
  };
  world.start();
  TestPeer first(world.port());
  ASSERT_TRUE(first.send(get("/first")));
  world.wait(JournalKind::hold, "gate");
  TestPeer second(world.port());
  ASSERT_TRUE(second.send(get("/second")));
  EXPECT_EQ(second.read_to_end(), "second");
  world.server->release("gate");
  EXPECT_EQ(first.read_to_end(), "first");
  world.wait(JournalKind::release, "gate");
  // It stays open until it is held again.
  TestPeer third(world.port());
  ASSERT_TRUE(third.send(get("/first")));
  EXPECT_EQ(third.read_to_end(), "first");
  world.server->hold("gate");
  const auto seen = world.journal.size();
  TestPeer fourth(world.port());
  ASSERT_TRUE(fourth.send(get("/first")));
  world.wait(JournalKind::hold, "gate", seen);
  fourth.close();
  world.wait(JournalKind::peer_closed, "", seen);
}

TEST(Play, EndlessAnswersNeedBoundedMemory) {
  TestWorld world;
  world.answer = [&](const Incoming&) {
    return script_of({write("HTTP/1.1 200 OK\r\n\r\n"), {Repeat{0, {write(std::string(65536, 'e'))}}}});
  };
  world.start();
  rusage before = {};
  ::getrusage(RUSAGE_SELF, &before);
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  std::array<char, 65536> buffer = {};
  ssize_t got = 0;
  while (got < 200'000'000) {
    const ssize_t more = ::recv(peer.fd(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(more, 0);
    got += more;
  }
  // Another is served meanwhile.
  TestPeer other(world.port());
  ASSERT_TRUE(other.send(get()));
  EXPECT_THAT(other.read_until("\r\n\r\n"), HasSubstr("200 OK"));
  rusage after = {};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 20'000);  // KB
  peer.close();
  world.wait(JournalKind::peer_closed);
}

TEST(Play, APeerThatResetsIsNoticed) {
  TestWorld world;
  world.answer = [&](const Incoming&) {
    return script_of({write("a"), {Wait{std::chrono::seconds(600)}}, write("b")});
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_some(), "a");
  peer.reset();
  EXPECT_EQ(world.wait(JournalKind::peer_closed)->bytes, 1U);
}

TEST(Play, TheServerEndsWhateverIsUnderWay) {
  TestWorld world;
  world.answer = [&](const Incoming&) { return script_of({write("a"), {wire::Stall{}}}); };
  world.start();
  TestPeer stalled(world.port());
  TestPeer idle(world.port());
  ASSERT_TRUE(stalled.send(get()));
  EXPECT_EQ(stalled.read_some(), "a");
  world.server.reset();
  EXPECT_EQ(stalled.read_some(), "");
  EXPECT_EQ(stalled.error(), ECONNRESET);
}

}  // namespace
}  // namespace assay::http
