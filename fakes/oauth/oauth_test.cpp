#include "fakes/oauth/oauth.h"

#include <gmock/gmock.h>

#include "fakes/common/jwt.h"
#include "fakes/common/test_caller.h"
#include "fakes/common/test_keys.h"
#include "fakes/oauth/endpoint.h"
#include "fakes/oauth/rules.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Fields = std::vector<std::pair<std::string, std::string>>;

const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";   // RFC 7636 appendix B
const std::string challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";  // ... and its challenge
const std::string redirect_uri = "http://localhost:49152/auth/callback";

class OAuth : public testing::Test {
 protected:
  void open(json settings = json::object()) {
    world.state = make_state(ASSAY_SOURCE_DIR "/fixtures");
    if (!settings.contains("auto")) settings["auto"] = true;
    world.make("auth", "oauth", std::move(settings));
  }
  static Fields authorization(Fields changes = {}) {
    Fields all{{"response_type", "code"},
               {"client_id", "assay-reference"},
               {"redirect_uri", redirect_uri},
               {"scope", "openid offline_access"},
               {"state", "S1"},
               {"code_challenge", challenge},
               {"code_challenge_method", "S256"}};
    return changed(std::move(all), changes);
  }
  // Replaces fields; an empty value takes one out.
  static Fields changed(Fields all, const Fields& changes) {
    for (const auto& [name, value] : changes) {
      std::erase_if(all, [&, n = name](const auto& field) { return field.first == n; });
      if (!value.empty()) all.emplace_back(name, value);
    }
    return all;
  }
  Answer authorize(const Fields& changes = {}) {
    std::string target = "/authorize?";
    for (const auto& [name, value] : authorization(changes))
      target += (target.back() == '?' ? "" : "&") + name + "=" + percent_encode(value);
    return world.get("auth", target);
  }
  std::string code(const Fields& changes = {}) {
    return query_value(authorize(changes).header("Location"), "code").value_or("");
  }
  Answer redeem(const std::string& code, const Fields& changes = {}) {
    return token(changed({{"grant_type", "authorization_code"},
                          {"code", code},
                          {"redirect_uri", redirect_uri},
                          {"code_verifier", verifier},
                          {"client_id", "assay-reference"}},
                         changes));
  }
  Answer refresh(const std::string& refresh_token, const Fields& changes = {}) {
    return token(changed(
        {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}, {"client_id", "assay-reference"}},
        changes));
  }
  Answer token(const Fields& fields) { return world.post_form("auth", "/token", fields); }
  json tokens() { return redeem(code()).json(); }
  Answer poll(const std::string& device_code) {
    return token({{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                  {"device_code", device_code},
                  {"client_id", "assay-reference"}});
  }
  json device() {
    return world
        .post_form("auth", "/device_authorization", {{"client_id", "assay-reference"}, {"scope", "openid"}})
        .json();
  }
  Credential check(const std::string& token) {
    return check_credential(*world.state, token, "production", world.clock.now(), world.clock.wall_seconds());
  }
  void expect_error(const Answer& answer, const std::string& error, int status = 400) {
    EXPECT_EQ(answer.status(), status) << answer.body();
    EXPECT_EQ(answer.json().value("error", ""), error) << answer.body();
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  }

  TestWorld world;
};

TEST_F(OAuth, ALoginByPage) {
  open({{"auto", false}});
  const auto page = authorize();
  EXPECT_EQ(page.status(), 200);
  const auto ticket = attribute_after(page.body(), "name=\"ticket\"", "value");
  const auto back =
      world.post_form("auth", "/authorize/approve", {{"ticket", ticket}, {"decision", "approve"}});
  EXPECT_EQ(back.status(), 303);
  const auto location = back.header("Location");
  EXPECT_TRUE(location.starts_with(redirect_uri + "?code=")) << location;
  EXPECT_EQ(query_value(location, "state"), "S1");
  EXPECT_EQ(query_value(location, "iss"), "http://127.0.0.1:4711");
  EXPECT_EQ(
      world.post_form("auth", "/authorize/approve", {{"ticket", ticket}, {"decision", "approve"}}).status(),
      400);

  const auto answer = redeem(*query_value(location, "code"));
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  const auto got = answer.json();
  EXPECT_EQ(got["token_type"], "Bearer");
  EXPECT_EQ(got["expires_in"], 3600);
  EXPECT_EQ(got["scope"], "openid offline_access");
  EXPECT_EQ(check(got["access_token"]), Credential::ok);
  const auto id = parse_jwt(got["id_token"].get<std::string>()).value();
  EXPECT_TRUE(verify_rs256(id, RsaKey::from_pem(issuer_private_key_pem()).value()));
  EXPECT_EQ(id.claims["aud"], "assay-reference");
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(check(got["access_token"]), Credential::expired);
}

