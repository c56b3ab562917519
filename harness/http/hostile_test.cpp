// Clients that mean harm: memory stays bounded, the journal says what happened, and others are served
// meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <thread>

#include "harness/base/random.h"
#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::StartsWith;

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Memory that was given back since counts as no growth.
std::size_t grown_since(std::size_t before) {
  const std::size_t now = resident_bytes();
  return now > before ? now - before : 0;
}

// How long a well-behaved client waits for its answer, from before it connects: the median of some.
Micros time_to_answer(std::uint16_t port) {
  std::array<Micros, 9> times{};
  for (Micros& time : times) {
    const auto start = std::chrono::steady_clock::now();
    TestPeer peer(port);
    EXPECT_TRUE(peer.send(get("/well")));
    EXPECT_EQ(peer.read_bytes(ok_response("/well").size()), ok_response("/well"));
    time = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - start);
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times.at(times.size() / 2);
}

// A well-behaved client is answered in its usual time, which is that of a server whom nobody harms, on this
// machine, now. The machine itself is slower under an attack; 50 ms are allowed for that.
void expect_served(std::uint16_t port) {
  TestWorld calm;
  calm.start();
  const Micros usual = time_to_answer(calm.port());
  const Micros now = time_to_answer(port);
  EXPECT_LT(now, 5 * usual + milliseconds(50)) << "usually " << format_duration(usual);
}

// How many connections one process may hold at both ends, up to `wanted`. Says so when they are fewer.
std::size_t affordable(std::size_t wanted) {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t count = std::min<std::size_t>(wanted, (limit.rlim_cur - 200) / 2);
  testing::Test::RecordProperty("connections", std::to_string(count));
  if (count < wanted)
    std::cout << "[   NOTE   ] " << count << " connections of " << wanted
              << ": the hard limit of open files is " << limit.rlim_max << '\n';
  return count;
}

TEST(Hostile, SlowlorisConnectionsTimeOutAndOthersAreServed) {
  const std::size_t count = affordable(5000);
  TestWorld world;
  Limits limits;
  limits.request_deadline = seconds(3);
  world.start(limits);
  const std::size_t before = resident_bytes();
  std::vector<TestPeer> peers;
  peers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    peers.emplace_back(world.port());
    ASSERT_EQ(peers.back().error(), 0) << i;
    ASSERT_TRUE(peers.back().send("GET / HTTP/1.1\r\nHost: t\r\nX-Slow: "));
  }
  // One byte now and then keeps nobody alive: the deadline is for the whole request.
  for (TestPeer& peer : peers) peer.send("x");
  expect_served(world.port());
  EXPECT_LT(grown_since(before), count * 16'384);
  for (TestPeer& peer : peers) ASSERT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(world.count(JournalKind::timeout), count);
  expect_served(world.port());
}

