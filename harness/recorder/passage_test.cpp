// Whatever the two sides do, each gets the other's bytes as they were sent: once, in order, all of them.
#include "harness/recorder/passage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "harness/base/random.h"
#include "harness/http/test_world.h"
#include "harness/recorder/test_upstream.h"
#include "harness/recorder/test_wire.h"

namespace assay {
namespace {

using http::get;
using http::ok_response;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kChunkedPost = "POST /a HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";

// Bytes of which no two stretches are alike.
std::string numbered(std::size_t size) {
  std::string out;
  out.reserve(size + 16);
  for (std::size_t n = 0; out.size() < size; ++n) out += std::to_string(n) + ",";
  out.resize(size);
  return out;
}

// The upstream answers before the body has ended; then the client sends the rest, and `more` with it.
void answered_early(const std::string& more) {
  SCOPED_TRACE(more);
  RecordedUpstream world;
  http::TestPeer client = world.client();
  const std::string begin = kChunkedPost + "5\r\nHELLO\r\n";
  ASSERT_TRUE(client.send(begin));
  AcceptedPeer upstream = world.accept();
  const std::string first = world.with_host(begin);
  EXPECT_EQ(upstream.read(first.size()), first);
  ASSERT_TRUE(upstream.send(ok_response("early")));
  EXPECT_EQ(client.read_bytes(ok_response("early").size()), ok_response("early"));
  const std::string tail = "5\r\nWORLD\r\n0\r\n\r\n" + more;
  ASSERT_TRUE(client.send(tail));
  EXPECT_EQ(upstream.read(world.with_host(tail).size()), world.with_host(tail));
  if (!more.empty()) {
    ASSERT_TRUE(upstream.send(ok_response("b")));
    EXPECT_EQ(client.read_bytes(ok_response("b").size()), ok_response("b"));
  }
  client.half_close();
  EXPECT_EQ(upstream.read_to_end(), "") << "bytes that the client did not send";
  const auto recorded = world.recorder->finish();
  ASSERT_EQ(recorded.size(), more.empty() ? 1U : 2U);
  EXPECT_EQ(recorded[0].exchange.request.body, "HELLOWORLD");
  EXPECT_THAT(recorded[0].lost, Contains("that the response began before the request had ended"));
  EXPECT_EQ(recorded.back().exchange.request.target, more.empty() ? "/a" : "/b");
}

TEST(Passage, SendsTheRestOfARequestOnceThatWasAnsweredEarly) {
  answered_early("");
  answered_early(get("/b"));
}

TEST(Passage, PassesOnAMalformedBodyAndRecordsWhatThereIs) {
  RecordedUpstream world;
  http::TestPeer client = world.client();
  const std::string sent = kChunkedPost + "5\r\nhello\r\nZZ\r\nrest";
  ASSERT_TRUE(client.send(sent));
  AcceptedPeer upstream = world.accept();
  EXPECT_EQ(upstream.read(world.with_host(sent).size()), world.with_host(sent));
  const std::string refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno";
  ASSERT_TRUE(upstream.send(refusal));
  EXPECT_EQ(client.read_bytes(refusal.size()), refusal);
  const auto recorded = world.recorder->finish();
  ASSERT_EQ(recorded.size(), 1U);
  EXPECT_EQ(recorded[0].exchange.request.body, "hello");
  EXPECT_EQ(recorded[0].exchange.response.status, 400);
  EXPECT_THAT(recorded[0].lost, Contains(HasSubstr("the rest of the request: it is not valid HTTP/1.1")));
}

TEST(Passage, PassesOnWhatIsNoRequestAsItStands) {
  for (const std::string sent :
       {"SSH-2.0-x\r\nHost: test\r\n\r\n", "GET /\r\nHost: test\r\n\r\n", "\r\n\r\nGE", "\n"}) {
    RecordedUpstream world;
    http::TestPeer client = world.client();
    ASSERT_TRUE(client.send(sent));
    client.half_close();
    EXPECT_EQ(world.accept().read_to_end(), sent);
    EXPECT_THAT(world.recorder->finish(), IsEmpty());
  }
}

// The upstream sends its whole answer before it reads the body; the client reads and sends at once.
TEST(Passage, CarriesLargeBodiesBothWaysAtOnce) {
  const std::string body = numbered(std::size_t{12} << 20U);
  const std::string head =
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  RecordedUpstream world;
  http::TestPeer client = world.client();
  auto sending = std::async(std::launch::async, [&] { return client.send(head + body); });
  auto serving = std::async(std::launch::async, [&] {
    AcceptedPeer upstream = world.accept();
    EXPECT_EQ(upstream.read(world.with_host(head).size()), world.with_host(head));
    EXPECT_TRUE(upstream.send(ok_response(body)));
    return upstream.read(body.size()) == body;
  });
  EXPECT_TRUE(client.read_bytes(ok_response(body).size()) == ok_response(body));
  EXPECT_TRUE(sending.get());
  EXPECT_TRUE(serving.get());
  const auto recorded = world.recorder->finish();
  ASSERT_EQ(recorded.size(), 1U);
  EXPECT_TRUE(recorded[0].exchange.request.body == body);
  EXPECT_TRUE(body_bytes(recorded[0].exchange.response) == body);
}

TEST(Passage, PassesOnTheEndOfTheAnswerAndThenTheRestOfTheRequest) {
  const std::string body = numbered(std::size_t{4} << 20U);
  const std::string head =
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  const std::string refusal = "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  RecordedUpstream world;
  http::TestPeer client = world.client();
  ASSERT_TRUE(client.send(head));
  AcceptedPeer upstream = world.accept();
  EXPECT_EQ(upstream.read(world.with_host(head).size()), world.with_host(head));
  ASSERT_TRUE(upstream.send(refusal));
  upstream.half_close();
  EXPECT_EQ(client.read_to_end(), refusal);
  EXPECT_EQ(client.error(), 0);
  auto reading = std::async(std::launch::async, [&] { return upstream.read_to_end(); });
  EXPECT_TRUE(client.send(body)) << client.error();
  client.half_close();
  EXPECT_TRUE(reading.get() == body);
  const auto recorded = world.recorder->finish();
  ASSERT_EQ(recorded.size(), 1U);
  EXPECT_TRUE(recorded[0].exchange.request.body == body);
  EXPECT_EQ(recorded[0].exchange.response.status, 413);
}

TEST(Passage, PassesOnTheEndOfTheRequestAndThenTheAnswer) {
  RecordedUpstream world;
  http::TestPeer client = world.client();
  ASSERT_TRUE(client.send(get()));
  client.half_close();
  AcceptedPeer upstream = world.accept();
  EXPECT_EQ(upstream.read_to_end(), world.with_host(get()));
  EXPECT_EQ(upstream.error(), 0);
  ASSERT_TRUE(upstream.send("HTTP/1.0 200 OK\r\n\r\nlate"));
  upstream.half_close();
  EXPECT_EQ(client.read_to_end(), "HTTP/1.0 200 OK\r\n\r\nlate");
  EXPECT_EQ(client.error(), 0);
  const auto recorded = world.recorder->finish();
  ASSERT_EQ(recorded.size(), 1U);
  EXPECT_EQ(recorded[0].exchange.response.framing, BodyFraming::close_delimited);
  EXPECT_THAT(recorded[0].lost, IsEmpty());
}

TEST(Passage, PassesOnAResetEitherWay) {
  {
    RecordedUpstream world;
    http::TestPeer client = world.client();
    ASSERT_TRUE(client.send(get()));
    AcceptedPeer upstream = world.accept();
    EXPECT_EQ(upstream.read(world.with_host(get()).size()), world.with_host(get()));
    client.reset();
    EXPECT_EQ(upstream.read(1), "");
    EXPECT_EQ(upstream.error(), ECONNRESET);
  }
  RecordedUpstream world;
  http::TestPeer client = world.client();
  ASSERT_TRUE(client.send(get()));
  AcceptedPeer upstream = world.accept();
  EXPECT_EQ(upstream.read(world.with_host(get()).size()), world.with_host(get()));
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
  ASSERT_TRUE(upstream.send(begin));
  EXPECT_EQ(client.read_bytes(begin.size()), begin);
  upstream.reset();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.error(), ECONNRESET);
}

// Waits until the kernel knows that the peer was reset.
bool was_reset(int socket) {
  pollfd fd = {socket, 0, 0};
  return ::poll(&fd, 1, 10'000) == 1 && (fd.revents & POLLERR) != 0;
}

TEST(Passage, ResetsWhoSendsToAPeerThatHasLeft) {
  RecordedUpstream world;
  http::TestPeer client = world.client();
  ASSERT_TRUE(client.send(get()));
  {
    AcceptedPeer upstream = world.accept();
    EXPECT_EQ(upstream.read(world.with_host(get()).size()), world.with_host(get()));
    ASSERT_TRUE(upstream.send(ok_response("bye")));
  }
  EXPECT_EQ(client.read_to_end(), ok_response("bye"));
  ASSERT_TRUE(client.send(get("/too-late")));
  EXPECT_TRUE(was_reset(client.fd()));

  http::TestPeer second = world.client();
  ASSERT_TRUE(second.send(get()));
  AcceptedPeer upstream = world.accept();
  EXPECT_EQ(upstream.read(world.with_host(get()).size()), world.with_host(get()));
  second.close();
  EXPECT_EQ(upstream.read_to_end(), "");
  EXPECT_EQ(upstream.error(), 0);
  ASSERT_TRUE(upstream.send(ok_response("too late")));
  EXPECT_TRUE(was_reset(upstream.fd()));
  EXPECT_THAT(world.recorder->finish(), testing::SizeIs(2)) << "what was answered, whoever read it";
  EXPECT_THAT(world.recorder->left_out(), ElementsAre("a request that got no response that can be read"));
}

// Streams that look like HTTP here and there. Without a Host field nothing at all may change.
std::string spoilt(std::string bytes, Random& random) {
  for (std::uint64_t n = random.below(4); n > 0; --n) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(3)) {
      case 0:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        bytes.erase(at, random.below(20));
        break;
      default:
        bytes.insert(at, bytes.substr(random.below(bytes.size()), 20));
    }
  }
  return bytes;
}

