// Recording what our own server plays gives back what it played.
#include "harness/recorder/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <map>
#include <thread>

#include "harness/base/text.h"
#include "harness/http/certificates.h"
#include "harness/http/client.h"
#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"
#include "harness/recorder/test_wire.h"

namespace assay {
namespace {

using http::get;
using http::ok_response;
using http::script_of;
using http::TestPeer;
using http::TestWorld;
using http::write;
using testing::ElementsAre;
using testing::HasSubstr;

http::Url local(std::uint16_t port) {
  http::Url url;
  url.host = "127.0.0.1";
  url.port = port;
  return url;
}

std::unique_ptr<Recorder> record(const TestWorld& world) {
  RecorderOptions options;
  options.upstream = local(world.port());
  auto started = Recorder::start(options);
  EXPECT_TRUE(started) << started.error().text();
  return std::move(*started);
}

// What parts the pieces of a body on the wire: that the peer has read the one before, or time.
enum class Border { cut, wait };

// Replays `exchange` to a client that goes through a recorder, and gives what was recorded.
RecordedExchange record_replay(const Exchange& exchange, Border border) {
  TestWorld world;
  world.answer = [&](const http::Incoming& in) {
    wire::SerializeOptions options;
    options.head_request = in.request->method == "HEAD";
    options.cut_chunks = border == Border::cut;
    options.speed = border == Border::wait ? 1 : 0;
    return wire::serialize(exchange.response, options);
  };
  world.start();
  const auto recorder = record(world);
  http::Client client;
  const http::Outcome outcome = client.exchange(local(recorder->port()), exchange.request);
  EXPECT_TRUE(outcome.ok()) << outcome.message;
  auto recorded = recorder->finish();
  EXPECT_EQ(recorded.size(), 1U);
  return recorded.empty() ? RecordedExchange{} : recorded.front();
}

void expect_same(const Exchange& played, const RecordedExchange& recorded) {
  const Request& request = recorded.exchange.request;
  EXPECT_EQ(request.method, played.request.method);
  EXPECT_EQ(request.target, played.request.target);
  EXPECT_EQ(request.body, played.request.body);
  for (const Header& header : played.request.headers) EXPECT_THAT(request.headers, testing::Contains(header));
  const Response& response = recorded.exchange.response;
  EXPECT_EQ(response.status, played.response.status);
  EXPECT_EQ(response.reason, played.response.reason);
  EXPECT_EQ(response.version, played.response.version);
  EXPECT_EQ(response.headers, headers_on_the_wire(played.response));
  EXPECT_EQ(response.framing, played.response.framing);
  EXPECT_EQ(response.trailers, played.response.trailers);
  EXPECT_EQ(pieces(response), pieces(played.response));
  EXPECT_EQ(recorded.fidelity, Fidelity::chunks);
  EXPECT_THAT(recorded.lost, testing::IsEmpty());
}

TEST(Recorder, EveryFixtureComesBack) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(ASSAY_SOURCE_DIR "/fixtures")) {
    if (file.path().extension() != ".json" || file.path().parent_path().filename() == "schema") continue;
    const auto fixture = read_fixture(file.path());
    ASSERT_TRUE(fixture) << fixture.error().text();
    for (const RecordedExchange& exchange : fixture->exchanges) {
      if (!exchange.head_known || !exchange.request_known) continue;
      SCOPED_TRACE(file.path().string());
      for (const Border border : {Border::cut, Border::wait})
        expect_same(exchange.exchange, record_replay(exchange.exchange, border));
      ++count;
    }
  }
  EXPECT_GT(count, 0U);
}

// The fixtures of the tree have neither trailers nor bodies that end with the connection; these have.
TEST(Recorder, FixturesWithTrailersAndEveryFramingComeBack) {
  Fixture fixture;
  fixture.title = "t";
  fixture.provenance.source = "http://t";
  RecordedExchange one;
  one.exchange.request = {"POST", "/x?y=1", "HTTP/1.1", {{"X-ODD", "1"}, {"x-odd", "2"}}, "body"};
  Response& response = one.exchange.response;
  response.reason = "Fine";
  response.headers = {{"x-B", "2"}, {"X-a", "1"}, {"x-B", "3"}};
  const auto later = std::chrono::milliseconds(150);
  response.body = {{"one", Micros(0)}, {"two", later}, {std::string("\0\xff\r\n", 4), 2 * later}};
  for (const BodyFraming framing :
       {BodyFraming::chunked, BodyFraming::content_length, BodyFraming::close_delimited}) {
    response.framing = framing;
    response.trailers.clear();
    if (framing == BodyFraming::chunked) response.trailers = {{"X-Sum", "9"}, {"x-empty", ""}};
    fixture.exchanges.push_back(one);
  }
  response = Response();
  response.status = 204;
  response.reason = "No Content";
  response.framing = BodyFraming::none;
  fixture.exchanges.push_back(one);
  const auto read = parse_fixture(format_fixture(fixture), "t.json");
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->exchanges.size(), 4U);
  for (const RecordedExchange& played : read->exchanges)
    for (const Border border : {Border::cut, Border::wait})
      expect_same(played.exchange, record_replay(played.exchange, border));
}

