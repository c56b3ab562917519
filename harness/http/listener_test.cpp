// What listeners do instead of accepting properly, TLS, and WebSocket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "harness/base/text.h"
#include "harness/http/certificates.h"
#include "harness/http/client.h"
#include "harness/http/test_peer.h"
#include "harness/http/test_world.h"

namespace assay::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = wire::ListenerMode::Kind;

wire::ListenerMode mode(Kind kind, Micros lasting = Micros(0), std::string failure = "") {
  return {kind, lasting, std::move(failure)};
}

bool answers(std::uint16_t port) {
  TestPeer peer(port);
  return peer.error() == 0 && peer.send(get("/up")) && peer.read_until("/up").ends_with("/up");
}

TEST(Listener, RefusesAndComesBackOnTheSamePort) {
  TestWorld world;
  world.start();
  const std::uint16_t port = world.port();
  TestPeer idle(port);
  ASSERT_TRUE(idle.send(get("/x")));
  idle.read_until("/x");
  ASSERT_TRUE(world.server->set_mode("fake", mode(Kind::refuse)));
  EXPECT_EQ(TestPeer(port).error(), ECONNREFUSED);
  EXPECT_EQ(idle.read_some(), "");  // a server that goes down takes idle connections with it
  ASSERT_TRUE(world.server->set_mode("fake", {}));
  EXPECT_EQ(world.port(), port);
  EXPECT_TRUE(answers(port));
}

TEST(Listener, RefusesForATime) {
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, mode(Kind::refuse, milliseconds(60)), nullptr}});
  EXPECT_EQ(TestPeer(world.port()).error(), ECONNREFUSED);
  while (!answers(world.port())) {
  }
  EXPECT_GE(world.wait(JournalKind::connect)->at, milliseconds(60));
}

TEST(Listener, AcceptsThenCloses) {
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, mode(Kind::accept_then_close), nullptr}});
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  EXPECT_EQ(peer.read_to_end(), "");
  EXPECT_EQ(peer.error(), 0);
  world.wait(JournalKind::closed);
}

TEST(Listener, AcceptsThenResets) {
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, mode(Kind::accept_then_reset), nullptr}});
  TestPeer peer(world.port());
  world.wait(JournalKind::closed, "reset at once");
  EXPECT_EQ(peer.read_some(), "");
  EXPECT_EQ(peer.error(), ECONNRESET);
}

TEST(Listener, NeverReads) {
  TestWorld world;
  world.start({{"fake", "127.0.0.1", 0, mode(Kind::never_read), nullptr}});
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(get()));
  world.wait(JournalKind::connect);
  peer.close();
  world.wait(JournalKind::peer_closed, "unread");
  EXPECT_EQ(world.count(JournalKind::request), 0U);
}

TEST(Listener, RefusesModesThatDoNotFit) {
  TestWorld world;
  world.start();
  EXPECT_THAT(world.server->set_mode("other", {}).error().message, HasSubstr("no listener \"other\""));
  EXPECT_THAT(world.server->set_mode("fake", mode(Kind::tls_failure, Micros(0), "expired")).error().message,
              HasSubstr("no listener \"fake\" that speaks TLS"));
  EXPECT_TRUE(answers(world.port()));
}

// The authority's certificate in a file of its own, as clients want it.
class CaFile {
 public:
  explicit CaFile(const Authority& authority) {
    std::string name = testing::TempDir() + "assay-ca-XXXXXX";
    const int fd = ::mkstemp(name.data());
    path = name;
    ::close(fd);
    std::ofstream(path) << authority.certificate_pem();
  }
  ~CaFile() { ::unlink(path.c_str()); }
  std::string path;
};

struct TlsWorld {
  std::shared_ptr<const Authority> authority = *Authority::create();
  CaFile ca{*authority};
  TestWorld world;

  void start(const wire::ListenerMode& listener_mode = {}) {
    world.start({{"fake", "127.0.0.1", 0, listener_mode, authority}});
  }
  Fetched ask(const std::string& host, Request request = {}) const {
    Url url;
    url.tls = true;
    url.host = host;
    url.port = world.port();
    ClientOptions options;
    options.ca_file = ca.path;
    options.connect_to = "127.0.0.1";
    options.connect_deadline = std::chrono::seconds(5);
    return fetch(url, request, options);
  }
};

