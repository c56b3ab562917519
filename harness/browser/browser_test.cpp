#include "harness/browser/browser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/http/socket.h"
#include "harness/http/test_world.h"

namespace assay::browser {
namespace {

using http::Incoming;
using http::script_of;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string response(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
http::Answer bytes(std::string all, bool keep_alive = true) {
  return script_of({http::write(std::move(all))}, keep_alive);
}

// A login page and a client's listener, each a server of its own; the browser's journal is apart.
class BrowserTest : public testing::Test {
 protected:
  void SetUp() override {
    listener.answer = [](const Incoming& in) {
      if (target_path(in.request->target) == "/callback")
        return bytes(response("200 OK", "Content-Type: text/html\r\n", "<p>done</p>"));
      return bytes(response("404 Not Found", "", ""));
    };
    station.answer = [this](const Incoming& in) { return station_answer(in); };
    listener.start({{"fake", "127.0.0.1", 0, {}, nullptr}});
    station.start();
  }

  virtual http::Answer station_answer(const Incoming&) {
    return bytes(response("302 Found", "Location: " + callback() + location_tail + "\r\n", ""));
  }
  std::string callback() const {
    const int port = redirect_port != 0 ? redirect_port : listener.port();
    return "http://127.0.0.1:" + std::to_string(port) + "/callback";
  }
  std::string login_url() const {
    return "http://127.0.0.1:" + std::to_string(station.port()) +
           "/login?redirect_uri=" + percent_encoded(callback()) + "&state=S1";
  }
  static std::string percent_encoded(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == ':' ? "%3A" : c == '/' ? "%2F" : std::string(1, c);
    return out;
  }
  Page go(const nlohmann::json& plan) {
    const auto read = read_plan(plan);
    EXPECT_TRUE(read) << read.error().text();
    return visit(login_url(), read.value_or(Plan{}), journal);
  }
  // "METHOD target" of every request that the listener read, in order.
  std::vector<std::string> heard() const {
    std::vector<std::string> out;
    for (const auto& e : listener.journal.entries()) {
      if (e->kind == JournalKind::request) out.push_back(e->request->method + " " + e->request->target);
    }
    return out;
  }
  std::shared_ptr<const Request> heard_first() const {
    for (const auto& e : listener.journal.entries()) {
      if (e->kind == JournalKind::request) return e->request;
    }
    return std::make_shared<const Request>();
  }

  SystemClock clock;
  Journal journal{clock};
  std::string location_tail = "?token=T&state=S1";
  std::uint16_t redirect_port = 0;  // 0 = the listener's
  http::TestWorld station, listener;
};

TEST_F(BrowserTest, FollowsTheRedirectAndShowsTheAnswer) {
  const Page page = go(nullptr);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<p>done</p>");
  EXPECT_EQ(page.error, "");
  EXPECT_EQ(page.redirect, callback() + "?token=T&state=S1");
  EXPECT_THAT(heard(), ElementsAre("GET /callback?token=T&state=S1"));
  const auto json = to_json(page);
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["headers"]["content-type"], "text/html");
  EXPECT_TRUE(json["error"].is_null());
}

TEST_F(BrowserTest, JournalsWhatItDid) {
  go(nullptr);
  std::vector<std::string> lines;
  for (const auto& e : journal.entries()) {
    EXPECT_EQ(e->actor, "browser");
    if (e->kind == JournalKind::action || e->kind == JournalKind::response) lines.push_back(e->text);
  }
  EXPECT_THAT(lines, ElementsAre("GET /login", "302 to GET /login", "GET /callback", "200 to GET /callback"));
}

TEST_F(BrowserTest, SubmitsTheFormOfTheLoginPage) {
  std::string posted;
  station.answer = [&](const Incoming& in) {
    if (in.request->method == "GET") {
      return bytes(
          response("200 OK", "Set-Cookie: id=7; Path=/\r\n",
                   "<!-- <form action='/wrong'> --><form method=\"post\" action=\"/login/approve\">"
                   "<input type=\"hidden\" name=\"ticket\" value=\"a&amp;b\">"
                   "<button type=\"submit\" name=\"decision\" value=\"approve\">Sign in</button>"
                   "<button type=\"submit\" name=\"decision\" value=\"deny\">Cancel</button></form>"));
    }
    posted = in.request->target + " " + in.request->body + " " + *find_header(in.request->headers, "cookie");
    const bool approved = in.request->body.find("approve") != std::string::npos;
    return bytes(
        response("303 See Other",
                 "Location: " + callback() + (approved ? "?token=T" : "?error=access_denied") + "\r\n", ""));
  };
  EXPECT_EQ(go(nullptr).status, 200);
  EXPECT_EQ(posted, "/login/approve ticket=a%26b&decision=approve id=7");
  EXPECT_EQ(go({{"approve", false}}).redirect, callback() + "?error=access_denied");
  EXPECT_EQ(posted, "/login/approve ticket=a%26b&decision=deny id=7");
}

TEST_F(BrowserTest, PostsAFormThatSubmitsItselfToTheListener) {
  station.answer = [&](const Incoming&) {
    return bytes(response("200 OK", "",
                          "<form method=post action='" + callback() +
                              "'><input type=hidden name=token value=T>"
                              "<button type=submit>Continue</button></form>"));
  };
  EXPECT_EQ(go(nullptr).status, 200);
  EXPECT_THAT(heard(), ElementsAre("POST /callback"));
  EXPECT_EQ(heard_first()->body, "token=T");
}

TEST_F(BrowserTest, FollowsALinkToTheListener) {
  station.answer = [&](const Incoming&) {
    return bytes(
        response("200 OK", "",
                 "<a href='/help'>Help</a> <a href='" + callback() + "?token=T'>Back to the program</a>"));
  };
  EXPECT_EQ(go(nullptr).status, 200);
  EXPECT_THAT(heard(), ElementsAre("GET /callback?token=T"));
}

TEST_F(BrowserTest, EndsAtAPageThatLeadsNowhere) {
  station.answer = [&](const Incoming&) { return bytes(response("403 Forbidden", "", "not accepted")); };
  const Page page = go(nullptr);
  EXPECT_EQ(page.status, 403);
  EXPECT_EQ(page.body, "not accepted");
  EXPECT_EQ(page.redirect, "");
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(BrowserTest, GivesUpARedirectLoop) {
  station.answer = [&](const Incoming& in) {
    return bytes(response("302 Found", "Location: " + in.request->target + "x\r\n", ""));
  };
  EXPECT_EQ(go(nullptr).error, "ERR_TOO_MANY_REDIRECTS");
}

TEST_F(BrowserTest, KeepsTheRedirectForPasting) {
  const Page page = go({{"deliver", "none"}});
  EXPECT_EQ(page.redirect, callback() + "?token=T&state=S1");
  EXPECT_EQ(page.status, 0);
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(BrowserTest, ConnectsFirstAndSendsLater) {
  go({{"send_after", "100ms"}});
  Micros connected{0}, asked{0};
  for (const auto& e : listener.journal.entries()) {
    if (e->kind == JournalKind::connect) connected = e->at;
    if (e->kind == JournalKind::request) asked = e->at;
  }
  EXPECT_GE(asked - connected, milliseconds(90));
}

TEST_F(BrowserTest, SplitsItsRequest) {
  const Page page = go({{"split", {{"bytes", 7}, {"pause", "100us"}}}, {"half_close", true}});
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(heard(), ElementsAre("GET /callback?token=T&state=S1"));
}

TEST_F(BrowserTest, SendsWhatComesBeforeAndAfter) {
  const Page page = go({{"first",
                         {"favicon",
                          {{"get", "/"}},
                          {{"head", "/robots.txt"}},
                          "bare-callback",
                          "stale-state",
                          "no-state",
                          "stale-denied"}},
                        {"then", {"empty-callback", "duplicate", "denied"}}});
  EXPECT_THAT(
      heard(),
      ElementsAre("GET /favicon.ico", "GET /", "HEAD /robots.txt", "GET /callback",
                  "GET /callback?token=stale-token&state=stale-state", "GET /callback?token=stale-token",
                  "GET /callback?error=access_denied&state=stale-state", "GET /callback?token=T&state=S1",
                  "GET /callback?token=&state=", "GET /callback?token=T&state=S1",
                  "GET /callback?error=access_denied&state=S1"));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<p>done</p>");
  ASSERT_THAT(page.others, SizeIs(10));
  EXPECT_EQ(page.others[0].what, "favicon");
  EXPECT_EQ(page.others[0].status, 404);
  EXPECT_EQ(page.others[1].what, "GET /");
  EXPECT_EQ(page.others[9].what, "denied");
}

TEST_F(BrowserTest, WhatFollowsUsesTheConnectionThatWasKept) {
  go({{"then", {"favicon", "duplicate"}}});
  std::vector<std::uint64_t> connections;
  for (const auto& e : listener.journal.entries()) {
    if (e->kind == JournalKind::request) connections.push_back(e->connection);
  }
  ASSERT_THAT(connections, SizeIs(3));
  EXPECT_EQ(connections[0], connections[1]);
  EXPECT_NE(connections[1], connections[2]);
}

TEST_F(BrowserTest, SendsCopiesAtTheSameTimeAndLogsInTwice) {
  const Page page = go({{"copies", 2}, {"logins", 2}});
  EXPECT_THAT(heard(), SizeIs(4));
  EXPECT_EQ(page.status, 200);
  std::vector<std::string> what;
  for (const auto& other : page.others) what.push_back(other.what);
  EXPECT_THAT(what, ElementsAre("copy", "login", "copy"));
}

TEST_F(BrowserTest, OpensConnectionsThatSendNothing) {
  const Page page = go({{"first", {"idle-connection", {{"reset-connection", 3}}, "closed-connection"}}});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(listener.count(JournalKind::connect), 6U);
  EXPECT_THAT(heard(), SizeIs(1));
}

TEST_F(BrowserTest, GoesOnOnceTheListenerHasClosedWhatSaidNothing) {
  const auto bound = http::bind_tcp({"127.0.0.1", 0});
  ASSERT_TRUE(bound);
  ASSERT_EQ(::listen(bound->get(), 8), 0);
  const auto knocks = [&](int milliseconds) {
    pollfd asked = {bound->get(), POLLIN, 0};
    return ::poll(&asked, 1, milliseconds) == 1;
  };
  int early = -1;
  std::thread slow([&] {
    EXPECT_TRUE(knocks(10000));
    UniqueFd silent(::accept(bound->get(), nullptr, nullptr));
    char byte = 0;
    EXPECT_EQ(::recv(silent.get(), &byte, 1, 0), 0);
    early = knocks(100) ? 1 : 0;  // who comes now did not wait for the close below
    silent.reset();
    EXPECT_TRUE(knocks(10000));
    UniqueFd(::accept(bound->get(), nullptr, nullptr)).reset();
  });
  redirect_port = http::local_port(bound->get());
  go({{"first", {"closed-connection"}}});
  slow.join();
  EXPECT_EQ(early, 0);
}

TEST_F(BrowserTest, RefusesPlainHttpWhenItIsHttpsOnly) {
  const Page page = go({{"https_only", true}});
  EXPECT_THAT(page.error, StartsWith("HTTPS-Only"));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_EQ(listener.count(JournalKind::connect), 1U);
  listener.wait(JournalKind::bad_request);
}

TEST_F(BrowserTest, TriesIPv6First) {
  // The other where the machine has no IPv6.
  EXPECT_THAT(go({{"address", "ipv6"}}).error, AnyOf("ERR_CONNECTION_REFUSED", "ERR_ADDRESS_UNREACHABLE"));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_EQ(go({{"address", "ipv6-then-ipv4"}}).status, 200);
  EXPECT_EQ(go({{"address", "ipv4"}}).status, 200);
}

TEST_F(BrowserTest, AFragmentIsNeverSent) {
  location_tail = "#token=T&state=S1";
  const Page page = go(nullptr);
  EXPECT_THAT(heard(), ElementsAre("GET /callback"));
  EXPECT_EQ(page.redirect, callback() + "#token=T&state=S1");
}

TEST_F(BrowserTest, AScriptMayRelayAFragment) {
  location_tail = "#token=T&state=S1";
  listener.answer = [](const Incoming& in) {
    if (in.request->method == "POST") return bytes(response("200 OK", "", "relayed"));
    return bytes(
        response("200 OK", "",
                 "<script>if(location.hash.length>1){const f=document.createElement('form');f.method='post';"
                 "f.action='/callback';f.submit()}</script>"));
  };
  EXPECT_EQ(go(nullptr).body, "relayed");
  EXPECT_THAT(heard(), ElementsAre("GET /callback", "POST /callback"));

  listener.answer = [](const Incoming& in) {
    if (in.request->target != "/callback") return bytes(response("200 OK", "", "moved"));
    return bytes(
        response("200 OK", "", "<script>location.replace('/token?' + location.hash.slice(1))</script>"));
  };
  EXPECT_EQ(go(nullptr).body, "moved");
  EXPECT_EQ(heard().back(), "GET /token?token=T&state=S1");
}

TEST_F(BrowserTest, FollowsTheListenersOwnRedirect) {
  listener.answer = [](const Incoming& in) {
    if (in.request->target == "/success") return bytes(response("200 OK", "", "signed in"));
    return bytes(response("302 Found", "Location: /success\r\n", ""));
  };
  EXPECT_EQ(go(nullptr).body, "signed in");
}

// --- fetch() from the login page

class FetchTest : public BrowserTest {
 protected:
  void SetUp() override {
    BrowserTest::SetUp();
    listener.answer = [this](const Incoming& in) {
      if (in.request->method == "OPTIONS") return bytes(response(preflight_status, preflight_headers, ""));
      return bytes(response("200 OK", answer_headers, "ok"));
    };
  }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(station.port()); }
  std::string preflight_status = "204 No Content";
  std::string preflight_headers, answer_headers;
};

TEST_F(FetchTest, IsNotSentWithoutPrivateNetworkAccess) {
  preflight_headers = "Access-Control-Allow-Origin: *\r\n";
  const Page page = go({{"deliver", "fetch"}});
  EXPECT_EQ(page.error, "ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS");
  EXPECT_THAT(heard(), ElementsAre("OPTIONS /callback?token=T&state=S1"));
  EXPECT_EQ(*find_header(heard_first()->headers, "access-control-request-private-network"), "true");
  EXPECT_EQ(*find_header(heard_first()->headers, "origin"), origin());
}

TEST_F(FetchTest, IsNotSentToAListenerThatAllowsAnotherOrigin) {
  preflight_headers =
      "Access-Control-Allow-Origin: https://other.example\r\nAccess-Control-Allow-Private-Network: true\r\n";
  EXPECT_EQ(go({{"deliver", "fetch"}}).error, "CORS: Access-Control-Allow-Origin does not name " + origin());
  preflight_status = "404 Not Found";
  EXPECT_EQ(go({{"deliver", "fetch"}}).error, "CORS: the preflight was answered with 404");
  for (const auto& line : heard()) EXPECT_THAT(line, StartsWith("OPTIONS"));
}

TEST_F(FetchTest, PostsWhenItIsAllowedTo) {
  preflight_headers =
      "Access-Control-Allow-Origin: " + origin() + "\r\nAccess-Control-Allow-Private-Network: true\r\n";
  EXPECT_EQ(go({{"deliver", "fetch-post"}}).error,
            "CORS: Access-Control-Allow-Headers does not name content-type");
  preflight_headers += "Access-Control-Allow-Headers: Content-Type\r\n";
  answer_headers = "Access-Control-Allow-Origin: " + origin() + "\r\n";
  const Page page = go({{"deliver", "fetch-post"}});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.error, "");
  EXPECT_EQ(heard().back(), "POST /callback");
  std::string body;
  for (const auto& e : listener.journal.entries()) {
    if (e->kind == JournalKind::request && e->request->method == "POST") body = e->request->body;
  }
  EXPECT_EQ(nlohmann::json::parse(body), (nlohmann::json{{"token", "T"}, {"state", "S1"}}));
}

TEST_F(FetchTest, TheAnswerMustNameTheOriginToo) {
  preflight_headers = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Private-Network: true\r\n";
  const Page page = go({{"deliver", "fetch"}});
  EXPECT_THAT(page.error, StartsWith("CORS:"));
  EXPECT_EQ(heard().back(), "GET /callback?token=T&state=S1");
}

// --- answers that are none

TEST_F(BrowserTest, TellsHowAnAnswerWentWrong) {
  const auto error_for = [&](http::Answer answer) {
    listener.answer = [&answer](const Incoming&) { return answer; };
    return go({{"answer_deadline", "200ms"}}).error;
  };
  EXPECT_EQ(error_for(script_of({{wire::Reset{}}})), "ERR_CONNECTION_RESET");
  EXPECT_EQ(error_for(script_of({{wire::Close{}}})), "ERR_EMPTY_RESPONSE");
  EXPECT_EQ(error_for(script_of({http::write("nonsense\r\n\r\n"), {wire::Close{}}})),
            "ERR_INVALID_HTTP_RESPONSE");
  EXPECT_EQ(
      error_for(script_of({http::write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), {wire::Close{}}})),
      "ERR_CONTENT_LENGTH_MISMATCH");
  EXPECT_EQ(
      error_for(script_of({http::write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
                           {wire::Close{}}})),
      "ERR_INCOMPLETE_CHUNKED_ENCODING");
  EXPECT_EQ(error_for(script_of({http::write("HTTP/1.1 200 OK\r\n"), {wire::Stall{}}})), "ERR_TIMED_OUT");
}

TEST_F(BrowserTest, ReadsEveryFramingAndInterimAnswers) {
  const auto body_for = [&](std::string raw) {
    listener.answer = [&raw](const Incoming&) { return script_of({http::write(raw)}, false); };
    const Page page = go({{"answer_deadline", "2s"}});
    return page.error + page.body;
  };
  EXPECT_EQ(body_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n"),
            "abcde");
  EXPECT_EQ(body_for("HTTP/1.0 200 OK\r\n\r\nto the end"), "to the end");
  EXPECT_EQ(body_for("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "hi");
  EXPECT_EQ(body_for("HTTP/1.1 204 No Content\r\n\r\n"), "");
}

TEST_F(BrowserTest, ReportsAListenerThatIsNotThere) {
  station.answer = [](const Incoming&) {
    return bytes(response("302 Found", "Location: http://127.0.0.1:1/callback\r\n", ""));
  };
  const auto plan = read_plan(nullptr).value();
  const Page page = visit("http://127.0.0.1:" + std::to_string(station.port()) + "/login", plan, journal);
  EXPECT_EQ(page.error, "ERR_CONNECTION_REFUSED");
  EXPECT_EQ(visit("not a url", plan, journal).error, "ERR_INVALID_URL");
  EXPECT_EQ(visit("http://127.0.0.1:1/login", plan, journal).error, "ERR_CONNECTION_REFUSED");
}

TEST_F(BrowserTest, CanBeCancelledFromAnotherThread) {
  listener.answer = [](const Incoming&) { return script_of({{wire::Stall{}}}); };
  http::CancelToken cancel;
  Page page;
  std::thread visiting([&] { page = visit(login_url(), Plan{}, journal, {"", &cancel}); });
  listener.wait(JournalKind::request);
  cancel.cancel();
  visiting.join();
  EXPECT_EQ(page.error, "ERR_ABORTED");
}

// The listener says that it wants no more on this connection, and waits for the browser to end it.
TEST_F(BrowserTest, KeepsItsConnectionOpenWhileItSendsMoreAndUntilTheClientHasEnded) {
  listener.answer = [](const Incoming& in) {
    const bool callback = target_path(in.request->target) == "/callback";
    return bytes(response("200 OK", callback ? "Connection: close\r\n" : "", ""));
  };
  const auto plan = read_plan({{"late_fin", "50s"}, {"then", {"favicon"}}}).value();
  http::CancelToken over;
  std::thread visiting([&] { visit(login_url(), plan, journal, {"", nullptr, &over}); });
  const auto favicon = listener.wait(JournalKind::request, "favicon");
  const auto callback = listener.wait(JournalKind::request, "callback");
  const auto closed = [&](const JournalEntry& e) {
    return e.kind == JournalKind::peer_closed && e.connection == callback->connection;
  };
  EXPECT_NE(favicon->connection, callback->connection);
  for (const auto& e : listener.journal.entries()) EXPECT_FALSE(closed(*e)) << e->text;
  over.cancel();
  visiting.join();
  EXPECT_TRUE(listener.journal.wait(closed, seconds(10), "the late end"));
}

TEST_F(BrowserTest, ALateEndIsThatLate) {
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(go({{"late_fin", "80ms"}}).status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(80));
}

}  // namespace
}  // namespace assay::browser
