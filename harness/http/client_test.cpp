// The client against our own server: every way a response can end has its own name.
#include "harness/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "harness/base/text.h"
#include "harness/http/certificates.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Url url_of(const TestWorld& world, const std::string& target = "/") {
  Url url;
  url.host = "127.0.0.1";
  url.port = world.port();
  url.target = target;
  return url;
}

Request simple_request() {
  Request request;
  request.target.clear();
  return request;
}

struct Seen {
  Outcome outcome;
  std::vector<std::string> chunks;
};

Seen ask(Client& client, const Url& url, const Request& request = simple_request(),
         CancelToken* cancel = nullptr) {
  Seen seen;
  ResponseEvents events;
  events.on_body = [&](const BodyPiece& piece) {
    if (piece.starts_chunk) seen.chunks.emplace_back();
    seen.chunks.back() += piece.bytes;
    return true;
  };
  seen.outcome = client.exchange(url, request, events, cancel);
  return seen;
}

struct Ending {
  std::string name;
  wire::Steps steps;
  End end;
  std::string message;
};
void PrintTo(const Ending& e, std::ostream* out) {
  *out << e.name;
}

class Endings : public testing::TestWithParam<Ending> {};

TEST_P(Endings, AreToldApart) {
  TestWorld world;
  world.answer = [](const Incoming&) { return script_of(GetParam().steps, false); };
  world.start();
  ClientOptions options;
  options.stall_deadline = milliseconds(60);
  Client client(options);
  const Seen seen = ask(client, url_of(world));
  EXPECT_EQ(to_string(seen.outcome.end), to_string(GetParam().end)) << seen.outcome.message;
  EXPECT_THAT(seen.outcome.message, HasSubstr(GetParam().message));
}

const std::string kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kLengthHead = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Each, Endings,
    testing::Values(
        Ending{"Length", {write(kLengthHead + "0123456789")}, End::complete, ""},
        Ending{"Chunked", {write(kChunkedHead + "2;a=b\r\nhi\r\n0\r\n\r\n")}, End::complete, ""},
        Ending{"CloseDelimited", {write("HTTP/1.1 200 OK\r\n\r\nall of it")}, End::complete, ""},
        Ending{"NoContent", {write("HTTP/1.1 204 No Content\r\n\r\n")}, End::complete, ""},
        Ending{"Nothing", {}, End::no_response, "without a response"},
        Ending{
            "OnlyInterim", {write("HTTP/1.1 103 Early Hints\r\n\r\n")}, End::no_response, "after an interim"},
        Ending{"HalfHead", {write("HTTP/1.1 200 OK\r\nConte")}, End::truncated_head, "inside its head"},
        Ending{"ShortLength", {write(kLengthHead + "0123")}, End::truncated_length, "after 4 bytes"},
        Ending{"NoLastChunk", {write(kChunkedHead + "2\r\nhi\r\n")}, End::truncated_chunked, "last chunk"},
        Ending{"Reset", {write(kChunkedHead + "2\r\nhi\r\n"), {wire::Reset{}}}, End::reset, "reset"},
        Ending{"Stall",
               {write(kChunkedHead + "2\r\nhi\r\n"), {wire::Stall{}}},
               End::stalled,
               "nothing came for 60ms"},
        Ending{"StallBeforeHead", {{wire::Stall{}}}, End::stalled, "nothing came"},
        Ending{"BadChunk", {write(kChunkedHead + "zz\r\nhi\r\n")}, End::malformed, "bad chunk"},
        Ending{"NotHttp", {write("SSH-2.0-x\r\n\r\n")}, End::malformed, "bad version"},
        Ending{"HugeHead",
               {write("HTTP/1.1 200 OK\r\nX: " + std::string(300000, 'x'))},
               End::malformed,
               "limit"}),
    [](const auto& info) { return info.param.name; });

TEST(Client, ReportsChunkBordersTrailersAndInterimResponses) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + kChunkedHead + "3\r\na"),
                      {wire::Cut{}},
                      write("bc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")});
  };
  world.start();
  Client client;
  const Seen seen = ask(client, url_of(world));
  EXPECT_TRUE(seen.outcome.ok()) << seen.outcome.message;
  EXPECT_THAT(seen.chunks, testing::ElementsAre("abc", "de"));
  ASSERT_EQ(seen.outcome.interim.size(), 1U);
  EXPECT_EQ(seen.outcome.interim[0].status, 103);
  EXPECT_EQ(seen.outcome.head->status, 200);
  EXPECT_EQ(seen.outcome.trailers, (Headers{{"X-Sum", "5"}}));
  EXPECT_EQ(seen.outcome.body_bytes, 5U);
}

