// Every fault over a real socket: what the peer's kernel hands over is, byte for byte, what the script says,
// and the connection ends as it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"
#include "harness/wire/fault_samples.h"
#include "harness/wire/show.h"

namespace assay {
namespace {

using http::TestPeer;
using wire::Fault;
using wire::FaultLevel;

enum class Ending { kept, fin, rst, stall, endless, on_next_request };

// How a script leaves the connection, by its last step.
Ending ending_of(const wire::Script& script) {
  bool awaits_input = false;
  for (const wire::Step& step : script.steps) {
    const auto* repeat = std::get_if<wire::Repeat>(&step.op);
    if (repeat != nullptr && repeat->times == 0) return Ending::endless;
    if (std::holds_alternative<wire::AwaitInput>(step.op)) awaits_input = true;
    if (std::holds_alternative<wire::HalfClose>(step.op)) return Ending::fin;
    if (std::holds_alternative<wire::Stall>(step.op)) return Ending::stall;
    if (std::holds_alternative<wire::Reset>(step.op))
      return awaits_input ? Ending::on_next_request : Ending::rst;
    if (std::holds_alternative<wire::Close>(step.op)) return Ending::fin;
  }
  return script.keep_alive ? Ending::kept : Ending::fin;
}

void append_played(const wire::Steps& steps, std::string& out) {
  for (const wire::Step& step : steps) {
    if (const auto* write = std::get_if<wire::Write>(&step.op)) out += write->bytes;
    const auto* repeat = std::get_if<wire::Repeat>(&step.op);
    for (std::uint64_t n = 0; repeat != nullptr && n < std::max<std::uint64_t>(repeat->times, 1); ++n) {
      append_played(repeat->steps, out);
    }
  }
}

// Every byte that the peer gets; of an endless repeat one round.
std::string played(const wire::Script& script) {
  std::string out;
  append_played(script.steps, out);
  return out;
}

void expect_ending(TestPeer& peer, Ending ending, http::TestWorld& world) {
  switch (ending) {
    case Ending::fin:
      EXPECT_EQ(peer.read_some(), "");
      EXPECT_EQ(peer.error(), 0);
      return;
    case Ending::rst:
      EXPECT_EQ(peer.read_some(), "");
      EXPECT_EQ(peer.error(), ECONNRESET);
      return;
    case Ending::on_next_request:
      ASSERT_TRUE(peer.send(http::get("/next")));
      EXPECT_EQ(peer.read_some(), "");
      EXPECT_EQ(peer.error(), ECONNRESET);
      return;
    case Ending::endless:
      EXPECT_FALSE(peer.read_bytes(100'000).empty());
      return;
    case Ending::kept:
      world.answer = [](const http::Incoming&) {
        return http::script_of({http::write(http::ok_response("next"))});
      };
      ASSERT_TRUE(peer.send(http::get("/next")));
      EXPECT_EQ(peer.read_until("next"), http::ok_response("next"));
      return;
    case Ending::stall:
      world.wait(JournalKind::response);  // and nothing that says it ended
      EXPECT_EQ(world.count(JournalKind::done), 0U);
      EXPECT_EQ(world.count(JournalKind::closed), 0U);
      return;
  }
}

void play(const wire::Script& script) {
  http::TestWorld world;
  world.answer = [&](const http::Incoming&) { return http::Answer(script); };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(http::get()));
  const std::string expected = played(script);
  const std::string got = peer.read_bytes(expected.size());
  ASSERT_EQ(got.size(), expected.size());
  EXPECT_TRUE(got == expected) << wire::escape_bytes(got.substr(0, 2000));
  expect_ending(peer, ending_of(script), world);
  EXPECT_EQ(world.count(JournalKind::unconfirmed_cut), 0U);
}

TEST(FaultsOverSockets, WhatTheScriptSaysIsWhatThePeerGets) {
  for (const Fault& fault : wire::all_faults()) {
    if (fault.level == FaultLevel::listener || fault.name == "hold") continue;
    SCOPED_TRACE(fault.name);
    Response response = wire::streamed_chat();
    if (fault.name == "content-length") response.framing = BodyFraming::content_length;
    Random random(3);
    const Request request;
    const auto script = wire::apply_faults(
        response, {{std::string(fault.name), nlohmann::json::parse(fault.example)}},
        {.keep_alive = true, .head_request = false, .speed = 1}, {random, &request, 1'790'000'000});
    ASSERT_TRUE(script) << script.error().text();
    play(*script);
  }
}

TEST(FaultsOverSockets, CutsEndTheReadsOfThePeer) {
  Random random(3);
  const auto script =
      wire::apply_faults(wire::streamed_chat(), {{"cut", "inside-code-points"}}, {}, {random});
  ASSERT_TRUE(script) << script.error().text();
  http::TestWorld world;
  world.answer = [&](const http::Incoming&) { return http::Answer(*script); };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(http::get()));
  // The next read starts only after the one before took all there was: each is exactly one write of the
  // script.
  for (const wire::Step& step : script->steps) {
    const auto* write = std::get_if<wire::Write>(&step.op);
    if (write == nullptr) continue;
    EXPECT_EQ(peer.read_some(), write->bytes);
  }
  EXPECT_EQ(world.count(JournalKind::unconfirmed_cut), 0U);
}

}  // namespace
}  // namespace assay