TEST_F(OAuth, WhatItIssuesAndIsShownIsSecret) {
  open();
  const std::string login = code();
  const json granted = redeem(login).json();
  const std::string device_code = device()["device_code"];
  const json secrets = world.fake("auth").get("secrets");
  EXPECT_EQ(secrets["authorization code"], json::array({login}));
  EXPECT_EQ(secrets["code verifier"], json::array({verifier}));
  EXPECT_EQ(secrets["access token"], json::array({granted["access_token"]}));
  EXPECT_EQ(secrets["refresh token"], json::array({granted["refresh_token"]}));
  EXPECT_EQ(secrets["device code"], json::array({device_code}));
}

TEST_F(OAuth, DenialGoesBackWithTheState) {
  open({{"auto", false}});
  const auto ticket = attribute_after(authorize().body(), "name=\"ticket\"", "value");
  const auto back = world.post_form("auth", "/authorize/approve", {{"ticket", ticket}, {"decision", "deny"}});
  EXPECT_EQ(query_value(back.header("Location"), "error"), "access_denied");
  EXPECT_EQ(query_value(back.header("Location"), "state"), "S1");
  open({{"deny", true}});
  EXPECT_EQ(query_value(authorize().header("Location"), "error"), "access_denied");
}

TEST_F(OAuth, NeverRedirectsToWhereItShouldNot) {
  open();
  for (const Fields& wrong :
       std::vector<Fields>{{{"client_id", "stranger"}},
                           {{"client_id", ""}},
                           {{"redirect_uri", ""}},
                           {{"redirect_uri", "http://localhost:49152/other"}},
                           {{"redirect_uri", "https://localhost:49152/auth/callback"}},
                           {{"redirect_uri", "http://localhost.evil.example/auth/callback"}},
                           {{"redirect_uri", "http://localhost:49152/auth/callback?x=1"}}}) {
    const auto answer = authorize(wrong);
    EXPECT_EQ(answer.status(), 400) << wrong[0].second;
    EXPECT_EQ(answer.header("Location"), "");
  }
}

TEST_F(OAuth, OtherMistakesGoToTheClient) {
  open();
  const std::vector<std::pair<Fields, std::string>> table{
      {{{"response_type", ""}}, "invalid_request"},
      {{{"response_type", "smoke"}}, "unsupported_response_type"},
      {{{"code_challenge", ""}}, "invalid_request"},
      {{{"code_challenge_method", "plain"}}, "invalid_request"},
      {{{"code_challenge_method", ""}}, "invalid_request"},
      {{{"code_challenge", challenge + "="}}, "invalid_request"},
      {{{"code_challenge", "+" + challenge.substr(1)}}, "invalid_request"},
      {{{"scope", "everything"}}, "invalid_scope"},
      {{{"response_mode", "smoke"}}, "unsupported_response_mode"}};
  for (const auto& [changes, error] : table) {
    const auto location = authorize(changes).header("Location");
    EXPECT_EQ(query_value(location, "error"), error) << changes[0].first;
    EXPECT_EQ(query_value(location, "state"), "S1");
    EXPECT_EQ(query_value(location, "code"), std::nullopt);
  }
  EXPECT_EQ(query_value(
                world
                    .get("auth",
                         "/authorize?response_type=code&client_id=assay-reference&client_id=x&redirect_uri=" +
                             percent_encode(redirect_uri))
                    .header("Location"),
                "error"),
            "invalid_request");
}

