// What is recorded of the bytes of one connection, told without a socket.
#include "harness/recorder/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "harness/http/test_world.h"
#include "harness/recorder/test_wire.h"

namespace assay {
namespace {

using http::get;
using http::ok_response;
using std::chrono::microseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct TestShelf final : Shelf {
  std::size_t reserved = 0;
  std::map<std::size_t, RecordedExchange> kept;
  std::vector<std::string> left_out;
  std::size_t reserve() override { return reserved++; }
  void keep(std::size_t place, RecordedExchange exchange, std::size_t bytes) override {
    held -= bytes;
    EXPECT_TRUE(kept.emplace(place, std::move(exchange)).second);
  }
  void add_lost(std::size_t place, const std::string& phrase) override {
    kept.at(place).lost.push_back(phrase);
  }
  void leave_out(const std::string& what) override { left_out.push_back(what); }
  bool hold(std::size_t bytes) override {
    if (held + bytes > most) return false;
    held += bytes;
    return true;
  }
  void let_go(std::size_t bytes) override { held -= bytes; }
  std::size_t most = std::size_t{64} << 20U;
  std::size_t held = 0;
};

// A connection whose watch sees all bytes at the times it is told.
struct Watched {
  TestShelf shelf;
  Watch watch{"http://up", shelf};
  Watch::Instant now{};