TEST(Passage, PassesOnSpoiltStreamsAsTheyAre) {
  const std::string request =
      "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: v\r\n\r\n"
      "PUT /b HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabcGET /c HTTP/1.0\r\n\r\n";
  const std::string response =
      "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x\r\nhello\r\n0\r\nT: v\r\n\r\n" +
      ok_response("b") + "HTTP/1.1 404 No\r\n\r\nc";
  RecordedUpstream world;
  Random random(1);
  for (int n = 0; n < 300; ++n) {
    SCOPED_TRACE(n);
    const std::string up = spoilt(request, random);
    const std::string down = spoilt(response, random);
    http::TestPeer client = world.client();
    const std::size_t half = random.below(up.size());
    ASSERT_TRUE(client.send(up.substr(0, half + 1)));
    AcceptedPeer upstream = world.accept();
    ASSERT_TRUE(upstream.send(down.substr(0, down.size() / 2)));
    ASSERT_TRUE(client.send(up.substr(half + 1)));
    ASSERT_TRUE(upstream.send(down.substr(down.size() / 2)));
    upstream.half_close();
    client.half_close();
    ASSERT_EQ(upstream.read_to_end(), up);
    ASSERT_EQ(client.read_to_end(), down);
    ASSERT_EQ(upstream.error() + client.error(), 0);
  }
  EXPECT_THAT(world.recorder->finish(), testing::Not(IsEmpty()));
}