TEST(Tls, AnswersForEveryNameThatIsAskedFor) {
  TlsWorld tls;
  tls.start();
  for (const std::string host : {"127.0.0.1", "api.example.test", "login.example.test", "api.example.test"}) {
    const Fetched fetched = tls.ask(host);
    EXPECT_TRUE(fetched.outcome.ok()) << host << ": " << fetched.outcome.message;
    EXPECT_EQ(fetched.body, "/");
  }
}

TEST(Tls, CarriesLargeBodiesBothWays) {
  TlsWorld tls;
  tls.start();
  Request request;
  request.method = "POST";
  request.body = std::string(2'000'000, 'q');
  EXPECT_EQ(tls.ask("127.0.0.1", request).body, request.body);
}

TEST(Tls, ResetComesAfterEveryByte) {
  TlsWorld tls;
  const std::string body(500'000, 'x');
  tls.world.answer = [&](const Incoming&) {
    return script_of({write("HTTP/1.1 200 OK\r\n\r\n" + body), {wire::Cut{}}, {wire::Reset{}}});
  };
  tls.start();
  const Fetched fetched = tls.ask("127.0.0.1");
  EXPECT_EQ(fetched.outcome.end, End::reset);
  EXPECT_EQ(fetched.body.size(), body.size());
  EXPECT_EQ(tls.world.count(JournalKind::unconfirmed_cut), 0U);
}

TEST(Tls, EndOfAStreamIsTold) {
  TlsWorld tls;
  tls.world.answer = [&](const Incoming&) { return script_of({write("HTTP/1.1 200 OK\r\n\r\nall")}, false); };
  tls.start();
  const Fetched fetched = tls.ask("127.0.0.1");
  EXPECT_TRUE(fetched.outcome.ok()) << fetched.outcome.message;
  EXPECT_EQ(fetched.body, "all");
}

TEST(Tls, AnUntrustingClientIsJournalled) {
  TlsWorld tls;
  tls.start();
  Url url;
  url.tls = true;
  url.host = "127.0.0.1";
  url.port = tls.world.port();
  EXPECT_EQ(fetch(url, {}).outcome.end, End::tls_failure);
  EXPECT_THAT(tls.world.wait(JournalKind::bad_request)->text, HasSubstr("TLS handshake failed: "));
}

struct Failure {
  std::string name;
  std::string message;
};
void PrintTo(const Failure& f, std::ostream* out) {
  *out << f.name;
}

class TlsFailures : public testing::TestWithParam<Failure> {};

TEST_P(TlsFailures, FailAsNamed) {
  TlsWorld tls;
  tls.start(mode(Kind::tls_failure, Micros(0), GetParam().name));
  const Fetched fetched = tls.ask("api.example.test");
  EXPECT_EQ(to_string(fetched.outcome.end), "tls-failure");
  EXPECT_THAT(fetched.outcome.message, HasSubstr(GetParam().message));
  tls.world.wait(JournalKind::bad_request, "TLS handshake failed");
  ASSERT_TRUE(tls.world.server->set_mode("fake", {}));
  EXPECT_TRUE(tls.ask("api.example.test").outcome.ok());
}

INSTANTIATE_TEST_SUITE_P(Each, TlsFailures,
                         testing::Values(Failure{"expired", "certificate has expired"},
                                         Failure{"wrong-host", "hostname mismatch"},
                                         Failure{"self-signed", "self-signed certificate"},
                                         Failure{"unknown-ca", "failed"},
                                         Failure{"handshake-close", "the peer closed the connection"},
                                         Failure{"not-tls", "wrong version number"}));

TEST(Certificates, NamesMustBeNames) {
  const auto authority = *Authority::create();
  EXPECT_FALSE(authority->issue({"a.test,IP:1.2.3.4"}));
  EXPECT_FALSE(authority->issue({}));
  const auto leaf = authority->issue({"a.test", "127.0.0.1", "::1"});
  ASSERT_TRUE(leaf);
  EXPECT_THAT(leaf->certificate_chain_pem, StartsWith("-----BEGIN CERTIFICATE-----"));
  EXPECT_THAT(leaf->private_key_pem, HasSubstr("PRIVATE KEY"));
}

// A WebSocket client by hand: RFC 6455 with masks of zero, so that payloads stand as they are.
std::string client_frame(int opcode, const std::string& payload) {
  std::string frame;
  frame += static_cast<char>(0x80 | opcode);
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    frame += static_cast<char>(0x80U | 126U);
    frame += static_cast<char>(payload.size() >> 8U);
    frame += static_cast<char>(payload.size() & 0xFFU);
  }
  return frame + std::string(4, '\0') + payload;
}
const std::string kUpgrade =
    "GET /live HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