  // In pieces of `step` bytes.
  Watched& request(std::string_view bytes, std::size_t step = 1U << 20U) {
    for (std::size_t at = 0; at < bytes.size(); at += step) watch.on_request(bytes.substr(at, step), now);
    return *this;
  }
  Watched& response(std::string_view bytes, std::size_t step = 1U << 20U) {
    for (std::size_t at = 0; at < bytes.size(); at += step) watch.on_response(bytes.substr(at, step), now);
    return *this;
  }
  Watched& end() {
    watch.on_request_end("the client stopped sending");
    watch.on_response_end("the upstream closed the connection before its end");
    watch.stop("the recorder was stopped");
    return *this;
  }
};

// What is lost of one exchange in which the client sends `request` and the upstream `response`.
std::vector<std::string> lost_of(const std::string& request, const std::string& response) {
  Watched one;
  one.request(request).response(response).end();
  EXPECT_THAT(one.shelf.kept, SizeIs(1));
  return one.shelf.kept.empty() ? std::vector<std::string>{"all"} : one.shelf.kept.begin()->second.lost;
}

const std::string kPost = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kChunkedOk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kOk = ok_response("ok");

TEST(Watch, LosesNothingOfWhatAFixtureHolds) {
  EXPECT_THAT(lost_of(get(), kOk), IsEmpty());
  EXPECT_THAT(
      lost_of(kPost + "1f\r\n" + std::string(31, 'x') + "\r\n0\r\n\r\n",
              kChunkedOk + "1f\r\n" + std::string(31, 'y') + "\r\n1\r\nz\r\n0\r\nT: v\r\nU: \r\n\r\n"),
      IsEmpty());
  EXPECT_THAT(lost_of(get(), "HTTP/1.0 404 \r\n\r\ngone"), IsEmpty());
  EXPECT_THAT(lost_of("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
              IsEmpty());
}

// Bodies without end once filled the memory of the machine.
TEST(Watch, KeepsNoMoreOfABodyThanIsGranted) {
  const std::string large(std::size_t{17} << 20U, 'x');
  const auto sized = [](const std::string& start, const std::string& body) {
    return start + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  Watched one;
  one.request(sized("POST /1 HTTP/1.1\r\nHost: t\r\n", large) + get("/2"), 1U << 16U);
  one.response(sized("HTTP/1.1 200 OK\r\n", large) + kOk, 1U << 16U);
  ASSERT_THAT(one.shelf.kept, SizeIs(2)) << "what follows a large body is understood";
  const RecordedExchange& first = one.shelf.kept.begin()->second;
  EXPECT_LE(first.exchange.request.body.size(), std::size_t{16} << 20U);
  EXPECT_LE(body_bytes(first.exchange.response).size(), std::size_t{16} << 20U);
  EXPECT_THAT(first.lost, ElementsAre(HasSubstr("the rest of the request: a body is kept up to 16 MiB"),
                                      HasSubstr("the rest of the response: a body is kept up to 16 MiB")));
  EXPECT_EQ(one.shelf.held, 0U) << "what is written is free again";

  Watched poor;
  poor.shelf.most = 3;
  poor.request(get()).response(sized("HTTP/1.1 200 OK\r\n", "four")).end();
  EXPECT_THAT(poor.shelf.kept.begin()->second.lost, ElementsAre(HasSubstr("the rest of the response")));
  EXPECT_EQ(poor.shelf.held, 0U);
}

TEST(Watch, SaysWhatOfARequestAFixtureCannotHold) {
  EXPECT_THAT(lost_of(kPost + "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", kOk),
              ElementsAre("the trailers of the request"));
  EXPECT_THAT(lost_of(kPost + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n", kOk),
              ElementsAre("the borders of the chunks of the request"));
  EXPECT_THAT(lost_of(kPost + "1;x=y\r\na\r\n0\r\n\r\n", kOk),
              ElementsAre("the chunk extensions of the request"));
  EXPECT_THAT(lost_of(kPost + "01\r\na\r\n0\r\n\r\n", kOk),
              ElementsAre("how the chunk sizes of the request were spelled"));
  for (const std::string head :
       {"GET / HTTP/1.1\r\nHost:t\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t \r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nA: b\r\n c\r\n\r\n"})
    EXPECT_THAT(lost_of(head, kOk), ElementsAre("how the request's head was spelled (spaces, line folds)"));
  for (const std::string more : {"junk\r\n", "\r\n", "GET / HT"})
    EXPECT_THAT(lost_of(get() + more, kOk),
                ElementsAre(HasSubstr("what the client sent after the request, which is no other one")));
}

TEST(Watch, SaysWhatOfAResponseAFixtureCannotHold) {
  EXPECT_THAT(lost_of(get(), kChunkedOk + "1\r\na\r\n0;last\r\n\r\n"),
              ElementsAre("the chunk extensions of the response"));
  for (const std::string body :
       {"A\r\n0123456789\r\n0\r\n\r\n", "0a\r\n0123456789\r\n0\r\n\r\n", "a\r\n0123456789\r\n00\r\n\r\n"})
    EXPECT_THAT(lost_of(get(), kChunkedOk + body),
                ElementsAre("how the chunk sizes of the response were spelled"));
  EXPECT_THAT(lost_of(get(), kChunkedOk + "0\r\nT:v\r\n\r\n"),
              ElementsAre(HasSubstr("how the trailers of the response were spelled")));
  for (const std::string head :
       {"HTTP/1.1 200 OK\r\nA:b\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n", "HTTP/1.1 200 OK\r\nA: \tb\r\n"})
    EXPECT_THAT(lost_of(get(), head + "Content-Length: 0\r\n\r\n"),
                ElementsAre("how the response's head was spelled (spaces, line folds)"));
  EXPECT_THAT(lost_of(get(), kOk + "more"), ElementsAre("what the upstream sent after the response"));
}

TEST(Watch, StopsWhereAnotherProtocolBegins) {
  const std::string connect = "CONNECT a:1 HTTP/1.1\r\nHost: t\r\n\r\n";
  const std::string upgraded = "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n";
  const std::string connected = "HTTP/1.1 200 OK\r\n\r\n";
  for (const auto& [request, response] : {std::pair{get(), upgraded}, std::pair{connect, connected}}) {
    Watched one;
    one.request(request).response(response);
    EXPECT_TRUE(one.watch.upgraded());
    one.request(get()).response(kOk).end();
    ASSERT_THAT(one.shelf.kept, SizeIs(1));
    EXPECT_THAT(one.shelf.kept.at(0).lost, ElementsAre("what followed the upgrade"));
    EXPECT_THAT(one.shelf.kept.at(0).exchange.response.body, IsEmpty());
    EXPECT_EQ(one.shelf.kept.at(0).exchange.response.framing, BodyFraming::none);
    EXPECT_THAT(one.shelf.left_out, IsEmpty());
  }
}

TEST(Watch, AddsToAnExchangeWhatCameAfterIt) {
  Watched one;
  one.request(get()).response(kOk);
  EXPECT_THAT(one.shelf.kept.at(0).lost, IsEmpty());
  one.response("more").response("and more").request("junk\r\n\r\n").response("HTTP/1.1 400 No\r\n\r\n").end();
  EXPECT_THAT(one.shelf.kept.at(0).lost,
              ElementsAre("what the upstream sent after the response",
                          HasSubstr("what the client sent after the request, which is no other one")));
}

TEST(Watch, SaysWhatIsLeftOut) {
  Watched garbage;
  garbage.request("SSH-2.0-x\r\n\r\n").response("SSH-2.0-y\r\n").end();
  EXPECT_THAT(garbage.shelf.left_out, ElementsAre(HasSubstr("what a client sent: it is not valid HTTP/1.1"),
                                                  "what the upstream answered to what is no request"));
  Watched unanswered;
  unanswered.request(get() + get()).response("HTTP/1.1 2").end();
  EXPECT_THAT(unanswered.shelf.left_out, SizeIs(2));
  EXPECT_THAT(unanswered.shelf.kept, IsEmpty());
  Watched early;
  early.response("HTTP/1.1 408 Too slow\r\n\r\n").end();
  EXPECT_THAT(early.shelf.left_out, ElementsAre("what the upstream sent without a request"));
}

TEST(Watch, KeepsWhatThereIsOfWhatWasCutOff) {
  EXPECT_THAT(lost_of(get(), kChunkedOk + "5\r\nhe"),
              ElementsAre("the rest of the response: the upstream closed the connection before its end"));
  EXPECT_THAT(lost_of(get(), kChunkedOk + "5\r\nhello\r\nZZ\r\n"),
              ElementsAre(HasSubstr("the rest of the response: it is not valid HTTP/1.1")));
  Watched cut;
  cut.request(kPost + "5\r\nhello\r\nZZ\r\nrest").response(kOk).end();
  const RecordedExchange& kept = cut.shelf.kept.at(0);
  EXPECT_EQ(kept.exchange.request.body, "hello");
  EXPECT_EQ(body_bytes(kept.exchange.response), "ok");
  EXPECT_THAT(kept.lost, testing::Contains(HasSubstr("the rest of the request: it is not valid HTTP/1.1")));
  EXPECT_THAT(lost_of(kPost + "5\r\nhe", kOk),
              ElementsAre("that the response began before the request had ended",
                          "the rest of the request: the client stopped sending before its end"));
}

TEST(Watch, TakesRequestsAheadOfTheirAnswersAndAnswersAheadOfTheirRequests) {
  Watched one;
  one.request(get("/1") + get("/2") + kPost + "5\r\nHELLO\r\n");
  one.response(ok_response("1") + ok_response("2")).response(ok_response("3"));
  EXPECT_THAT(one.shelf.kept, SizeIs(2)) << "the third request has not ended";
  one.request("5\r\nWORLD\r\n0\r\n\r\n" + get("/4")).response(ok_response("4")).end();
  ASSERT_THAT(one.shelf.kept, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(body_bytes(one.shelf.kept.at(i).exchange.response), std::to_string(i + 1));
  EXPECT_EQ(one.shelf.kept.at(2).exchange.request.body, "HELLOWORLD");
  EXPECT_EQ(one.shelf.kept.at(3).exchange.request.target, "/4");
  EXPECT_THAT(one.shelf.kept.at(3).lost, IsEmpty());
}

TEST(Watch, DoesNotDependOnHowTheStreamsAreCut) {
  const std::string requests = kPost + "5;x\r\nhello\r\n01\r\n!\r\n0\r\nT: v\r\n\r\n" +
                               "PUT / HTTP/1.1\r\nHost:t\r\nContent-Length: 2\r\n\r\nab" + get() +
                               "junk\r\n\r\n";
  const std::string responses = "HTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + kChunkedOk +
                                "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: v\r\nU:w\r\n\r\n" + kChunkedOk +
                                "2;e\r\nxy\r\n0\r\n\r\n" + "HTTP/1.1 204 No Content\r\n\r\n" + "junk";
  Watched whole;
  whole.request(requests).response(responses).end();
  ASSERT_THAT(whole.shelf.kept, SizeIs(3));
  for (std::size_t step = 1; step <= 64; ++step) {
    SCOPED_TRACE(step);
    Watched cut;
    cut.request(requests, step).response(responses, step).end();
    EXPECT_EQ(cut.shelf.kept, whole.shelf.kept);
    EXPECT_EQ(cut.shelf.left_out, whole.shelf.left_out);
  }
}

TEST(Watch, KeepsTheTimesOfArrival) {
  Watched one;
  one.request(get());
  one.now += microseconds(700);
  one.response(kChunkedOk);
  one.now += microseconds(30);
  one.response("2\r\na");
  one.now += microseconds(30);
  one.response("b\r\n1\r\nc\r\n");
  one.now += microseconds(30);
  one.response("0\r\n\r\n");
  const Response& response = one.shelf.kept.at(0).exchange.response;
  EXPECT_EQ(response.head_delay, microseconds(700));
  const std::vector<Chunk> body = {{"ab", microseconds(30)}, {"c", microseconds(60)}};
  EXPECT_EQ(response.body, body);
}

}  // namespace
}  // namespace assay
