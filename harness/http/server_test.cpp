// Requests, one connection, limits: what the server does with what clients send.
#include "harness/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Server, AnswersAndKeepsTheConnection) {
  TestWorld world;
  world.start();
  TestPeer peer(world.port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(peer.send(get("/n" + std::to_string(i))));
    const std::string expected = ok_response("/n" + std::to_string(i));
    EXPECT_EQ(peer.read_bytes(expected.size()), expected);
  }
  EXPECT_EQ(world.count(JournalKind::connect), 1U);
  const auto done = world.wait(JournalKind::done);
  EXPECT_EQ(done->bytes, ok_response("/n0").size());
  EXPECT_EQ(world.wait(JournalKind::response)->status, 200);
}

TEST(Server, KeepsHeaderOrderCaseAndDuplicates) {
  TestWorld world;
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(
      "POST /x?a=1 HTTP/1.1\r\nhOsT: t\r\nX-A: 1\r\nx-b: 2\r\nX-A: 3\r\nContent-Length: 4\r\n\r\nbody"));
  EXPECT_THAT(peer.read_until("body"), StartsWith("HTTP/1.1 200 OK"));
  const auto entry = world.wait(JournalKind::request);
  const Headers expected = {{"hOsT", "t"}, {"X-A", "1"}, {"x-b", "2"}, {"X-A", "3"}, {"Content-Length", "4"}};
  EXPECT_EQ(entry->request->headers, expected);
  EXPECT_EQ(entry->request->target, "/x?a=1");
  EXPECT_EQ(entry->request->body, "body");
  EXPECT_EQ(entry->text, "POST /x?a=1");
}

TEST(Server, ReadsRequestsHoweverTheyAreCut) {
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nT: "
      "v\r\n\r\n";
  TestWorld world;
  world.start();
  TestPeer whole(world.port());
  ASSERT_TRUE(whole.send(chunked));
  const std::string expected = ok_response("abcde");
  EXPECT_EQ(whole.read_bytes(expected.size()), expected);
  TestPeer bytewise(world.port());
  set_nodelay(bytewise.fd());
  for (const char c : chunked) ASSERT_TRUE(bytewise.send({&c, 1}));
  EXPECT_EQ(bytewise.read_bytes(expected.size()), expected);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestWorld world;
  world.start();
  TestPeer peer(world.port());
  std::string all;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    all += get("/p" + std::to_string(i));
    expected += ok_response("/p" + std::to_string(i));
  }
  ASSERT_TRUE(peer.send(all));
  EXPECT_EQ(peer.read_bytes(expected.size()), expected);
}

TEST(Server, PipelinedRequestWaitsForAPacedAnswer) {
  TestWorld world;
  world.answer = [](const Incoming& in) {
    return script_of({{wire::Wait{milliseconds(20)}}, write(ok_response(in.request->target))});
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get("/a") + get("/b")));
  const std::string expected = ok_response("/a") + ok_response("/b");
  EXPECT_EQ(peer.read_bytes(expected.size()), expected);
}