// Both directions through the recorder, raw. `replies` is what the upstream sends for each request.
struct Passed {
  std::string to_client;
  int end = 0;
  std::vector<RecordedExchange> recorded;
};
Passed pass(wire::Script reply, const std::string& sent) {
  TestWorld world;
  world.answer = [&](const http::Incoming&) { return reply; };
  world.start();
  const auto recorder = record(world);
  TestPeer peer(recorder->port());
  EXPECT_TRUE(peer.send(sent));
  Passed passed;
  passed.to_client = peer.read_to_end();
  passed.end = peer.error();
  passed.recorded = recorder->finish();
  return passed;
}

TEST(Recorder, NeverAltersAResponse) {
  // Chunk extensions, odd case, leading zeros, folded spaces: whatever it is, it arrives as it was sent.
  const std::string odd =
      "HTTP/1.1 200   odd  reason\r\nTRANSFER-encoding:   chunked  "
      "\r\nx:y\r\n\r\n0003;a=\"b\"\r\nabc\r\n00\r\nT: v\r\n\r\n";
  const Passed passed = pass(script_of({write(odd)}, false), get());
  EXPECT_EQ(passed.to_client, odd);
  ASSERT_EQ(passed.recorded.size(), 1U);
  EXPECT_THAT(pieces(passed.recorded[0].exchange.response), ElementsAre("abc"));
  EXPECT_EQ(passed.recorded[0].lost.size(), 3U) << "spelling of head and sizes; extensions";
  const std::string garbage = "SSH-2.0-x\r\nnot http at all";
  const Passed other = pass(script_of({write(garbage)}, false), get());
  EXPECT_EQ(other.to_client, garbage);
  EXPECT_TRUE(other.recorded.empty());
}

TEST(Recorder, NeverAltersARequestButItsHost) {
  TestWorld world;
  world.start();
  const auto recorder = record(world);
  TestPeer peer(recorder->port());
  ASSERT_TRUE(
      peer.send("POST /t HTTP/1.1\r\nx-First: 1\r\nhOst: localhost:1\r\nTransfer-Encoding: chunked\r\n\r\n"
                "2;ext\r\nhi\r\n0\r\n\r\n"));
  EXPECT_EQ(peer.read_bytes(ok_response("hi").size()), ok_response("hi"));
  const auto seen = world.wait(JournalKind::request);
  const Headers expected = {{"x-First", "1"},
                            {"hOst", "127.0.0.1:" + std::to_string(world.port())},
                            {"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(seen->request->headers, expected);
  const auto recorded = recorder->finish();
  ASSERT_EQ(recorded.size(), 1U);
  EXPECT_EQ(*find_header(recorded[0].exchange.request.headers, "host"), "localhost:1");
  EXPECT_THAT(recorded[0].lost, ElementsAre("the chunk extensions of the request"));
  EXPECT_EQ(recorded[0].authority, "http://127.0.0.1:" + std::to_string(world.port()));
}

TEST(Recorder, EndsAsTheUpstreamEnds) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const Passed cut = pass(script_of({write(head + "half")}, false), get());
  EXPECT_EQ(cut.to_client, head + "half");
  EXPECT_EQ(cut.end, 0);
  ASSERT_EQ(cut.recorded.size(), 1U);
  EXPECT_THAT(cut.recorded[0].lost, ElementsAre(HasSubstr("closed the connection before its end")));
  const Passed reset = pass(script_of({write(head + "half"), {wire::Cut{}}, {wire::Reset{}}}), get());
  EXPECT_EQ(reset.to_client, head + "half");
  EXPECT_EQ(reset.end, ECONNRESET);
  EXPECT_THAT(reset.recorded[0].lost, ElementsAre(HasSubstr("reset the connection")));
}

TEST(Recorder, PassesInterimResponsesAndPipelinedRequests) {
  const std::string reply = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + ok_response("x");
  const std::string last = "GET /2 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
  const Passed passed = pass(script_of({write(reply)}), get("/1") + last);
  EXPECT_EQ(passed.to_client, reply + reply);
  ASSERT_EQ(passed.recorded.size(), 2U);
  EXPECT_EQ(passed.recorded[0].exchange.request.target, "/1");
  EXPECT_EQ(passed.recorded[1].exchange.request.target, "/2");
  EXPECT_THAT(passed.recorded[0].lost, ElementsAre(HasSubstr("103")));
}

TEST(Recorder, KeepsTimes) {
  TestWorld world;
  world.answer = [](const http::Incoming&) {
    return script_of({{wire::Wait{std::chrono::milliseconds(20)}},
                      write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"),
                      {wire::Wait{std::chrono::milliseconds(30)}},
                      write("1\r\nb\r\n0\r\n\r\n")});
  };
  world.start();
  const auto recorder = record(world);
  EXPECT_EQ(http::fetch(local(recorder->port()), {}).body, "ab");
  const auto recorded = recorder->finish();
  ASSERT_EQ(recorded.size(), 1U);
  const Response& response = recorded[0].exchange.response;
  EXPECT_GE(response.head_delay, std::chrono::milliseconds(19));
  ASSERT_EQ(response.body.size(), 2U);
  // A recorder that gets no time sees both late, but never early, and never out of order.
  EXPECT_LE(response.body[0].at, response.body[1].at);
  EXPECT_GE(response.head_delay + response.body[1].at, std::chrono::milliseconds(45));
}

TEST(Recorder, ReachesATlsUpstream) {
  const auto authority = *http::Authority::create();
  const std::string ca = testing::TempDir() + "assay-recorder-ca-" + std::to_string(::getpid()) + ".pem";
  ASSERT_TRUE(write_file_atomically(ca, authority->certificate_pem()));
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, {}, authority}});
  RecorderOptions options;
  options.upstream = local(world.port());
  options.upstream.tls = true;
  options.connection.ca_file = ca;
  auto recorder = *Recorder::start(options);
  EXPECT_EQ(http::fetch(local(recorder->port()), {}).body, "/");
  Request large;
  large.method = "POST";
  for (int n = 0; large.body.size() < std::size_t{4} << 20U; ++n) large.body += std::to_string(n) + ",";
  EXPECT_TRUE(http::fetch(local(recorder->port()), large).body == large.body);
  EXPECT_EQ(recorder->finish().size(), 2U);
  std::filesystem::remove(ca);
}

