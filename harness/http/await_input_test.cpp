// The keep-alive race without luck: a connection ends just as the next request comes.
#include <gtest/gtest.h>

#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

TEST(AwaitInput, TheNextRequestMeetsAReset) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write(ok_response("first")), {wire::AwaitInput{}}, {wire::Reset{}}});
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_TRUE(peer.read_until("first").ends_with("first"));
  ASSERT_TRUE(peer.send(get("/second")));
  EXPECT_EQ(peer.read_some(), "");
  EXPECT_EQ(peer.error(), ECONNRESET);
  world.wait(JournalKind::closed, "reset");
  EXPECT_EQ(world.count(JournalKind::request), 1U);
}

TEST(AwaitInput, ARequestThatCameAlreadyCounts) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write(ok_response("first")), {wire::AwaitInput{}}, write("late"), {wire::Close{}}});
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get() + get("/second")));
  EXPECT_TRUE(peer.read_until("late").ends_with("firstlate"));
}

TEST(AwaitInput, APeerThatGoesAwayEndsIt) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write(ok_response("first")), {wire::AwaitInput{}}, {wire::Reset{}}});
  };
  world.start();
  {
    TestPeer peer(world.port());
    ASSERT_TRUE(peer.send(get()));
    EXPECT_TRUE(peer.read_until("first").ends_with("first"));
  }
  world.wait(JournalKind::peer_closed);
}

}  // namespace
}  // namespace assay::http
