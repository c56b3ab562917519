#include <gmock/gmock.h>

#include "fakes/common/jwt.h"
#include "fakes/common/test_caller.h"
#include "fakes/common/test_keys.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* login_url = "/login?redirect_uri=http%3A%2F%2F127.0.0.1%3A1456%2Fcallback&state=S1";

class AuthStation : public testing::Test {
 protected:
  void open(json settings = json::object()) { world.make("auth", "auth-station", std::move(settings)); }
  std::string ticket() {
    return attribute_after(world.get("auth", login_url).body(), "name=\"ticket\"", "value");
  }
  Answer decide(const std::string& decision) {
    return world.post_form("auth", "/login/approve", {{"ticket", ticket()}, {"decision", decision}});
  }
  // The claims of the token that a login with these settings ends with.
  json claims_with(json token_settings) {
    open({{"auto", true}, {"token", std::move(token_settings)}});
    const auto location = world.get("auth", login_url).header("Location");
    return parse_jwt(query_value(location, "token").value_or("")).value().claims;
  }

  TestWorld world;
};

TEST_F(AuthStation, ALoginEndsWithATokenThatJwksProves) {
  open();
  const auto page = world.get("auth", login_url);
  EXPECT_EQ(page.status(), 200);
  EXPECT_THAT(page.header("Content-Type"), HasSubstr("text/html"));
  const auto answer = decide("approve");
  EXPECT_EQ(answer.status(), 302);
  const auto location = answer.header("Location");
  EXPECT_TRUE(location.starts_with("http://127.0.0.1:1456/callback?token=")) << location;
  EXPECT_EQ(query_value(location, "state"), "S1");

  const auto token = parse_jwt(*query_value(location, "token")).value();
  EXPECT_EQ(token.header, json({{"alg", "RS256"}, {"kid", "assay-test-1"}, {"typ", "JWT"}}));
  EXPECT_TRUE(verify_rs256(token, RsaKey::from_pem(issuer_private_key_pem()).value()));
  EXPECT_EQ(token.claims["iss"], "auth.worldrouter.ai");
  EXPECT_EQ(token.claims["exp"].get<std::int64_t>() - token.claims["iat"].get<std::int64_t>(), 3600);
  EXPECT_FALSE(token.claims.contains("default_team_id"));

  const auto keys = world.get("auth", "/.well-known/jwks.json").json()["keys"];
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0]["kid"], token.header["kid"]);
  EXPECT_EQ(base64url_decode(keys[0]["n"].get<std::string>())->size(), 256U);
  EXPECT_EQ(world.fake("auth").get("token"), *query_value(location, "token"));
}

TEST_F(AuthStation, ATicketIsGoodOnceAndNotForEver) {
  open();
  const auto first = ticket();
  EXPECT_EQ(world.post_form("auth", "/login/approve", {{"ticket", first}, {"decision", "approve"}}).status(),
            302);
  EXPECT_EQ(world.post_form("auth", "/login/approve", {{"ticket", first}, {"decision", "approve"}}).status(),
            400);
  const auto second = ticket();
  world.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(world.post_form("auth", "/login/approve", {{"ticket", second}, {"decision", "approve"}}).status(),
            400);
  EXPECT_EQ(world.post_form("auth", "/login/approve", {{"ticket", ticket()}, {"decision", "maybe"}}).status(),
            400);
}

TEST_F(AuthStation, DenialGoesBackWithTheState) {
  open();
  const auto location = decide("deny").header("Location");
  EXPECT_EQ(query_value(location, "error"), "access_denied");
  EXPECT_EQ(query_value(location, "state"), "S1");
  EXPECT_EQ(query_value(location, "token"), std::nullopt);
  open({{"deny", true}});
  EXPECT_EQ(query_value(decide("approve").header("Location"), "error"), "access_denied");
}

TEST_F(AuthStation, OnlyAcceptedOriginsAreEverRedirectedTo) {
  open({{"auto", true}});
  for (const char* bad :
       {"http%3A%2F%2F127.0.0.1%3A1457%2Fcallback", "http%3A%2F%2F127.0.0.1%3A1456%40evil.example%2F",
        "https%3A%2F%2F127.0.0.1%3A1456%2F", "http%3A%2F%2Fevil.example%2F", "javascript%3A1"}) {
    const auto answer = world.get("auth", std::string("/login?state=S&redirect_uri=") + bad);
    EXPECT_EQ(answer.status(), 403) << bad;
    EXPECT_EQ(answer.header("Location"), "");
  }
  EXPECT_EQ(world.get("auth", "/login?state=S").status(), 400);
  open({{"auto", true}, {"accepted_origins", {"http://127.0.0.1:*"}}});
  EXPECT_EQ(world.get("auth", "/login?redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcb").status(), 302);
  EXPECT_EQ(world.get("auth", "/login?redirect_uri=http%3A%2F%2F127.0.0.1%3A%2Fcb").status(), 403);
  EXPECT_EQ(world.get("auth", "/login?redirect_uri=http%3A%2F%2F127.0.0.1%3A1.evil.example%2Fcb").status(),
            403);
}