TEST(Server, ClosesWhenTheRequestAsksForIt) {
  TestWorld world;
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(peer.read_to_end(), ok_response("/"));
  EXPECT_EQ(peer.error(), 0);
  TestPeer old(world.port());
  ASSERT_TRUE(old.send("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(old.read_to_end(), ok_response("/"));
  EXPECT_EQ(old.error(), 0);
}

TEST(Server, SendsContinueBeforeTheBody) {
  TestWorld world;
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(peer.send("ok"));
  EXPECT_EQ(peer.read_bytes(ok_response("ok").size()), ok_response("ok"));
}

TEST(Server, AnswersBeforeTheBodyAndGoesOn) {
  TestWorld world;
  world.head = [](const Incoming& in) -> std::optional<Answer> {
    if (in.request->method == "GET") return std::nullopt;
    return script_of({write(ok_response("early"))});
  };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 200000\r\n\r\n"));
  EXPECT_EQ(peer.read_bytes(ok_response("early").size()), ok_response("early"));
  // The connection is still in step: the late body is read and dropped, then the next request is answered.
  ASSERT_TRUE(peer.send(std::string(200000, 'x') + get("/next")));
  EXPECT_EQ(peer.read_bytes(ok_response("/next").size()), ok_response("/next"));
}

TEST(Server, EarlyAnswerWithoutContinueClosesTheConnection) {
  TestWorld world;
  world.head = [](const Incoming&) -> std::optional<Answer> { return script_of({write(ok_response("no"))}); };
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(peer.read_to_end(), ok_response("no"));
  EXPECT_EQ(peer.error(), 0);
}

struct Bad {
  std::string name;
  std::string bytes;
  int status;
};
void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.name;
}

class BadRequests : public testing::TestWithParam<Bad> {};

TEST_P(BadRequests, AreRefusedAndJournalled) {
  TestWorld world;
  Limits limits;
  limits.head_bytes = 4096;
  limits.body_bytes = 1000;
  world.start(limits);
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(GetParam().bytes));
  EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 " + std::to_string(GetParam().status)));
  const auto entry = world.wait(JournalKind::bad_request);
  EXPECT_EQ(entry->status, GetParam().status);
  EXPECT_FALSE(entry->text.empty());
  EXPECT_EQ(world.count(JournalKind::request), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadRequests,
    testing::Values(
        Bad{"Garbage", "\x16\x03\x01 nonsense\r\n\r\n", 400}, Bad{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Bad{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Bad{"BadVersion", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
        Bad{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Bad{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        Bad{"TwoLengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            400},
        Bad{"LengthAndChunked",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400},
        Bad{"NotChunkedLast", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
        Bad{"BadChunkSize", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        Bad{"EndlessChunkSize",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(10000, '0'),
            400},
        Bad{"BodyTooLarge", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413},
        Bad{"ChunkedBodyTooLarge",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                std::string(1001, 'x'),
            413},
        Bad{"HeadTooLarge", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", 431},
        Bad{"ManyHeaders",
            "GET / HTTP/1.1\r\nHost: a\r\n" +
                [] {
                  std::string lines;
                  for (int i = 0; i < 1000; ++i) lines += "X" + std::to_string(i) + ": y\r\n";
                  return lines;
                }(),
            431},
        Bad{"EndlessTarget", "GET /" + std::string(9000, 'x'), 431}),
    [](const auto& info) { return info.param.name; });

TEST(Server, LimitsTheTimeOfARequest) {
  TestWorld world;
  Limits limits;
  limits.request_deadline = milliseconds(50);
  world.start(limits);
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send("GET / HT"));
  EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(world.wait(JournalKind::timeout)->text, HasSubstr("not complete after 50ms"));
}

TEST(Server, LimitsIdleConnections) {
  TestWorld world;
  Limits limits;
  limits.idle_deadline = milliseconds(50);
  world.start(limits);
  TestPeer peer(world.port());
  EXPECT_EQ(peer.read_to_end(), "");
  EXPECT_EQ(peer.error(), 0);
  EXPECT_THAT(world.wait(JournalKind::timeout)->text, HasSubstr("no request after 50ms"));
}

TEST(Server, SaysWhenAPeerLeaves) {
  TestWorld world;
  world.start();
  {
    TestPeer peer(world.port());
    peer.close();
    world.wait(JournalKind::peer_closed, "between requests");
  }
  {
    TestPeer peer(world.port());
    ASSERT_TRUE(peer.send("GET / HT"));
    peer.close();
    world.wait(JournalKind::peer_closed, "in the middle of a request");
  }
  {
    TestPeer peer(world.port());
    peer.reset();
    world.wait(JournalKind::peer_closed, "peer reset");
  }
}

TEST(Server, ListensOnIpv6) {
  TestWorld world;
  world.start({{"fake", "::1", 0, {}, nullptr}});
  TestPeer peer(world.port(), 0, true);
  ASSERT_TRUE(peer.send(get("/six")));
  EXPECT_EQ(peer.read_bytes(ok_response("/six").size()), ok_response("/six"));
  EXPECT_THAT(world.wait(JournalKind::connect)->text, StartsWith("[::1]:"));
}

TEST(Server, SaysThatAPortIsBusy) {
  TestWorld first;
  first.start();
  TestWorld second;
  const auto started =
      Server::start({{"fake", "127.0.0.1", first.port(), {}, nullptr}}, second, second.journal, second.clock);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message,
            "cannot listen on 127.0.0.1:" + std::to_string(first.port()) + ": Address already in use");
  const auto nowhere =
      Server::start({{"fake", "localhost", 0, {}, nullptr}}, second, second.journal, second.clock);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message, "cannot listen on \"localhost\": not a literal address");
}

TEST(Server, ShardsConnectionsOverThreads) {
  TestWorld world;
  world.start({}, 3);
  std::vector<std::unique_ptr<TestPeer>> peers;
  for (int i = 0; i < 9; ++i) peers.push_back(std::make_unique<TestPeer>(world.port()));
  for (auto& peer : peers) ASSERT_TRUE(peer->send(get("/t")));
  for (auto& peer : peers) EXPECT_EQ(peer->read_bytes(ok_response("/t").size()), ok_response("/t"));
}

TEST(Server, PostsInOrderAndAfterADelay) {
  TestWorld world;
  world.start();
  world.server->post([&] { world.journal.note("test", JournalKind::note, "second"); }, milliseconds(20));
  world.server->post([&] { world.journal.note("test", JournalKind::note, "first"); });
  const auto second = world.wait(JournalKind::note, "second");
  const auto first = world.wait(JournalKind::note, "first");
  EXPECT_LT(first->seq, second->seq);
  EXPECT_GE(second->at - first->at, milliseconds(15));
}

}  // namespace
}  // namespace assay::http