TEST_F(OAuth, CodesAreBoundToEverythingThatAskedForThem) {
  open({{"clients",
         {{"assay-reference", {{"redirect_uris", {redirect_uri}}}},
          {"other", {{"redirect_uris", {redirect_uri}}}}}}});
  const auto good = code();
  expect_error(redeem("code_unknown"), "invalid_grant");
  expect_error(redeem(good, {{"client_id", "other"}}), "invalid_grant");
  expect_error(redeem(good, {{"redirect_uri", "http://localhost:49153/auth/callback"}}), "invalid_grant");
  expect_error(redeem(good, {{"redirect_uri", ""}}), "invalid_request");
  expect_error(redeem(good, {{"code_verifier", ""}}), "invalid_grant");
  expect_error(redeem(good, {{"code_verifier", std::string(43, 'a')}}), "invalid_grant");
  expect_error(redeem(good, {{"code_verifier", "short"}}), "invalid_request");
  expect_error(redeem(good, {{"code_verifier", verifier + "="}}), "invalid_request");
  expect_error(redeem(good, {{"client_id", "stranger"}}), "invalid_client", 401);
  expect_error(redeem(good, {{"client_id", ""}}), "invalid_request");
  expect_error(redeem(good, {{"grant_type", "password"}}), "unsupported_grant_type");
  expect_error(redeem(good, {{"grant_type", ""}}), "invalid_request");
  EXPECT_EQ(redeem(good).status(), 200) << "a failed attempt does not use a code up";
  const auto late = code();
  world.clock.advance(std::chrono::minutes(1));
  expect_error(redeem(late), "invalid_grant");
}

TEST_F(OAuth, ACodeUsedTwiceTakesItsTokensWithIt) {
  open();
  const auto once = code();
  const auto got = redeem(once).json();
  expect_error(redeem(once), "invalid_grant");
  EXPECT_EQ(check(got["access_token"]), Credential::revoked);
  expect_error(refresh(got["refresh_token"]), "invalid_grant");
  open({{"code_reuse", "refuse"}});
  const auto again = code();
  const auto kept = redeem(again).json();
  expect_error(redeem(again), "invalid_grant");
  EXPECT_EQ(check(kept["access_token"]), Credential::ok);
}

TEST_F(OAuth, RefreshTokensRotateAndReuseEndsTheFamily) {
  open();
  const auto first = tokens();
  const auto second = refresh(first["refresh_token"]);
  ASSERT_EQ(second.status(), 200) << second.body();
  EXPECT_NE(second.json()["refresh_token"], first["refresh_token"]);
  EXPECT_EQ(world.fake("auth").get("live_refresh"), second.json()["refresh_token"]);
  EXPECT_EQ(world.fake("auth").get("live_refresh_tokens"), 1);
  const auto third = refresh(second.json()["refresh_token"]).json();
  const auto stolen = refresh(first["refresh_token"]);
  expect_error(stolen, "invalid_grant");
  ASSERT_EQ(stolen.notes.size(), 1U);
  expect_error(refresh(third["refresh_token"]), "invalid_grant");
  EXPECT_EQ(check(third["access_token"]), Credential::revoked);
  EXPECT_EQ(world.fake("auth").get("refreshes"), 2);
  EXPECT_EQ(world.fake("auth").get("live_refresh_tokens"), 0);
}

TEST_F(OAuth, ReuseHasOtherAnswersElsewhere) {
  open({{"reuse", "401-refresh_token_reused"}, {"known_refresh_tokens", {"r1"}}});
  const auto second = refresh("r1").json();
  const auto reused = refresh("r1");
  EXPECT_EQ(reused.status(), 401);
  EXPECT_EQ(reused.json()["error"]["code"], "refresh_token_reused");
  EXPECT_EQ(refresh(second["refresh_token"]).status(), 200) << "the family lives on";
  open({{"reuse", "allow"}, {"known_refresh_tokens", {"r1"}}});
  EXPECT_EQ(refresh("r1").status(), 200);
  EXPECT_EQ(refresh("r1").status(), 200);
}