TEST(Hostile, MoreConnectionsThanThereMayBeAreResetAndJournalledOnce) {
  affordable(1000);
  rlimit files = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit few = {164, files.rlim_max};
  TestWorld world;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  world.start();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  std::vector<TestPeer> peers;
  const auto serves_one_more = [&] {
    peers.emplace_back(world.port());
    return peers.back().send(get("/well")) &&
           peers.back().read_bytes(ok_response("/well").size()) == ok_response("/well");
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(serves_one_more()) << i;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(serves_one_more()) << i;
  const auto said = world.wait(JournalKind::note, "100 connections are open");
  EXPECT_EQ(said->text, "100 connections are open, the most there can be: more are reset");
  EXPECT_EQ(world.count(JournalKind::note), 1U);
  // One goes: there is room for another.
  const auto seen = world.journal.size();
  peers.front().close();
  world.wait(JournalKind::peer_closed, "", seen);
  EXPECT_TRUE(serves_one_more());
}

TEST(Hostile, EndlessHeadersAreCutOff) {
  TestWorld world;
  world.start();
  const std::size_t before = resident_bytes();
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      TestPeer peer(world.port());
      ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: t\r\n"));
      const std::string lines = [] {
        std::string all;
        for (int n = 0; n < 1000; ++n) all += "X-Endless-" + std::to_string(n) + ": and so on\r\n";
        return all;
      }();
      // 400 MB, were they taken.
      for (int n = 0; n < 2000 && peer.send(lines); ++n) {
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(world.wait(JournalKind::bad_request)->status, 431);
  expect_served(world.port());
  EXPECT_LT(grown_since(before), 32U << 20U);
}

TEST(Hostile, EndlessBodiesAreCutOff) {
  TestWorld world;
  Limits limits;
  limits.body_bytes = 1U << 20U;
  world.start(limits);
  const std::size_t before = resident_bytes();
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      TestPeer peer(world.port());
      ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"));
      const std::string chunk = "10000\r\n" + std::string(65536, 'b') + "\r\n";
      for (int n = 0; n < 4000 && peer.send(chunk); ++n) {
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(world.wait(JournalKind::bad_request)->status, 413);
  expect_served(world.port());
  EXPECT_LT(grown_since(before), 48U << 20U);
}

TEST(Hostile, GarbageIsRefusedAndJournalled) {
  TestWorld world;
  world.start();
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    std::string garbage;
    const std::size_t size = 1 + random.below(600);
    while (garbage.size() < size) garbage += static_cast<char>(random.below(256));
    garbage += "\r\n\r\n";
    TestPeer peer(world.port());
    ASSERT_TRUE(peer.send(garbage));
    peer.half_close();
    const std::string reply = peer.read_to_end();
    ASSERT_THAT(reply, AnyOf("", StartsWith("HTTP/1.1 400 "), StartsWith("HTTP/1.1 505 "))) << i;
  }
  EXPECT_EQ(world.count(JournalKind::request), 0U);
  EXPECT_EQ(world.count(JournalKind::bad_request) + world.count(JournalKind::peer_closed), 300U);
  expect_served(world.port());
}

TEST(Hostile, HalfRequestsAreJournalled) {
  TestWorld world;
  world.start();
  const std::string request = "POST /half HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\nbody";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    const auto seen = world.journal.size();
    TestPeer peer(world.port());
    ASSERT_TRUE(peer.send(std::string_view(request).substr(0, cut)));
    peer.close();
    ASSERT_EQ(world.wait(JournalKind::peer_closed, "", seen)->text, "peer closed in the middle of a request")
        << cut;
  }
  EXPECT_EQ(world.count(JournalKind::request), 0U);
}

TEST(Hostile, APeerThatNeverReadsCostsLittle) {
  TestWorld world;
  const auto endless = std::make_shared<const wire::Script>(
      script_of({write("HTTP/1.1 200 OK\r\n\r\n"), {wire::Repeat{0, {write(std::string(65536, 'e'))}}}}));
  world.answer = [&](const Incoming& in) -> Answer {
    if (in.request->target == "/well") return script_of({write(ok_response("/well"))});
    return endless;
  };
  Limits limits;
  limits.stall_deadline = milliseconds(500);
  world.start(limits);
  const std::size_t before = resident_bytes();
  std::vector<TestPeer> peers;
  for (int i = 0; i < 50; ++i) {
    peers.emplace_back(world.port(), 4096);
    ASSERT_TRUE(peers.back().send(get("/endless")));
  }
  expect_served(world.port());
  for (int i = 0; i < 50; ++i) world.wait(JournalKind::timeout, "no progress after 500ms");
  EXPECT_LT(grown_since(before), 16U << 20U);
  expect_served(world.port());
}

TEST(Hostile, AFloodOfRequestsWaitsForItsAnswers) {
  // Pipelined without end while the first answer is held: the rest waits in the client's kernel, not in ours.
  TestWorld world;
  world.answer = [](const Incoming& in) -> Answer {
    if (in.request->target == "/well") return script_of({write(ok_response("/well"))});
    return script_of({{wire::Hold{"gate"}}, write("HTTP/1.1 204 No Content\r\n\r\n")});
  };
  world.start();
  const std::size_t before = resident_bytes();
  TestPeer peer(world.port());
  const timeval soon = {0, 200'000};
  ::setsockopt(peer.fd(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += get("/flood");
  std::size_t sent = 0;
  while (sent < (256U << 20U) && peer.send(flood)) sent += flood.size();
  EXPECT_LT(sent, 64U << 20U);
  expect_served(world.port());
  EXPECT_LT(grown_since(before), 16U << 20U);
}

}  // namespace
}  // namespace assay::http
