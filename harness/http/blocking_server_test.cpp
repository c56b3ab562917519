// The blocking server against an independent client: keep-alive, several at once, refusals, an end in time.
#include "harness/http/blocking_server.h"

#include <gmock/gmock.h>
#include <httplib.h>

#include <latch>
#include <thread>

#include "harness/http/test_peer.h"

namespace assay::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(BlockingServer, AnswersAnIndependentClient) {
  auto server = BlockingServer::start(0, [](const Request& request, const Peer&) {
    return make_response(request.method == "POST" ? 201 : 200, "text/plain",
                         request.method + " " + request.target + " " + request.body);
  });
  ASSERT_TRUE(server) << server.error().text();
  httplib::Client client("127.0.0.1", (*server)->port());
  client.set_keep_alive(true);
  for (int i = 0; i < 3; ++i) {
    const auto got = client.Get("/a?b=c");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->body, "GET /a?b=c ");
    const auto made = client.Post("/w", std::string(100'000, 'x'), "text/plain");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->status, 201);
    EXPECT_EQ(made->body.size(), 8U + 100'000U);
  }
  const auto head = client.Head("/a");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(client.Delete("/a")->status, 200);
}

TEST(BlockingServer, OneThatWaitsDoesNotHoldUpTheOthers) {
  std::latch second(1);
  auto server = BlockingServer::start(0, [&](const Request& request, const Peer&) {
    if (request.target == "/first") second.wait();
    if (request.target == "/second") second.count_down();
    return make_response(200, "text/plain", request.target);
  });
  ASSERT_TRUE(server) << server.error().text();
  std::string first;
  std::thread waiting([&] { first = httplib::Client("127.0.0.1", (*server)->port()).Get("/first")->body; });
  EXPECT_EQ(httplib::Client("127.0.0.1", (*server)->port()).Get("/second")->body, "/second");
  waiting.join();
  EXPECT_EQ(first, "/first");
}

TEST(BlockingServer, RefusesWhatIsNotHttpOtherNamesAndTooMany) {
  auto server = BlockingServer::start(
      0, [](const Request&, const Peer&) { return make_response(200, "text/plain", "ok"); }, 1);
  ASSERT_TRUE(server) << server.error().text();
  const auto ask = [&](const std::string& bytes) {
    TestPeer peer((*server)->port());
    EXPECT_TRUE(peer.send(bytes));
    return peer.read_to_end();
  };
  EXPECT_THAT(ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), HasSubstr(" 400 "));  // no Host
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), HasSubstr(" 403 "));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\nConnection: close\r\n\r\n"),
              HasSubstr(" 403 "));
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:80", "[::1]", "[::1]:80"})
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\nConnection: close\r\n\r\n"),
                HasSubstr(" 200 "))
        << host;
  TestPeer idle((*server)->port());
  ASSERT_TRUE(idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(idle.read_some(), HasSubstr(" 200 "));  // and it stays connected
  TestPeer another((*server)->port());
  EXPECT_THAT(another.read_to_end(), HasSubstr(" 503 "));
  server->reset();  // ends at once, although a connection is open
  EXPECT_EQ(idle.read_to_end(), "");
}

TEST(BlockingServer, ABusyPortIsAnErrorThatNamesIt) {
  auto first = BlockingServer::start(0, [](const Request&, const Peer&) { return Response(); });
  ASSERT_TRUE(first);
  const auto second =
      BlockingServer::start((*first)->port(), [](const Request&, const Peer&) { return Response(); });
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string((*first)->port())));
}

}  // namespace
}  // namespace assay::http
