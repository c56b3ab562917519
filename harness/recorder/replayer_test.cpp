#include "harness/recorder/replayer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "harness/http/client.h"
#include "harness/http/test_peer.h"

namespace assay {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

RecordedExchange recorded(const std::string& method, const std::string& target, const std::string& body) {
  RecordedExchange one;
  one.exchange.request.method = method;
  one.exchange.request.target = target;
  one.exchange.response = make_response(200, "text/plain", body);
  return one;
}

struct ReplayWorld {
  SystemClock clock;
  Journal journal{clock};
  std::unique_ptr<Replayer> replayer;
  std::unique_ptr<http::Server> server;

  explicit ReplayWorld(const std::vector<RecordedExchange>& exchanges, const ReplayOptions& options = {}) {
    auto made = Replayer::make(exchanges, options, journal);
    EXPECT_TRUE(made) << made.error().text();
    replayer = std::move(*made);
    auto started = http::Server::start({{"replay", "127.0.0.1", 0, {}, nullptr}}, *replayer, journal, clock);
    EXPECT_TRUE(started) << started.error().text();
    server = std::move(*started);
  }
  http::Url url() const {
    http::Url url;
    url.host = "127.0.0.1";
    url.port = server->port("replay");
    return url;
  }
  std::string ask(const std::string& target, const std::string& method = "GET",
                  const std::string& body = {}) const {
    Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    const http::Fetched got = http::fetch(url(), request);
    EXPECT_TRUE(got.outcome.ok()) << got.outcome.message;
    return std::to_string(got.outcome.head ? got.outcome.head->status : 0) + " " + got.body;
  }
};

TEST(Replayer, AnswersInTheOrderOfTheRecordingAndThenWithTheLast) {
  const ReplayWorld world(
      {recorded("POST", "/a", "first"), recorded("GET", "/a", "got"), recorded("POST", "/a", "second")});
  EXPECT_EQ(world.ask("/a", "POST"), "200 first");
  EXPECT_EQ(world.ask("/a"), "200 got");
  EXPECT_EQ(world.ask("/a", "POST"), "200 second");
  EXPECT_EQ(world.ask("/a", "POST"), "200 second");
}

TEST(Replayer, ByConversationTheOrderDoesNotMatter) {
  const auto saying = [](const std::string& words) {
    return R"({"model":"m","messages":[{"role":"user","content":")" + words + R"("}]})";
  };
  RecordedExchange one = recorded("POST", "/chat", "to one"), two = recorded("POST", "/chat", "to two");
  one.exchange.request.body = saying("one");
  two.exchange.request.body = saying("two");
  const RecordedExchange list = recorded("GET", "/models", "list");
  const ReplayWorld world({one, two, list}, {.by_conversation = true});
  EXPECT_EQ(world.ask("/chat", "POST", saying("two")), "200 to two");
  EXPECT_EQ(world.ask("/chat", "POST", saying("one")), "200 to one");
  EXPECT_EQ(world.ask("/chat", "POST",
                      R"({"messages":[{"content":[{"type":"text","text":"two"}],"role":"user"}]})"),
            "200 to two");
  EXPECT_EQ(world.ask("/models"), "200 list") << "without a conversation the route finds it";
  EXPECT_THAT(
      world.ask("/chat", "POST", saying("three")),
      testing::AllOf(StartsWith("404"), HasSubstr("same path; message 1 differs: "), HasSubstr("three")));
  EXPECT_THAT(world.ask("/other", "POST", saying("one")), StartsWith("404"));
}

TEST(Replayer, FallsBackToThePathAndThenToBodiesWithoutRequest) {
  RecordedExchange alone = recorded("", "", "alone");
  alone.request_known = false;
  const ReplayWorld world(
      {recorded("GET", "/a?key=redacted-1", "by path"), recorded("GET", "/a?page=2", "two"), alone});
  EXPECT_EQ(world.ask("/a?page=2"), "200 two");
  EXPECT_EQ(world.ask("/a?key=real"), "200 by path");
  EXPECT_EQ(world.ask("/b"), "200 alone");
}

TEST(Replayer, JournalsWhatIsNotInTheRecording) {
  const ReplayWorld world({recorded("GET", "/a", "x")});
  EXPECT_THAT(world.ask("/b?q=1"),
              StartsWith("404 {\"error\":{\"message\":\"not in the recording: GET /b\""));
  const auto found =
      world.journal.wait([](const JournalEntry& e) { return e.kind == JournalKind::unclaimed; },
                         std::chrono::seconds(5), "unclaimed");
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ((*found)->text, "GET /b?q=1");
}

TEST(Replayer, KeepsTheBytesWhenTheClientClosesTheConnection) {
  const ReplayWorld world({recorded("GET", "/a", "x"), recorded("HEAD", "/a", "x")});
  for (const std::string method : {"GET", "HEAD"}) {
    http::TestPeer peer(world.server->port("replay"));
    ASSERT_TRUE(peer.send(method + " /a HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
    EXPECT_EQ(peer.read_to_end(),
              std::string("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\n") +
                  (method == "GET" ? "x" : ""));
  }
}

TEST(Replayer, RefusesPayloadsWhoseFramingIsGone) {
  RecordedExchange one = recorded("GET", "/", "x");
  one.fidelity = Fidelity::payloads;
  const SystemClock clock;
  Journal journal(clock);
  const auto made = Replayer::make({recorded("GET", "/", "x"), one}, {}, journal);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("exchange 2 holds payloads only"));
}

TEST(Replayer, RefusesAHeaderThatWouldBeTwo) {
  const SystemClock clock;
  Journal journal(clock);
  for (const Header& header : {Header{"X-A\r\nEvil", "v"}, Header{"X-A", "v\nEvil: w"}}) {
    RecordedExchange one = recorded("GET", "/", "x");
    one.exchange.response.headers.push_back(header);
    const auto made = Replayer::make({one}, {}, journal);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr("exchange 1: the header X-A"));
    EXPECT_THAT(made.error().message, HasSubstr("holds a line end or NUL"));
  }
}

// When each chunk came, against when it was due.
struct Timing {
  std::vector<Micros> late;  // ascending
  Micros whole{0};
};
Timing replay_timed(const Response& response, double speed) {
  RecordedExchange one;
  one.exchange.response = response;
  const ReplayWorld world({one}, {speed, false});
  http::Client client;
  http::ResponseEvents events;
  Timing timing;
  std::size_t n = 0;
  events.on_body = [&](const http::BodyPiece& piece) {
    if (!piece.starts_chunk) return true;
    const auto due =
        speed == 0
            ? Micros(0)
            : Micros(static_cast<std::int64_t>(static_cast<double>(response.body.at(n).at.count()) / speed));
    timing.late.push_back(piece.at - due);
    ++n;
    return true;
  };
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.exchange(world.url(), one.exchange.request, events).ok());
  timing.whole = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - start);
  EXPECT_EQ(n, response.body.size());
  std::sort(timing.late.begin(), timing.late.end());
  return timing;
}

TEST(Replayer, KeepsRecordedTimesScaledOrNot) {
  Response response = make_response(200, "text/event-stream", "");
  response.framing = BodyFraming::chunked;
  response.head_delay = milliseconds(50);
  response.body.clear();
  for (int i = 0; i < 40; ++i) response.body.push_back({"data: x\n\n", milliseconds(10 * i)});
  for (const double speed : {1.0, 10.0}) {
    const Timing timing = replay_timed(response, speed);
    std::cout << "speed " << speed << ": late by " << timing.late[20].count() << " us in the median, "
              << timing.late.back().count() << " us at most\n";
    // The client counts from when it read the head, which may have come late: then chunks seem early.
    EXPECT_GE(timing.whole, Micros(static_cast<std::int64_t>(440'000 / speed)));
    EXPECT_LT(timing.late[20], milliseconds(20));
  }
  EXPECT_LT(replay_timed(response, 10).whole, milliseconds(440));
  EXPECT_LT(replay_timed(response, 0).whole, milliseconds(50)) << "not even the head waits";
}

}  // namespace
}  // namespace assay
