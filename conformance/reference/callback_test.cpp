#include <fcntl.h>
#include <poll.h>

#include <thread>

#include "conformance/reference/callback.h"
#include "conformance/reference/login.h"
#include "conformance/reference/test_world.h"

namespace assay::reference {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Pair {
  int ours = -1, theirs = -1;
  Pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    ours = fds[0];
    theirs = fds[1];
  }
  ~Pair() {
    ::close(ours);
    ::close(theirs);
  }
  void send(const std::string& bytes) const {
    ASSERT_EQ(::send(theirs, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
};

TEST(CallbackReader, WaitsForBytesThatAreLateOnANonBlockingSocket) {
  const Pair pair;
  ::fcntl(pair.ours, F_SETFL, O_NONBLOCK);
  auto request = std::async(std::launch::async,
                            [&] { return read_callback(pair.ours, Deadline::in(Millis(5000)), Cancel()); });
  // The reader looks at the empty socket first, or the bytes are there first: both must do.
  pair.send(get("/callback?token=T"));
  const auto read = request.get();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->target, "/callback?token=T");
}

TEST(CallbackReader, TakesARequestByteByByteAndWithABody) {
  const Pair pair;
  auto request = std::async(std::launch::async,
                            [&] { return read_callback(pair.ours, Deadline::in(Millis(5000)), Cancel()); });
  const std::string bytes = "POST /callback HTTP/1.1\r\nContent-Length: 7\r\nOrigin: http://a\r\n\r\ntoken=T";
  for (const char byte : bytes) pair.send(std::string(1, byte));
  const auto read = request.get();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->body, "token=T");
  EXPECT_EQ(*find_header((*read)->headers, "origin"), "http://a");
}

TEST(CallbackReader, GivesUpOnAPeerThatIsSilentOrGoesAwayOrSaysNonsense) {
  const Pair silent;
  auto read = read_callback(silent.ours, Deadline::in(Millis(20)), Cancel());
  EXPECT_TRUE(read && !*read);
  const Pair nonsense;
  nonsense.send("HELO example\r\n\r\n");
  read = read_callback(nonsense.ours, Deadline::in(Millis(5000)), Cancel());
  EXPECT_TRUE(read && !*read);
  const Pair gone;
  gone.send("GET /call");
  ::shutdown(gone.theirs, SHUT_WR);
  read = read_callback(gone.ours, Deadline::in(Millis(5000)), Cancel());
  EXPECT_TRUE(read && !*read);
  const Pair endless;
  std::thread flood([&] {
    const std::string more(1000, 'x');
    while (::send(endless.theirs, more.data(), more.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  read = read_callback(endless.ours, Deadline::in(Millis(5000)), Cancel());
  EXPECT_TRUE(read && !*read);
  ::shutdown(endless.ours, SHUT_RDWR);
  flood.join();
}

const CallbackExpectation expected{"/callback", "STATE", "state", "token", "http://auth.test"};

CallbackDecision route(const std::string& method, const std::string& target, Headers headers = {},
                       const std::string& body = "") {
  return route_callback({method, target, std::move(headers), body}, expected);
}

TEST(CallbackRouter, TakesTheRedirectAndNothingElse) {
  EXPECT_EQ(route("GET", "/callback?token=T&state=STATE").kind, CallbackDecision::Kind::settle);
  EXPECT_EQ(route("GET", "/callback?token=T&state=STATE").parameters.at("token"), "T");
  EXPECT_EQ(route("GET", "/callback?error=access_denied&state=STATE").kind, CallbackDecision::Kind::settle);
  for (const auto& [method, target, status] : {std::tuple{"GET", "/favicon.ico", 404},
                                               {"GET", "/", 404},
                                               {"HEAD", "/robots.txt", 404},
                                               {"GET", "/callback", 400},
                                               {"GET", "/callback?token=&state=STATE", 400},
                                               {"GET", "/callback?token=T", 400},
                                               {"GET", "/callback?token=T&state=STAT", 400},
                                               {"GET", "/callback?token=T&state=OTHER", 400},
                                               {"GET", "/callback?error=access_denied&state=OTHER", 400},
                                               {"PUT", "/callback?token=T&state=STATE", 405},
                                               {"HEAD", "/callback?token=T&state=STATE", 405}}) {
    const CallbackDecision decision = route(method, target);
    EXPECT_EQ(decision.kind, CallbackDecision::Kind::ignore) << method << ' ' << target;
    EXPECT_EQ(decision.response.status, status) << method << ' ' << target;
  }
}

TEST(CallbackRouter, AnswersPreflightsOfTheLoginPageAlone) {
  const CallbackDecision ours =
      route("OPTIONS", "/callback?token=T&state=STATE",
            {{"Origin", "http://auth.test"}, {"Access-Control-Request-Private-Network", "true"}});
  EXPECT_EQ(ours.kind, CallbackDecision::Kind::ignore);
  EXPECT_EQ(ours.response.status, 204);
  EXPECT_EQ(*find_header(ours.response.headers, "Access-Control-Allow-Origin"), "http://auth.test");
  EXPECT_EQ(*find_header(ours.response.headers, "Access-Control-Allow-Private-Network"), "true");
  const CallbackDecision foreign = route("OPTIONS", "/callback", {{"Origin", "http://evil.test"}});
  EXPECT_EQ(foreign.response.status, 403);
  EXPECT_EQ(find_header(foreign.response.headers, "Access-Control-Allow-Origin"), nullptr);
}

TEST(CallbackRouter, TakesAPostedFormOfTheLoginPageAndOfItsOwnRelay) {
  const std::string form = "token=T&state=STATE";
  EXPECT_EQ(route("POST", "/callback", {{"Origin", "http://auth.test"}}, form).kind,
            CallbackDecision::Kind::settle);
  EXPECT_EQ(
      route("POST", "/callback", {{"Origin", "http://127.0.0.1:1456"}, {"Host", "127.0.0.1:1456"}}, form)
          .kind,
      CallbackDecision::Kind::settle);
  EXPECT_EQ(route("POST", "/callback", {{"Origin", "http://evil.test"}}, form).response.status, 403);
}

TEST(CallbackPage, TakesNothingAlongAndEscapesWhatItSays) {
  const Response good = callback_page(json::object());
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(*find_header(good.headers, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(*find_header(good.headers, "Cache-Control"), "no-store");
  const Response bad = callback_page(failure(Category::network, "</p><img src=x onerror=alert(1)>"));
  EXPECT_EQ(bad.status, 502);
  EXPECT_THAT(body_bytes(bad), Not(HasSubstr("<img")));
}

TEST(Paste, TakesTheRedirectOrACodeWithItsState) {
  const CallbackExpectation code{"/callback", "STATE", "state", "code", ""};
  EXPECT_EQ(read_paste(" http://127.0.0.1:1/callback?code=C&state=STATE \n", code)->at("code"), "C");
  EXPECT_EQ(read_paste("http://127.0.0.1:1/callback?code=C&st\nate=STATE", code)->at("code"), "C");
  EXPECT_EQ(read_paste("C#STATE", code)->at("code"), "C");
  EXPECT_EQ(read_paste("C", code)->at("code"), "C");
  for (const char* bad :
       {"", "C#OTHER", "http://127.0.0.1:1/callback?code=C&state=OTHER", "http://127.0.0.1:1/callback"})
    EXPECT_FALSE(read_paste(bad, code)) << bad;
  EXPECT_FALSE(read_paste("T", expected)) << "a bare token proves nothing about who asked for it";
}

TEST(Bind, ListensOnBothFamiliesForLocalhostAndNamesABusyPort) {
  LoginSpec login;
  login.host = "localhost";
  const auto bound = bind_callback(login);
  ASSERT_TRUE(bound) << bound.error().message;
  const int six = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool has_six = ::bind(six, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(six);
  EXPECT_EQ(bound->fds.size(), has_six ? 2U : 1U);
  login.port = bound->port;
  const auto busy = bind_callback(login);
  ASSERT_FALSE(busy);
  EXPECT_THAT(busy.error().message, HasSubstr(std::to_string(bound->port)));
  EXPECT_THAT(busy.error().message, HasSubstr("in use"));
  for (const int fd : bound->fds) ::close(fd);
}

class Server : public testing::Test {
 protected:
  Parts parts = right_parts();
  std::uint16_t port = 0;
  std::optional<CallbackServer> server;
  void start() {
    auto bound = bind_callback(LoginSpec{});
    ASSERT_TRUE(bound);
    port = bound->port;
    server.emplace(parts, std::move(*bound), expected, Millis(5000));
  }
  void await_settled() const {
    ASSERT_EQ(wait_for(server->descriptor(), POLLIN, Deadline::in(Millis(5000)), Cancel()), Wake::ready);
  }
};

TEST_F(Server, IsNotTakenInByWhatBrowsersSendBesides) {
  start();
  EXPECT_THAT(talk(port, get("/favicon.ico")), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(talk(port, get("/callback?token=EVIL&state=wrong")), StartsWith("HTTP/1.1 400"));
  EXPECT_FALSE(server->take());
  auto page =
      std::async(std::launch::async, [&] { return talk(port, get("/callback?token=T&state=STATE")); });
  await_settled();
  auto reloaded =
      std::async(std::launch::async, [&] { return talk(port, get("/callback?token=SECOND&state=STATE")); });
  EXPECT_EQ((*server->take())->at("token"), "T");
  server->finish(json::object());
  EXPECT_THAT(page.get(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(reloaded.get(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ((*server->take())->at("token"), "T");
}

TEST_F(Server, ServesTheRedirectWhileAnotherConnectionIsSilentAndAThirdWasReset) {
  start();
  const auto connect = [&] {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  };
  const int silent = connect();
  const int reset = connect();
  const linger now{1, 0};
  ::setsockopt(reset, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(reset);
  auto page =
      std::async(std::launch::async, [&] { return talk(port, get("/callback?token=T&state=STATE")); });
  await_settled();
  server->finish(json::object());
  EXPECT_THAT(page.get(), StartsWith("HTTP/1.1 200"));
  server.reset();  // does not wait for the silent one
  ::close(silent);
}

TEST_F(Server, SeesThatTheBrowserSpeaksTls) {
  start();
  EXPECT_EQ(talk(port, std::string("\x16\x03\x01\x00\x05hello", 10)), "");
  EXPECT_TRUE(server->saw_tls());
  EXPECT_FALSE(server->take());
}

TEST_F(Server, EndsTheLoginWhenItsReaderFails) {
  parts.read_callback = [](int, const Deadline&, const Cancel&) -> Outcome<std::optional<CallbackRequest>> {
    return failure(Category::network, "Resource temporarily unavailable");
  };
  start();
  talk(port, get("/callback?token=T&state=STATE"));
  await_settled();
  EXPECT_EQ(server->take()->error().message, "Resource temporarily unavailable");
}

}  // namespace
}  // namespace assay::reference