TEST_F(AuthStation, APageNeverEchoesMarkup) {
  open();
  const auto page = world.get("auth", "/login?redirect_uri=http%3A%2F%2F%3Cscript%3E%2F");
  EXPECT_EQ(page.status(), 403);
  EXPECT_THAT(page.body(), Not(HasSubstr("<script>")));
}

TEST_F(AuthStation, ProbeAnswers307) {
  open();
  EXPECT_EQ(world.get("auth", "/session/check", {{"Origin", "http://127.0.0.1:1456"}}).status(), 307);
  EXPECT_EQ(world.get("auth", "/session/check", {{"Origin", "http://evil.example"}}).status(), 403);
  EXPECT_EQ(world.get("auth", "/session/check").status(), 400);
  const std::string probe = "/session/check?redirect_uri=http%3A%2F%2F127.0.0.1%3A1456%2Fcallback&state=S1";
  EXPECT_EQ(world.get("auth", probe).header("Location"), login_url);
  const auto set = decide("approve").header("Set-Cookie");
  const auto session = set.substr(0, set.find(';'));
  const auto again = world.get("auth", probe, {{"Cookie", session}});
  EXPECT_EQ(again.status(), 307);
  EXPECT_THAT(again.header("Location"), HasSubstr("/callback?token="));
  EXPECT_EQ(world.get("auth", login_url, {{"Cookie", session}}).status(), 302);
  EXPECT_EQ(world.call("auth", "POST", "/logout", {{"Cookie", session}}).status(), 204);
  EXPECT_EQ(world.get("auth", login_url, {{"Cookie", session}}).status(), 200);
}

TEST_F(AuthStation, TokensCanBeWrongInEveryWayThatMatters) {
  const auto now = world.clock.wall_seconds();
  EXPECT_EQ(claims_with({{"issuer", "evil"}})["iss"], "evil");
  EXPECT_EQ(claims_with({{"lifetime", "-5s"}})["exp"], now - 5);
  EXPECT_EQ(claims_with({{"skew", "-2h"}})["iat"], now - 7200);
  EXPECT_FALSE(claims_with({{"omit", {"exp", "sub"}}}).contains("exp"));
  EXPECT_EQ(claims_with({{"claims", {{"default_team_id", "t9"}}}})["default_team_id"], "t9");
  const auto key = RsaKey::from_pem(issuer_private_key_pem()).value();
  for (const auto& [kind, alg] : std::vector<std::pair<std::string, std::string>>{
           {"wrong-key", "RS256"}, {"none", "none"}, {"hs256", "HS256"}}) {
    open({{"auto", true}, {"token", {{"signature", kind}}}});
    const auto token =
        parse_jwt(*query_value(world.get("auth", login_url).header("Location"), "token")).value();
    EXPECT_EQ(token.header["alg"], alg);
    EXPECT_FALSE(verify_rs256(token, key)) << kind;
  }
}

TEST_F(AuthStation, TheRedirectTakesManyForms) {
  open({{"auto", true}, {"delivery", "fragment"}, {"redirect_params", {{"refresh_token", "R"}}}});
  const auto fragment = world.get("auth", login_url).header("Location");
  EXPECT_TRUE(fragment.starts_with("http://127.0.0.1:1456/callback#token=")) << fragment;
  EXPECT_THAT(fragment, HasSubstr("&refresh_token=R"));
  open({{"auto", true}, {"delivery", "form_post"}});
  const auto page = world.get("auth", login_url);
  EXPECT_EQ(page.status(), 200);
  EXPECT_EQ(attribute_after(page.body(), "<form", "action"), "http://127.0.0.1:1456/callback");
  open({{"auto", true}, {"state", "wrong"}, {"redirect_status", 303}});
  EXPECT_EQ(query_value(world.get("auth", login_url).header("Location"), "state"), "not-S1");
  EXPECT_EQ(world.get("auth", login_url).status(), 303);
  ASSERT_TRUE(world.fake("auth").set("state", "omit"));
  EXPECT_EQ(query_value(world.get("auth", login_url).header("Location"), "state"), std::nullopt);
  EXPECT_FALSE(world.fake("auth").set("state", "gone"));
}

TEST_F(AuthStation, OtherRequestsAreNotItsOwn) {
  open();
  EXPECT_TRUE(world.get("auth", "/favicon.ico").unclaimed);
  EXPECT_EQ(world.call("auth", "PUT", "/login").status(), 405);
  EXPECT_EQ(world.call("auth", "POST", "/logout").status(), 401);
}

TEST_F(AuthStation, TheSameSeedGivesTheSameToken) {
  open({{"auto", true}});
  const auto once = world.get("auth", login_url).header("Location");
  open({{"auto", true}});
  EXPECT_EQ(world.get("auth", login_url).header("Location"), once);
}

}  // namespace
}  // namespace assay::fakes
