#include <gmock/gmock.h>

#include "fakes/common/jwt.h"
#include "fakes/common/test_caller.h"
#include "fakes/common/test_keys.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

constexpr const char* sign_in_url = "/login?redirect_uri=http%3A%2F%2F127.0.0.1%3A1456%2Fcallback&state=S1";
constexpr const char* keys_path = "/platform/v1/teams/team-1/keys";

class ControlApi : public testing::Test {
 protected:
  void open(json control = json::object(), json token = json::object()) {
    world.state = make_state(ASSAY_SOURCE_DIR "/fixtures");
    world.make("auth", "auth-station", {{"auto", true}, {"token", std::move(token)}});
    world.make("control", "control-api", std::move(control));
  }
  std::string login() { return *query_value(world.get("auth", sign_in_url).header("Location"), "token"); }
  Answer exchange(const std::string& token) {
    return world.post_json("control", "/auth/exchange", {{"token", token}});
  }
  std::string session() { return exchange(login()).json()["session_token"]; }
  Answer mint(const std::string& session_token, json body = {{"name", "cli"}}, Headers more = {}) {
    auto headers = bearer(session_token);
    headers.insert(headers.end(), more.begin(), more.end());
    return world.post_json("control", keys_path, body, headers);
  }
  Credential check(const std::string& key, std::string_view database = "production") {
    return check_credential(*world.state, key, database, world.clock.now(), world.clock.wall_seconds());
  }

  TestWorld world;
};

TEST_F(ControlApi, TwoHopsFromTokenToKey) {
  open();
  const auto hop1 = exchange(login());
  ASSERT_EQ(hop1.status(), 200);
  EXPECT_EQ(hop1.json()["default_team_id"], "team-1");
  const auto claims = parse_jwt(hop1.json()["session_token"].get<std::string>()).value();
  EXPECT_EQ(claims.header["alg"], "HS256");
  EXPECT_EQ(claims.claims["iss"], "infer-session");
  const auto hop2 = mint(hop1.json()["session_token"]);
  ASSERT_EQ(hop2.status(), 200);
  const std::string key = hop2.json()["key"];
  EXPECT_TRUE(key.starts_with("sk-worldrouter-")) << key;
  EXPECT_EQ(check(key), Credential::ok);
  EXPECT_EQ(check(key, "preview"), Credential::unknown);
  EXPECT_EQ(world.fake("control").get("live_keys"), 1);
}

// Law 7: what a client must not spill is searched for afterwards, whoever made it up.
TEST_F(ControlApi, WhatItIssuesIsSecret) {
  open();
  const std::string token = login(), session_token = exchange(token).json()["session_token"];
  const std::string key = mint(session_token).json()["key"];
  const json secrets = world.fake("control").get("secrets");
  EXPECT_EQ(secrets["login token"], json::array({token}));
  EXPECT_EQ(secrets["session token"], json::array({session_token}));
  EXPECT_EQ(secrets["minted key"], json::array({key}));
}

TEST_F(ControlApi, TheWrongTokenAtHop2GetsTheKnownBody) {
  open();
  const auto token = login();
  for (const auto& wrong :
       {token, std::string("sk-worldrouter-x"), std::string(""), sign_hs256({{"jti", "x"}}, "guess"),
        sign_hs256({{"jti", "x"}}, session_secret())}) {
    const auto answer = mint(wrong);
    EXPECT_EQ(answer.status(), 401);
    EXPECT_EQ(answer.body(),
              R"({"detail":{"code":"litellm_unauthorized","message":"Invalid Infer session token"}})");
  }
  EXPECT_EQ(world.call("control", "POST", keys_path).status(), 401);
  EXPECT_EQ(world.fake("control").get("keys_minted"), 0);
}

TEST_F(ControlApi, ProbesGet422) {
  open();
  for (const char* body : {"", "{}", "[]", "not json", R"({"token":5})"}) {
    const auto answer = world.call("control", "POST", "/auth/exchange", {}, body);
    EXPECT_EQ(answer.status(), 422) << body;
    EXPECT_TRUE(answer.json()["detail"].is_array()) << body;
  }
  EXPECT_EQ(world.get("control", "/auth/exchange").status(), 405);
  EXPECT_TRUE(world.get("control", "/").unclaimed);
}

TEST_F(ControlApi, TokensThatAreNotRightAreRefusedWithTheReason) {
  struct Row {
    json token;
    std::string why;
  };
  const std::vector<Row> table{{{{"signature", "wrong-key"}}, "Invalid token signature"},
                               {{{"signature", "none"}}, "Invalid token signature"},
                               {{{"signature", "hs256"}}, "Invalid token signature"},
                               {{{"issuer", "auth.worldrouter.dev"}}, "Unknown token issuer"},
                               {{{"omit", {"exp"}}}, "Token has no exp"},
                               {{{"omit", {"sub"}}}, "Token has no sub"},
                               {{{"lifetime", "-1m"}}, "Token has expired"},
                               {{{"skew", "-2h"}}, "Token has expired"},
                               {{{"skew", "2h"}}, "Token is not valid yet"},
                               {{{"claims", {{"exp", "soon"}}}}, "Token has expired"}};
  for (const auto& row : table) {
    open(json::object(), row.token);
    const auto answer = exchange(login());
    EXPECT_EQ(answer.status(), 401) << row.token;
    EXPECT_EQ(answer.json()["detail"]["code"], "invalid_token");
    EXPECT_EQ(answer.json()["detail"]["message"], row.why) << row.token;
  }
  open();
  EXPECT_EQ(exchange("no token").status(), 401);
}