TEST(Client, ReusesAConnectionAndNoticesThatItWasClosed) {
  TestWorld world;
  int count = 0;
  world.answer = [&](const Incoming&) { return script_of({write(ok_response("x"))}, ++count != 2); };
  world.start();
  Client client;
  EXPECT_FALSE(ask(client, url_of(world)).outcome.reused);
  EXPECT_TRUE(ask(client, url_of(world)).outcome.reused);
  world.wait(JournalKind::closed);
  const Seen third = ask(client, url_of(world));
  EXPECT_TRUE(third.outcome.ok());
  EXPECT_FALSE(third.outcome.reused);
}

TEST(Client, SendsWhatItIsGiven) {
  TestWorld world;
  world.start();
  Client client;
  Request request;
  request.method = "POST";
  request.target = "/p?q=1";
  request.headers = {{"X-One", "1"}, {"x-two", "2"}};
  request.body = std::string(3'000'000, 'b');
  const Seen seen = ask(client, url_of(world), request);
  EXPECT_TRUE(seen.outcome.ok()) << seen.outcome.message;
  EXPECT_EQ(seen.outcome.body_bytes, request.body.size());
  const auto entry = world.wait(JournalKind::request);
  EXPECT_EQ(entry->request->target, "/p?q=1");
  const Headers expected = {{"Host", "127.0.0.1:" + std::to_string(world.port())},
                            {"X-One", "1"},
                            {"x-two", "2"},
                            {"Content-Length", "3000000"}};
  EXPECT_EQ(entry->request->headers, expected);
}

TEST(Client, AnswersToHeadHaveNoBody) {
  TestWorld world;
  world.answer = [](const Incoming&) { return script_of({write(kLengthHead)}); };
  world.start();
  Client client;
  Request request = simple_request();
  request.method = "HEAD";
  EXPECT_TRUE(ask(client, url_of(world), request).outcome.ok());
  EXPECT_TRUE(ask(client, url_of(world), request).outcome.reused);
}

TEST(Client, IsCancelledFromAnotherThread) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write(kChunkedHead + "2\r\nhi\r\n"), {wire::Stall{}}});
  };
  world.start();
  Client client;
  CancelToken token;
  std::thread canceller([&] {
    world.wait(JournalKind::response);
    token.cancel();
  });
  const Seen seen = ask(client, url_of(world), simple_request(), &token);
  canceller.join();
  EXPECT_EQ(seen.outcome.end, End::cancelled);
  world.wait(JournalKind::peer_closed);  // FIN, or RST when bytes were left unread
}

TEST(Client, StopsWhenACallbackSaysSo) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write(kChunkedHead + "2\r\nhi\r\n2\r\nho\r\n"), {wire::Stall{}}});
  };
  world.start();
  Client client;
  ResponseEvents events;
  int pieces = 0;
  events.on_body = [&](const BodyPiece&) { return ++pieces < 1; };
  EXPECT_EQ(client.exchange(url_of(world), simple_request(), events).end, End::cancelled);
  EXPECT_EQ(pieces, 1);
}

TEST(Client, HasADeadlineForTheHeadAlone) {
  TestWorld world;
  world.answer = [](const Incoming&) { return script_of({wire::Step{wire::Stall{}}}, false); };
  world.start();
  ClientOptions options;
  options.head_deadline = milliseconds(60);
  Client client(options);
  const Seen seen = ask(client, url_of(world));
  EXPECT_EQ(seen.outcome.end, End::stalled);
  EXPECT_THAT(seen.outcome.message, HasSubstr("no response within 60ms"));
}

TEST(Client, HasATotalDeadline) {
  TestWorld world;
  world.answer = [](const Incoming&) {
    return script_of(
        {write(kChunkedHead), {wire::Repeat{0, {write("1\r\nx\r\n"), {wire::Wait{milliseconds(5)}}}}}});
  };
  world.start();
  ClientOptions options;
  options.total_deadline = milliseconds(60);
  Client client(options);
  const Seen seen = ask(client, url_of(world));
  EXPECT_EQ(seen.outcome.end, End::deadline);
  EXPECT_GT(seen.chunks.size(), 1U);
}

TEST(Client, SaysThatAConnectionWasRefused) {
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, {wire::ListenerMode::Kind::refuse, Micros(0), ""}, nullptr}});
  Client client;
  const Seen seen = ask(client, url_of(world));
  EXPECT_EQ(seen.outcome.end, End::refused);
  EXPECT_THAT(seen.outcome.message, HasSubstr("cannot connect to http://127.0.0.1:"));
}

TEST(Client, ReadsUrls) {
  const auto full = parse_url("https://example.test:8443/a/b?c=d#frag");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->host, "example.test");
  EXPECT_EQ(full->port, 8443);
  EXPECT_EQ(full->target, "/a/b?c=d");
  EXPECT_EQ(full->origin(), "https://example.test:8443");
  const auto v6 = parse_url("http://[::1]:80?x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->target, "/?x");
  EXPECT_EQ(v6->origin(), "http://[::1]");
  for (const char* bad : {"", "example.test", "ftp://x/", "http://", "http://u@h/", "http://h:0/",
                          "http://h:99999/", "http://h:1x/", "http://[::1/", "http://h/a b"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace assay::http