TEST_F(OAuth, ARefreshMayAnswerWithoutANewToken) {
  const std::vector<std::pair<std::string, json>> table{{"keep", "r1"}, {"null", nullptr}, {"empty", ""}};
  for (const auto& [how, value] : table) {
    open({{"refresh", how}, {"known_refresh_tokens", {"r1"}}});
    EXPECT_EQ(refresh("r1").json().at("refresh_token"), value) << how;
    EXPECT_EQ(refresh("r1").status(), 200) << how;
  }
  open({{"refresh", "omit"}, {"known_refresh_tokens", {"r1"}}});
  EXPECT_FALSE(refresh("r1").json().contains("refresh_token"));
  EXPECT_EQ(refresh("r1").status(), 200);
}

TEST_F(OAuth, RefreshKeepsWithinItsGrant) {
  open({{"clients",
         {{"assay-reference", {{"redirect_uris", {redirect_uri}}}},
          {"other", {{"redirect_uris", {redirect_uri}}}}}}});
  const auto first = tokens();
  expect_error(refresh(first["refresh_token"], {{"client_id", "other"}}), "invalid_grant");
  expect_error(refresh(first["refresh_token"], {{"scope", "openid email"}}), "invalid_scope");
  expect_error(refresh("rt_unknown"), "invalid_grant");
  expect_error(refresh("", {}), "invalid_request");
  const auto narrow = refresh(first["refresh_token"], {{"scope", "openid"}}).json();
  EXPECT_EQ(narrow["scope"], "openid");
  EXPECT_EQ(refresh(narrow["refresh_token"]).json()["scope"], "openid offline_access")
      << "the grant keeps its scope";
  world.clock.advance(std::chrono::hours(24 * 14));
  expect_error(refresh(world.fake("auth").get("live_refresh")), "invalid_grant");
}

TEST_F(OAuth, TokenAnswersCanBeOdd) {
  open({{"token", {{"set", {{"expires_in", "3600"}}}, {"omit", {"scope"}}}},
        {"granted_scope", "openid"},
        {"refresh_needs_offline_access", true},
        {"access_token", "jwt"},
        {"skew", "-2h"}});
  const auto got = tokens();
  EXPECT_EQ(got["expires_in"], "3600");
  EXPECT_FALSE(got.contains("scope"));
  EXPECT_FALSE(got.contains("refresh_token"));
  const auto access = parse_jwt(got["access_token"].get<std::string>()).value();
  EXPECT_EQ(access.claims["exp"], world.clock.wall_seconds() - 3600);
  EXPECT_EQ(check(got["access_token"]), Credential::ok)
      << "skew is in what the token says, not in what it is worth";
}

TEST_F(OAuth, KnownTokensAreThereFromTheStart) {
  open({{"known_access_tokens", {{"a1", "1h"}, {"a0", "-1s"}}}});
  EXPECT_EQ(check("a1"), Credential::ok);
  EXPECT_EQ(check("a0"), Credential::expired);
  ASSERT_TRUE(world.fake("auth").set("known_refresh_tokens", {"r9"}));
  EXPECT_EQ(refresh("r9").status(), 200);
  EXPECT_EQ(world.fake("auth").get("live_refresh_tokens"), 1);
}

TEST_F(OAuth, RevocationEndsAFamilyOrOneToken) {
  open();
  const auto revoke = [&](const std::string& token) {
    return world.post_form("auth", "/revoke", {{"token", token}, {"client_id", "assay-reference"}});
  };
  const auto first = tokens();
  EXPECT_EQ(revoke(first["access_token"]).status(), 200);
  EXPECT_EQ(check(first["access_token"]), Credential::revoked);
  const auto second = refresh(first["refresh_token"]).json();
  EXPECT_EQ(check(second["access_token"]), Credential::ok);
  EXPECT_EQ(revoke(second["refresh_token"]).body(), "");
  EXPECT_EQ(check(second["access_token"]), Credential::revoked);
  expect_error(refresh(second["refresh_token"]), "invalid_grant");
  EXPECT_EQ(revoke("unknown").status(), 200);
  expect_error(world.post_form("auth", "/revoke", {{"client_id", "assay-reference"}}), "invalid_request");
  expect_error(world.post_form("auth", "/revoke", {{"token", "x"}, {"client_id", "stranger"}}),
               "invalid_client", 401);
  open({{"revoke", "refused"}});
  const auto kept = tokens();
  EXPECT_EQ(revoke(kept["refresh_token"]).json()["revoked"], false);
  EXPECT_EQ(check(kept["access_token"]), Credential::ok);
}