TEST_F(ControlApi, SkewWithinTheLeewayIsForgiven) {
  open(json::object(), {{"skew", "20s"}});
  EXPECT_EQ(exchange(login()).status(), 200);
  open({{"session", {{"leeway", "3h"}}}}, {{"skew", "-2h"}});
  EXPECT_EQ(exchange(login()).status(), 200);
}

TEST_F(ControlApi, SignedOutTokensAndSessionsEnd) {
  open();
  const auto token = login();
  EXPECT_EQ(world.call("auth", "POST", "/logout", bearer(token)).status(), 204);
  EXPECT_EQ(exchange(token).json()["detail"]["message"], "Token was signed out");
  const auto s = session();
  EXPECT_EQ(world.call("control", "POST", "/auth/logout", bearer(s)).status(), 204);
  EXPECT_EQ(world.call("control", "POST", "/auth/logout", bearer(s)).status(), 401);
  EXPECT_EQ(mint(s).status(), 401);
  const auto late = session();
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(mint(late).status(), 401);
}

TEST_F(ControlApi, AnswersOfTheExchangeCanLackAndDiffer) {
  open({{"exchange", {{"omit", {"default_team_id"}}, {"set", {{"expires_in", "3600"}}}}}});
  const auto answer = exchange(login()).json();
  EXPECT_FALSE(answer.contains("default_team_id"));
  EXPECT_EQ(answer["expires_in"], "3600");
  for (const json& team : {json(nullptr), json(""), json(7)}) {
    open({{"exchange", {{"set", {{"default_team_id", team}}}}}});
    EXPECT_EQ(exchange(login()).json()["default_team_id"], team);
  }
}

TEST_F(ControlApi, MintingIsIdempotentWhenAsked) {
  open();
  const auto s = session();
  const auto once = mint(s, {{"name", "cli"}}, {{"Idempotency-Key", "I1"}}).json();
  const auto twice = mint(s, {{"name", "cli"}}, {{"idempotency-key", "I1"}}).json();
  EXPECT_EQ(once["key"], twice["key"]);
  EXPECT_EQ(twice["created"], false);
  EXPECT_EQ(mint(s, {{"name", "other"}}, {{"Idempotency-Key", "I1"}}).status(), 409);
  EXPECT_NE(mint(s).json()["key"], once["key"]);
  EXPECT_EQ(world.fake("control").get("keys_minted"), 2);
  open({{"mint", "get-or-create"}});
  const auto fresh = session();
  const auto named = mint(fresh, {{"name", "laptop"}}).json();
  EXPECT_EQ(mint(fresh, {{"name", "laptop"}}).json()["key"], named["key"]);
  EXPECT_NE(mint(fresh, {{"name", "desktop"}}).json()["key"], named["key"]);
  EXPECT_EQ(mint(fresh, {{"name", 5}}).status(), 422);
}

TEST_F(ControlApi, KeysAreListedWithoutSecretsAndRevokedOnce) {
  open();
  const auto s = session();
  const auto key = mint(s).json();
  const auto listed = world.get("control", keys_path, bearer(s));
  ASSERT_EQ(listed.json()["data"].size(), 1U);
  EXPECT_EQ(listed.json()["data"][0]["id"], key["id"]);
  EXPECT_EQ(listed.body().find(key["key"].get<std::string>()), std::string::npos);
  const auto path = keys_path + ("/" + key["id"].get<std::string>());
  EXPECT_EQ(world.call("control", "DELETE", path, bearer(s)).body(),
            R"({"id":")" + key["id"].get<std::string>() + R"(","revoked":true})");
  EXPECT_EQ(world.call("control", "DELETE", path, bearer(s)).status(), 404);
  EXPECT_EQ(world.get("control", keys_path, bearer(s)).json()["data"], json::array());
  EXPECT_EQ(check(key["key"]), Credential::revoked);
  EXPECT_EQ(world.fake("control").get("live_keys"), 0);
}

TEST_F(ControlApi, ARefusedRevocationLeavesTheKeyAlive) {
  open({{"revoke", "refused"}});
  const auto s = session();
  const auto key = mint(s).json();
  const auto answer =
      world.call("control", "DELETE", keys_path + ("/" + key["id"].get<std::string>()), bearer(s));
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.json()["revoked"], false);
  EXPECT_EQ(check(key["key"]), Credential::ok);
}

TEST_F(ControlApi, OtherPeoplesTeamsAreForbidden) {
  open({{"teams", {"team-1", "team-2"}}});
  const auto s = session();
  EXPECT_EQ(world.post_json("control", "/platform/v1/teams/team-2/keys", json::object(), bearer(s)).status(),
            200);
  const auto answer = world.post_json("control", "/platform/v1/teams/team-3/keys", json::object(), bearer(s));
  EXPECT_EQ(answer.status(), 403);
  EXPECT_EQ(answer.json()["detail"]["code"], "team_forbidden");
}

TEST_F(ControlApi, FreshKeysReplicateAfterRequestsOrTime) {
  open({{"replication", {{"requests", 2}}}});
  const std::string key = mint(session()).json()["key"];
  EXPECT_EQ(check(key), Credential::not_replicated);
  EXPECT_EQ(check(key), Credential::not_replicated);
  EXPECT_EQ(check(key), Credential::ok);
  open({{"replication", {{"delay", "300ms"}}}});
  const std::string late = mint(session()).json()["key"];
  world.clock.advance(Micros(299'999));
  EXPECT_EQ(check(late), Credential::not_replicated);
  world.clock.advance(Micros(1));
  EXPECT_EQ(check(late), Credential::ok);
  open({{"database", "preview"}});
  EXPECT_EQ(check(mint(session()).json()["key"]), Credential::unknown);
}

}  // namespace
}  // namespace assay::fakes
