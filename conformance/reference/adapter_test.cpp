// The adapter loop over pipes, and the transport against a real server.
#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "conformance/reference/http.h"
#include "conformance/reference/test_world.h"
#include "harness/http/test_world.h"

namespace assay::reference {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::SizeIs;

// A runner: writes requests, reads answers line by line.
class Driven {
 public:
  explicit Driven(Parts parts) : parts_(std::move(parts)) {
    EXPECT_EQ(::pipe2(to_, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(from_, O_CLOEXEC), 0);
    thread_ = std::thread([this] {
      status_ = run_adapter(parts_, "test", to_[0], from_[1]);
      ::close(from_[1]);
    });
  }
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;
  ~Driven() {
    end();
    ::close(to_[0]);
    ::close(from_[0]);
  }
  void say(const std::string& line) const {
    const std::string bytes = line + '\n';
    ASSERT_EQ(::write(to_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // The next line; null at the end.
  json hear() {
    std::size_t end = 0;
    while ((end = heard_.find('\n')) == std::string::npos) {
      char bytes[4096];
      const ssize_t count = ::read(from_[0], bytes, sizeof bytes);
      if (count <= 0) return nullptr;
      heard_.append(bytes, static_cast<std::size_t>(count));
    }
    json line = json::parse(heard_.substr(0, end));
    heard_.erase(0, end + 1);
    return line;
  }
  // The next line of `seq` that has `kind` ("result", "errored", or an event's kind).
  json hear(int seq, const std::string& kind) {
    for (json line = hear(); !line.is_null(); line = hear()) {
      if (line.value("seq", 0) != seq) continue;
      if (line.contains(kind)) return line.at(kind);
      if (line.contains("event") && line["event"].value("kind", "") == kind) return line["event"];
    }
    return nullptr;
  }
  int end() {
    if (to_[1] >= 0) ::close(std::exchange(to_[1], -1));
    if (thread_.joinable()) thread_.join();
    return status_;
  }

 private:
  Parts parts_;
  int to_[2] = {-1, -1};
  int from_[2] = {-1, -1};
  std::string heard_;
  std::thread thread_;
  int status_ = -1;
};

std::string login(int seq, const Home& home, const json& more = json::object()) {
  json provider = descriptor("worldrouter");
  provider["login"]["callback"]["port"] = 0;
  json all = {{"seq", seq},           {"op", "login"},
              {"provider", provider}, {"urls", {{"auth", "http://auth.test"}}},
              {"home", home.path()},  {"deadline_ms", 10000}};
  all.update(more);
  return all.dump();
}

TEST(Adapter, GreetsAnswersAndEndsWithItsInput) {
  Driven driven(right_parts());
  EXPECT_EQ(driven.hear().at("hello").at("protocol"), json({1}));
  driven.say("");
  driven.say("[]");
  EXPECT_TRUE(driven.hear(0, "errored").is_object());
  driven.say(R"({"seq":1,"op":"chatt"})");
  EXPECT_THAT(driven.hear(1, "errored").at("message").get<std::string>(), HasSubstr("chatt"));
  driven.say(R"({"seq":2,"op":"chat","provider":{"id":"x","nonsense":1},"home":"/nowhere"})");
  EXPECT_THAT(driven.hear(2, "errored").at("message").get<std::string>(), HasSubstr("nonsense"));
  EXPECT_EQ(driven.end(), 0);
  EXPECT_TRUE(driven.hear().is_null());
}

TEST(Adapter, ServesOthersWhileALoginWaitsAndCancelsIt) {
  const Home home;
  Driven driven(right_parts());
  driven.say(login(1, home));
  EXPECT_THAT(driven.hear(1, "open_url").at("url").get<std::string>(), HasSubstr("http://auth.test/login?"));
  driven.say(R"({"seq":2,"op":"cancel","target":7})");
  EXPECT_EQ(driven.hear(2, "result").at("cancelled"), false);
  driven.say(R"({"seq":3,"op":"cancel","target":1})");
  EXPECT_EQ(driven.hear(1, "result").at("error").at("category"), "cancelled");
}

TEST(Adapter, EndsAWaitingLoginWhenAnotherBegins) {
  const Home home;
  Driven driven(right_parts());
  driven.say(login(1, home));
  driven.hear(1, "open_url");
  driven.say(login(2, home));
  EXPECT_EQ(driven.hear(1, "result").at("error").at("category"), "cancelled");
  EXPECT_TRUE(driven.hear(2, "open_url").is_object());
  driven.say(R"({"seq":3,"op":"shutdown"})");
  EXPECT_EQ(driven.hear(2, "result").at("error").at("category"), "cancelled");
  EXPECT_EQ(driven.hear(3, "result").at("ok"), true);
  EXPECT_EQ(driven.end(), 0);
}

TEST(Adapter, KeepsAnAnswerThatComesBeforeItsPrompt) {
  const Home home;
  Driven driven(right_parts());
  driven.say(R"({"seq":1,"op":"answer","prompt":"paste","text":"not a redirect"})");
  EXPECT_EQ(driven.hear(1, "result").at("accepted"), false);
  driven.say(login(2, home));
  driven.hear(2, "prompt");
  EXPECT_THAT(driven.hear(2, "prompt").at("message").get<std::string>(), HasSubstr("not the redirect"));
}

class Transported : public testing::Test {
 protected:
  http::TestWorld world;
  HttpRequest request;
  void start() {
    world.start();
    request.url = "http://127.0.0.1:" + std::to_string(world.port()) + "/v1/x";
  }
  Outcome<HttpReply> send(const BodySink& sink = {}, const Cancel& cancel = {}) const {
    return transport(request, sink, cancel, Deadline::in(Millis(10000)));
  }
};

const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(Transported, ClosesTheConnectionOfACancelledStream) {
  world.answer = [](const http::Incoming&) {
    return http::script_of({http::write(chunked + "2\r\nhi\r\n"), {wire::Stall{}}}, false);
  };
  start();
  const Cancel cancel;
  BodySink sink;
  sink.on_head = [](const HttpReply&) { return true; };
  sink.on_bytes = [&](std::string_view) {
    cancel.cancel();
    return true;
  };
  const auto reply = send(sink, cancel);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().category, Category::cancelled);
  world.wait(JournalKind::peer_closed);
}

TEST_F(Transported, TellsSilenceAResetAndACutApart) {
  for (const auto& [last, category] : {std::pair{wire::Step{wire::Stall{}}, Category::timeout},
                                       {wire::Step{wire::Reset{}}, Category::network},
                                       {wire::Step{wire::Close{}}, Category::truncated}}) {
    http::TestWorld one;
    one.answer = [last = last](const http::Incoming&) {
      return http::script_of({http::write(chunked + "2\r\nhi\r\n"), last}, false);
    };
    one.start();
    request.url = "http://127.0.0.1:" + std::to_string(one.port()) + "/v1/x?key=secret";
    request.idle_wait = Millis(60);
    const auto reply = send();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().category, category) << reply.error().message;
    EXPECT_THAT(reply.error().message,
                testing::AllOf(HasSubstr(std::to_string(one.port())), testing::Not(HasSubstr("secret"))));
  }
}

TEST_F(Transported, ReadsAnEndlessErrorToItsLimitAndKeepsTheStatus) {
  world.answer = [](const http::Incoming&) {
    wire::Repeat forever;
    forever.times = 0;
    forever.steps = {http::write("400\r\n" + std::string(1024, 'x') + "\r\n")};
    return http::script_of(
        {http::write("HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n"), {forever}},
        false);
  };
  start();
  request.body_limit = std::size_t{64} * 1024;
  const auto reply = send();
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 500);
  EXPECT_THAT(reply->body, SizeIs(64 * 1024));
}

TEST_F(Transported, FollowsARedirectOfItsOwnOriginOnlyAndNotForEver) {
  world.answer = [this](const http::Incoming& in) {
    const std::string& target = in.request->target;
    const std::string to = target == "/v1/x"   ? "/v1/y"
                           : target == "/loop" ? "/loop"
                                               : "http://localhost:" + std::to_string(world.port()) + "/v1/z";
    if (target == "/v1/y")
      return http::script_of({http::write(http::ok_response(in.request->method + in.request->body))});
    return http::script_of({http::write("HTTP/1.1 307 Temporary Redirect\r\nLocation: " + to +
                                        "\r\nContent-Length: 0\r\n\r\n")});
  };
  start();
  Call call;
  const Parts parts = right_parts();
  call.parts = &parts;
  call.deadline = Deadline::in(Millis(10000));
  request.method = "POST";
  request.body = "body";
  const auto same = follow(call, request, {});
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_EQ(same->body, "POSTbody");
  for (const char* path : {"/other", "/loop"}) {
    request.url = "http://127.0.0.1:" + std::to_string(world.port()) + path;
    const auto refused = follow(call, request, {});
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(refused.error().category, Category::protocol);
    EXPECT_THAT(refused.error().message, HasSubstr("redirect"));
  }
  EXPECT_LE(world.count(JournalKind::request), 9U);
}

}  // namespace
}  // namespace assay::reference