TEST_F(OAuth, DevicesWaitForTheUser) {
  open();
  const auto started = device();
  EXPECT_EQ(started["interval"], 5);
  EXPECT_EQ(started["expires_in"], 600);
  const auto code = started["device_code"].get<std::string>();
  const auto user_code = started["user_code"].get<std::string>();
  expect_error(poll(code), "authorization_pending");
  expect_error(poll(code), "slow_down");
  world.clock.advance(std::chrono::seconds(6));
  expect_error(poll(code), "slow_down");
  world.clock.advance(std::chrono::seconds(20));
  expect_error(poll(code), "authorization_pending");
  EXPECT_THAT(world.get("auth", "/device?user_code=" + user_code).body(), HasSubstr(user_code));
  EXPECT_EQ(
      world
          .post_form("auth", "/device/approve", {{"user_code", to_lower(user_code)}, {"decision", "approve"}})
          .status(),
      200);
  EXPECT_EQ(poll(code).status(), 200);
  expect_error(poll(code), "invalid_grant");
  expect_error(poll("device_unknown"), "invalid_grant");
}

TEST_F(OAuth, DevicesAreDeniedOrExpire) {
  open({{"device_lifetime", "20s"}});
  const auto denied = device();
  world.post_form("auth", "/device/approve", {{"user_code", denied["user_code"]}, {"decision", "deny"}});
  expect_error(poll(denied["device_code"]), "access_denied");
  const auto late = device();
  world.clock.advance(std::chrono::seconds(20));
  expect_error(poll(late["device_code"]), "expired_token");
  EXPECT_EQ(
      world.post_form("auth", "/device/approve", {{"user_code", late["user_code"]}, {"decision", "approve"}})
          .status(),
      400);
}

TEST_F(OAuth, DeviceAnswersFollowTheCase) {
  open({{"device", {"pending", "pending", "slow_down", "pending", "ok"}},
        {"interval", "1s"},
        {"slow_down_interval", "6s"}});
  const auto started = device();
  EXPECT_EQ(started["interval"], 1);
  std::vector<std::string> errors;
  for (int i = 0; i < 5; ++i) errors.push_back(poll(started["device_code"]).json().value("error", "ok"));
  EXPECT_THAT(errors, testing::ElementsAre("authorization_pending", "authorization_pending", "slow_down",
                                           "authorization_pending", "ok"));
  open({{"device", {"slow_down"}}, {"interval", nullptr}, {"slow_down_interval", "6s"}});
  const auto silent = device();
  EXPECT_FALSE(silent.contains("interval"));
  EXPECT_EQ(poll(silent["device_code"]).json()["interval"], 6);
}

TEST_F(OAuth, ClientsRegisterAndAreForgotten) {
  open();
  const auto registered = world.post_json("auth", "/register",
                                          {{"redirect_uris", {"http://127.0.0.1/cb"}}, {"client_name", "x"}});
  ASSERT_EQ(registered.status(), 201) << registered.body();
  const auto id = registered.json()["client_id"].get<std::string>();
  const Fields mine{{"client_id", id}, {"redirect_uri", "http://127.0.0.1:5000/cb"}};
  EXPECT_EQ(redeem(code(mine), mine).status(), 200);
  ASSERT_TRUE(world.fake("auth").set("registration_epoch", 1));
  EXPECT_EQ(authorize(mine).status(), 400);
  expect_error(redeem("code_x", mine), "invalid_client", 401);
  expect_error(world.post_json("auth", "/register", {{"redirect_uris", {"http://evil.example/cb"}}}),
               "invalid_redirect_uri");
  expect_error(world.post_json("auth", "/register", {{"client_name", "x"}}), "invalid_redirect_uri");
  expect_error(world.post_json("auth", "/register",
                               {{"redirect_uris", {"https://h/cb"}}, {"token_endpoint_auth_method", "tls"}}),
               "invalid_client_metadata");
}