struct SocketWorld : TestWorld {
  SocketWorld() {
    upgrade = [](const Incoming& in) { return in.request->target == "/live"; };
    message = [this](const Incoming& in, std::string text, bool binary) {
      server->send(in.connection, "echo " + text, binary);
    };
  }
  ~SocketWorld() override { server.reset(); }  // its loop thread calls this handler until then
};

TEST(WebSockets, AreAcceptedWithoutCompression) {
  SocketWorld world;
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(kUpgrade + client_frame(1, "early")));
  const std::string head = peer.read_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));  // RFC 6455 section 1.3
  EXPECT_THAT(head, testing::Not(HasSubstr("permessage-deflate")));
  std::string rest = head.substr(head.find("\r\n\r\n") + 4);
  const std::string expected = std::string("\x81\x0a", 2) + "echo early";
  EXPECT_EQ(rest + peer.read_bytes(expected.size() - rest.size()), expected);
  ASSERT_TRUE(peer.send(client_frame(2, std::string(1000, 'b'))));
  const std::string big = peer.read_bytes(4 + 1005);
  EXPECT_EQ(big.substr(4), "echo " + std::string(1000, 'b'));
  ASSERT_TRUE(peer.send(client_frame(9, "hi")));  // ping
  EXPECT_EQ(peer.read_bytes(4), std::string("\x8a\x02hi", 4));
  EXPECT_EQ(world.wait(JournalKind::response, "websocket")->status, 101);
  world.server->close(world.wait(JournalKind::connect)->connection, 1001);
  EXPECT_EQ(peer.read_bytes(4), std::string("\x88\x02\x03\xe9", 4));
  ASSERT_TRUE(peer.send(client_frame(8, std::string("\x03\xe9", 2))));
  world.wait(JournalKind::closed, "websocket closed");
}

TEST(WebSockets, SayHowTheyEnded) {
  SocketWorld world;
  world.start();
  {
    TestPeer peer(world.port());
    ASSERT_TRUE(peer.send(kUpgrade));
    peer.read_until("\r\n\r\n");
    ASSERT_TRUE(peer.send(client_frame(8, std::string("\x03\xe8", 2))));
    world.wait(JournalKind::peer_closed, "closed by peer, code 1000");
  }
  {
    TestPeer peer(world.port());
    ASSERT_TRUE(peer.send(kUpgrade));
    peer.read_until("\r\n\r\n");
    peer.reset();
    world.wait(JournalKind::peer_closed, "websocket ended");
  }
  TestPeer open(world.port());
  ASSERT_TRUE(open.send(kUpgrade));
  open.read_until("\r\n\r\n");
  world.server.reset();
  EXPECT_EQ(open.read_some(), "");
}

TEST(WebSockets, DeclinedOnesAreAnsweredNormally) {
  SocketWorld world;
  world.answer = [](const Incoming&) {
    return script_of({write("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n")});
  };
  world.upgrade = nullptr;
  world.start();
  TestPeer peer(world.port());
  ASSERT_TRUE(peer.send(kUpgrade));
  EXPECT_THAT(peer.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 426 "));
  ASSERT_TRUE(peer.send(get()));
  EXPECT_THAT(peer.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 426 "));
}

}  // namespace
}  // namespace assay::http
