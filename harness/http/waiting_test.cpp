// What a barrier costs: each connection that waits is looked at once, however many others there are.
#include "harness/http/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Waiting, LettingOneGoLooksAtNobodyElse) {
  Waiting waiting;
  constexpr std::uint64_t kCount = 5000;
  for (std::uint64_t id = 1; id <= kCount; ++id) waiting.add("gate-" + std::to_string(id), id);
  std::uint64_t looked_at = 0;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    const auto released = waiting.take("gate-" + std::to_string(id));
    looked_at += released.size();
    ASSERT_THAT(released, ElementsAre(id));
  }
  EXPECT_EQ(looked_at, kCount);
  EXPECT_TRUE(waiting.empty());
}

TEST(Waiting, GivesThoseOfOneBarrierInTheOrderOfTheirConnections) {
  Waiting waiting;
  for (const std::uint64_t id : {7, 3, 5, 3}) waiting.add("gate", id);
  waiting.add("other", 4);
  waiting.remove("gate", 5);
  waiting.remove("nowhere", 5);
  EXPECT_THAT(waiting.take("gate"), ElementsAre(3, 7));
  EXPECT_THAT(waiting.take("gate"), IsEmpty());
  EXPECT_FALSE(waiting.empty());
  waiting.remove("other", 4);
  EXPECT_TRUE(waiting.empty());
}

TEST(Waiting, ConnectionsAtTheirOwnBarriersAreAnsweredOneByOne) {
  TestWorld world;
  world.answer = [](const Incoming& in) -> Answer {
    return script_of({{wire::Hold{in.request->target}}, write("HTTP/1.1 204 No Content\r\n\r\n")});
  };
  world.start();
  std::vector<TestPeer> peers;
  for (int i = 0; i < 40; ++i) {
    peers.emplace_back(world.port());
    ASSERT_TRUE(peers.back().send(get("/" + std::to_string(i))));
    ASSERT_TRUE(world.wait(JournalKind::hold, "/" + std::to_string(i)));
  }
  for (int i = 39; i >= 0; --i) {
    world.server->release("/" + std::to_string(i));
    ASSERT_THAT(peers[static_cast<std::size_t>(i)].read_bytes(27), testing::StartsWith("HTTP/1.1 204 "));
    ASSERT_EQ(world.count(JournalKind::release), static_cast<std::size_t>(40 - i));
  }
}

}  // namespace
}  // namespace assay::http