TEST_F(OAuth, ErrorsMayEchoWhatTheyWereSent) {
  open({{"echo_secrets", true}});
  const auto code_error = redeem("C0DE123").json()["error_description"].get<std::string>();
  EXPECT_THAT(code_error, testing::EndsWith("for code=C0DE123 code_verifier=" + verifier));
  EXPECT_THAT(refresh("R3FRESH").json()["error_description"].get<std::string>(),
              HasSubstr("refresh_token=R3FRESH"));
  EXPECT_EQ(redeem(code()).status(), 200);
}

TEST_F(OAuth, SecretsAreChecked) {
  open({{"clients", {{"web", {{"redirect_uris", {redirect_uri}}, {"secret", "s3:cret"}}}}}});
  const auto good = code({{"client_id", "web"}});
  expect_error(redeem(good, {{"client_id", "web"}}), "invalid_client", 401);
  expect_error(redeem(good, {{"client_id", "web"}, {"client_secret", "guess"}}), "invalid_client", 401);
  Fields form{{"grant_type", "authorization_code"},
              {"code", good},
              {"redirect_uri", redirect_uri},
              {"code_verifier", verifier}};
  const auto wrong =
      world.post_form("auth", "/token", form, {{"Authorization", "Basic " + base64("web:guess")}});
  expect_error(wrong, "invalid_client", 401);
  EXPECT_THAT(wrong.header("WWW-Authenticate"), HasSubstr("Basic"));
  EXPECT_EQ(world.post_form("auth", "/token", form, {{"Authorization", "Basic " + base64("web:s3%3Acret")}})
                .status(),
            200);
}

TEST_F(OAuth, OnlyFormsAreRead) {
  open();
  expect_error(world.post_json("auth", "/token", {{"grant_type", "authorization_code"}}), "invalid_request");
  expect_error(world.call("auth", "POST", "/token", {}, "grant_type=x"), "invalid_request");
  expect_error(token({{"grant_type", "a"}, {"grant_type", "b"}}), "invalid_request");
  EXPECT_EQ(world.get("auth", "/token").status(), 405);
  EXPECT_TRUE(world.get("auth", "/userinfo").unclaimed);
}

TEST_F(OAuth, MetadataSaysWhatIsTrueUnlessToldOtherwise) {
  open();
  const auto data = world.get("auth", "/.well-known/oauth-authorization-server").json();
  EXPECT_EQ(data["issuer"], "http://127.0.0.1:4711");
  EXPECT_EQ(data["token_endpoint"], "http://127.0.0.1:4711/token");
  EXPECT_EQ(data["code_challenge_methods_supported"], json::array({"S256"}));
  EXPECT_EQ(world.get("auth", "/jwks").json()["keys"].size(), 1U);
  open({{"metadata", {{"omit", {"code_challenge_methods_supported"}}, {"set", {{"issuer", "https://x"}}}}}});
  const auto odd = world.get("auth", "/.well-known/openid-configuration").json();
  EXPECT_FALSE(odd.contains("code_challenge_methods_supported"));
  EXPECT_EQ(odd["issuer"], "https://x");
}