// Once the client saw an empty reply, and nobody said why.
TEST(Recorder, AnUpstreamThatIsNotThereIsA502ThatSaysWhy) {
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, {wire::ListenerMode::Kind::refuse, Micros(0), ""}, nullptr}});
  const auto recorder = record(world);
  Request large;
  large.method = "POST";
  large.body.assign(std::size_t{1} << 20U, 'x');
  for (const Request& request : {Request(), large}) {
    const auto answer = http::fetch(local(recorder->port()), request);
    ASSERT_TRUE(answer.outcome.head);
    EXPECT_EQ(answer.outcome.head->status, 502);
    EXPECT_THAT(answer.body, HasSubstr("assay record: cannot connect to http://127.0.0.1"));
  }
  EXPECT_TRUE(recorder->finish().empty());
  EXPECT_THAT(recorder->left_out(),
              testing::Each(HasSubstr("a request, answered with 502: cannot connect to http://127.0.0.1")));
}

// What a keeper is given, and when.
struct TestKeeper final : Keeper {
  void keep(std::size_t place, RecordedExchange exchange) override {
    kept.emplace(place, std::move(exchange));
    if (hold.valid()) hold.wait();
  }
  void add_lost(std::size_t place, const std::string& phrase) override {
    kept.at(place).lost.push_back(phrase);
  }
  void leave_out(const std::string& what) override { left_out.push_back(what); }
  std::map<std::size_t, RecordedExchange> kept;
  std::vector<std::string> left_out;
  std::shared_future<void> hold;
};

TEST(Recorder, GivesExchangesAwayAsTheyEnd) {
  TestWorld world;
  world.start();
  TestKeeper keeper;
  RecorderOptions options;
  options.upstream = local(world.port());
  options.keeper = &keeper;
  auto recorder = *Recorder::start(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(http::fetch(local(recorder->port()), {}).body, "/");
  EXPECT_TRUE(recorder->finish().empty()) << "they are the keeper's";
  EXPECT_EQ(keeper.kept.size(), 3U);
}

// A keeper that cannot keep pace does not hold up the end.
TEST(Recorder, DoesNotWaitLongForItsKeeper) {
  TestWorld world;
  world.start();
  std::promise<void> go;
  TestKeeper keeper;
  keeper.hold = go.get_future().share();
  RecorderOptions options;
  options.upstream = local(world.port());
  options.keeper = &keeper;
  options.patience = std::chrono::milliseconds(0);
  auto recorder = *Recorder::start(options);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(http::fetch(local(recorder->port()), {}).body, "/");
  auto end = std::async(std::launch::async, [&] { recorder->finish(); });
  EXPECT_EQ(end.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout) << "it is in keep()";
  go.set_value();
  end.get();
  EXPECT_EQ(keeper.kept.size() + keeper.left_out.size(), 3U);
  EXPECT_THAT(keeper.left_out, testing::Contains("an exchange that was not written in time"));
}

}  // namespace
}  // namespace assay