// An upstream that would send without end is held back by a client that does not read, and nothing is lost.
TEST(Passage, HoldsNoMoreThanTheSocketsDo) {
  RecordedUpstream world;
  http::TestPeer client = world.client();
  ASSERT_TRUE(client.send(get()));
  AcceptedPeer upstream = world.accept();
  EXPECT_EQ(upstream.read(world.with_host(get()).size()), world.with_host(get()));
  ASSERT_TRUE(upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
  const std::string block = numbered(std::size_t{256} * 1024);
  constexpr std::size_t kMost = std::size_t{128} << 20U;  // the kernel keeps some MB for each of the sockets
  std::size_t sent = 0;
  pollfd room = {upstream.fd(), POLLOUT, 0};
  while (sent < kMost && ::poll(&room, 1, 500) == 1) {
    const std::size_t at = sent % block.size();
    const ssize_t put =
        ::send(upstream.fd(), block.data() + at, block.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
    ASSERT_GT(put, 0);
    sent += static_cast<std::size_t>(put);
  }
  EXPECT_LT(sent, kMost);
  upstream.half_close();
  const std::string got = client.read_to_end();
  const std::string head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(got.size(), head.size() + sent);
  std::size_t wrong = 0;
  for (std::size_t i = head.size(); i < got.size(); ++i)
    wrong += got[i] == block[(i - head.size()) % block.size()] ? 0 : 1;
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace assay