TEST_F(OAuth, AnIdTokenBuysAnApiKey) {
  open({{"id_token_claims", {{"https://api.openai.com/auth", {{"chatgpt_plan_type", "pro"}}}}}});
  const auto got = tokens();
  const auto exchange = [&](const std::string& subject) {
    return world.post_form("auth", "/oauth/token",
                           {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                            {"client_id", "assay-reference"},
                            {"requested_token", "openai-api-key"},
                            {"subject_token", subject},
                            {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"}});
  };
  const auto answer = exchange(got["id_token"]);
  ASSERT_EQ(answer.status(), 200) << answer.body();
  EXPECT_EQ(check(answer.json()["access_token"]), Credential::ok);
  expect_error(exchange("x.y.z"), "invalid_request");
}

TEST_F(OAuth, TheRedirectTakesManyForms) {
  open();
  EXPECT_THAT(authorize({{"response_mode", "fragment"}}).header("Location"), HasSubstr("#code="));
  EXPECT_EQ(attribute_after(authorize({{"response_mode", "form_post"}}).body(), "<form", "action"),
            redirect_uri);
  open({{"delivery", "fragment"},
        {"state", "wrong"},
        {"issuer_parameter", false},
        {"redirect_params", {{"x", "1"}}}});
  const auto location = authorize().header("Location");
  EXPECT_THAT(location, HasSubstr("&state=not-S1&x=1"));
  EXPECT_EQ(location.find("iss="), std::string::npos);
}

TEST_F(OAuth, EndpointsOfAVendorReplaceTheStandardOnes) {
  open({{"endpoints",
         {{"/signin", "authorize"},
          {"/keys", {{"does", "token"}, {"body", "json"}, {"fields", {{"verifier", "code_verifier"}}}}}}}});
  const std::string callback = percent_encode(redirect_uri);
  const auto back =
      world.get("auth", "/signin?response_type=code&client_id=assay-reference&redirect_uri=" + callback +
                            "&code_challenge=" + challenge + "&code_challenge_method=S256");
  const json body{{"grant_type", "authorization_code"},
                  {"code", query_value(back.header("Location"), "code").value_or("")},
                  {"client_id", "assay-reference"},
                  {"redirect_uri", redirect_uri},
                  {"verifier", verifier}};
  EXPECT_EQ(world.post_json("auth", "/keys", body).status(), 200);
  EXPECT_TRUE(world.get("auth", "/authorize").unclaimed);
  EXPECT_TRUE(world.post_form("auth", "/token", {}).unclaimed);
  EXPECT_EQ(world.get("auth", "/.well-known/openid-configuration").json()["token_endpoint"],
            "http://127.0.0.1:4711/keys");
}

TEST_F(OAuth, AVendorClaimsItsPathsAtOtherHosts) {
  const auto claims = [&](const char* target) {
    Request request;
    request.target = target;
    return world.fake("auth").claims(request);
  };
  open({{"endpoints", {{"/me", {{"does", "profile"}, {"answer", {{"email", "{email}"}}}}}}}});
  EXPECT_TRUE(claims("/me?x=1"));
  EXPECT_TRUE(claims("/authorize/approve"));
  EXPECT_FALSE(claims("/token"));
  open();
  EXPECT_FALSE(claims("/token"));
}

TEST_F(OAuth, TokensThatDoNotExpire) {
  open({{"access_lifetime", "none"}});
  const auto got = tokens();
  EXPECT_FALSE(got.contains("expires_in"));
  world.clock.advance(std::chrono::hours(24 * 400));
  EXPECT_EQ(check(got["access_token"]), Credential::ok);
}

TEST_F(OAuth, MistakesInEndpointsAreTold) {
  const auto mistake = [&](json endpoints) {
    const auto made = make_fake(
        "oauth", FakeConfig{{{"endpoints", std::move(endpoints)}}, Random(1), &world.clock}, world.state);
    return made ? "" : made.error().message;
  };
  EXPECT_THAT(mistake({{"/t", "tokens"}}), HasSubstr("did you mean 'token'"));
  EXPECT_THAT(mistake({{"/t", {{"does", "profile"}, {"answer", "{mail}"}}}}), HasSubstr("mail"));
  EXPECT_THAT(mistake({{"t", "token"}}), HasSubstr("starts with /"));
  EXPECT_THAT(mistake({{"/t", {{"does", "token"}, {"body", "xml"}}}}), HasSubstr("form, json, or both"));
}

TEST(OAuthTemplates, AMemberWithoutAValueGoesAway) {
  const json shape{{"token", "{access_token}"},
                   {"id", "{id_token}"},
                   {"text", "Bearer {access_token}"},
                   {"n", 1},
                   {"life", {"{expires_in}", "{scope}"}}};
  EXPECT_EQ(fill(shape, {{"access_token", "A"}, {"expires_in", 60}}),
            json({{"token", "A"}, {"text", "Bearer A"}, {"n", 1}, {"life", {60}}}));
}

}  // namespace
}  // namespace assay::fakes
