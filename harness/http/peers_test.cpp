// Our server and our client against those of cpp-httplib, an implementation that shares no line with them.
#include <httplib.h>

#include <gtest/gtest.h>

#include <thread>

#include "harness/http/client.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

httplib::Client peer_client(const TestWorld& world) {
  httplib::Client client("127.0.0.1", world.port());
  client.set_read_timeout(10);
  client.set_keep_alive(true);
  return client;
}

TEST(PeerClient, ReadsLengthDelimitedAnswersOverOneConnection) {
  TestWorld world;
  world.start();
  auto client = peer_client(world);
  for (const char* target : {"/one", "/two", "/three"}) {
    const auto answer = client.Get(target);
    ASSERT_TRUE(answer) << httplib::to_string(answer.error());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, target);
  }
  std::size_t connections = 0;
  for (const auto& entry : world.journal.entries()) connections += entry->kind == JournalKind::connect;
  EXPECT_EQ(connections, 1u);
}

TEST(PeerClient, SendsABodyThatArrivesWhole) {
  TestWorld world;
  world.start();
  auto client = peer_client(world);
  const std::string body(100'000, 'x');
  const auto answer = client.Post("/echo", body, "text/plain");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->body, body);
}

TEST(PeerClient, JoinsTheChunksOfAStream) {
  TestWorld world;
  world.answer = [](const Incoming& in) {
    Response response = make_response(200, "text/event-stream", "");
    response.framing = BodyFraming::chunked;
    for (const char* event : {"data: one\n\n", "data: two\n\n", "data: [DONE]\n\n"})
      response.body.push_back({event, Micros(0)});
    wire::SerializeOptions options;
    options.keep_alive = in.keep_alive;
    options.cut_chunks = true;
    return wire::serialize(response, options);
  };
  world.start();
  auto client = peer_client(world);
  std::string seen;
  const auto answer = client.Get("/stream", [&](const char* data, std::size_t size) {
    seen.append(data, size);
    return true;
  });
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(seen, "data: one\n\ndata: two\n\ndata: [DONE]\n\n");
}

// cpp-httplib's server on a port of the kernel's choice, for as long as the test lasts.
class PeerServer : public testing::Test {
 protected:
  void SetUp() override {
    server_.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.set_header("X-Seen", request.get_header_value("X-Sent"));
      response.set_content(request.body, "application/octet-stream");
    });
    server_.Get("/chunked", [](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
        for (const std::string piece : {"one ", "two ", "three"}) sink.write(piece.data(), piece.size());
        sink.done();
        return true;
      });
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    ASSERT_GT(port_, 0);
    loop_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  void TearDown() override {
    server_.stop();
    loop_.join();
  }
  Fetched ask(Request request) const {
    return fetch(*parse_url("http://127.0.0.1:" + std::to_string(port_) + request.target), request);
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread loop_;
};

TEST_F(PeerServer, EchoesWhatOurClientSends) {
  Request request;
  request.method = "POST";
  request.target = "/echo";
  request.headers = {{"X-Sent", "header"}};
  request.body = std::string("bytes\0with nul", 14);
  const Fetched answer = ask(request);
  EXPECT_EQ(answer.outcome.end, End::complete) << answer.outcome.message;
  ASSERT_TRUE(answer.outcome.head);
  EXPECT_EQ(answer.outcome.head->status, 200);
  EXPECT_EQ(answer.body, request.body);
  ASSERT_NE(find_header(answer.outcome.head->headers, "x-seen"), nullptr);
  EXPECT_EQ(*find_header(answer.outcome.head->headers, "x-seen"), "header");
}

TEST_F(PeerServer, StreamsChunksToOurClient) {
  Request request;
  request.target = "/chunked";
  const Fetched answer = ask(request);
  EXPECT_EQ(answer.outcome.end, End::complete) << answer.outcome.message;
  EXPECT_EQ(answer.body, "one two three");
}

}  // namespace
}  // namespace assay::http
