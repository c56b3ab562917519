#include <gtest/gtest.h>

#include "fakes/common/answers.h"
#include "fakes/common/jwt.h"
#include "fakes/common/settings.h"
#include "fakes/common/test_keys.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

TEST(Settings, ChangedByPath) {
  EXPECT_EQ(with_setting(nullptr, "token.lifetime", "1s"), json::parse(R"({"token":{"lifetime":"1s"}})"));
  EXPECT_EQ(with_setting({{"a", 1}}, "a", 2), json({{"a", 2}}));
}

TEST(Answers, PagesBelowAPathSayWhereTheyAre) {
  EXPECT_EQ(base_path("http://127.0.0.1:80"), "");
  EXPECT_EQ(base_path("http://127.0.0.1:80/w/a"), "/w/a");
}

TEST(Jwt, SignaturesHoldOnlyForTheirKeyAndAlgorithm) {
  const auto key = RsaKey::from_pem(issuer_private_key_pem()).value();
  const auto foreign = RsaKey::from_pem(foreign_private_key_pem()).value();
  const json claims{{"iss", "x"}, {"n", 1}};
  const auto token = parse_jwt(sign_rs256(claims, "k", key)).value();
  EXPECT_EQ(token.claims, claims);
  EXPECT_EQ(token.header["kid"], "k");
  EXPECT_TRUE(verify_rs256(token, key));
  EXPECT_FALSE(verify_rs256(token, foreign));
  EXPECT_FALSE(verify_hs256(token, key.public_pem()));
  const auto confused = parse_jwt(sign_hs256(claims, key.public_pem())).value();
  EXPECT_TRUE(verify_hs256(confused, key.public_pem()));
  EXPECT_FALSE(verify_rs256(confused, key));
  const auto bare = parse_jwt(unsigned_jwt(claims)).value();
  EXPECT_FALSE(verify_rs256(bare, key));
  EXPECT_FALSE(verify_hs256(bare, ""));
}

TEST(Jwt, MalformedTokensAreErrors) {
  for (const char* text : {"", "a.b", "a.b.c.d", "!!.e30.", "e30.W10.", "e30.e30.!"})
    EXPECT_FALSE(parse_jwt(text)) << text;
}

TEST(Jwt, KnownHmac) {
  // RFC 7515 appendix A.1.
  const auto key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto token = parse_jwt(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvb"
      "S9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  ASSERT_TRUE(token);
  EXPECT_TRUE(verify_hs256(*token, *key));
}

TEST(Answers, PathsMatchBySegment) {
  EXPECT_EQ(match_path("/t/*/keys", "/t/a%2Fb+c/keys?x=1"), std::vector<std::string>{"a/b+c"});
  EXPECT_FALSE(match_path("/t/*/keys", "/t//keys"));
  EXPECT_FALSE(match_path("/t/*/keys", "/t/a/keys/"));
  EXPECT_FALSE(match_path("/t/*/keys", "/t/a"));
  EXPECT_EQ(match_path("/t", "/t"), std::vector<std::string>{});
}

TEST(Answers, UrisAndForms) {
  EXPECT_EQ(with_query("http://h/cb", {{"a", "1 2"}, {"b", "&"}}), "http://h/cb?a=1%202&b=%26");
  EXPECT_EQ(with_query("http://h/cb?x=1#f", {{"a", "1"}}), "http://h/cb?x=1&a=1#f");
  EXPECT_EQ(with_fragment("http://h/cb", {{"a", "1"}}), "http://h/cb#a=1");
  EXPECT_EQ(origin_of("HTTP://H:1/x"), "http://h:1");
  EXPECT_EQ(origin_of("http://h:1@evil/x"), "http://h:1@evil");
  EXPECT_EQ(origin_of("/x"), "");
  std::string repeated;
  const auto fields = form_fields("a=1&b=%20x+y&a=2&c", &repeated);
  EXPECT_EQ(fields, (std::map<std::string, std::string>{{"a", "1"}, {"b", " x y"}, {"c", ""}}));
  EXPECT_EQ(repeated, "a");
  Request request;
  request.headers = {{"authorization", "bearer  t "}, {"Cookie", "a=1; b=2"}};
  EXPECT_EQ(authorization(request, "Bearer"), "t");
  EXPECT_EQ(authorization(request, "Basic"), std::nullopt);
  EXPECT_EQ(cookie(request, "b"), "2");
  EXPECT_EQ(cookie(request, "c"), std::nullopt);
  EXPECT_EQ(html_escape("<a href=\"'&'\">"), "&lt;a href=&quot;&#39;&amp;&#39;&quot;&gt;");
}

TEST(Answers, BodiesThatAreTooDeepAreNoJson) {
  const auto nested = [](std::size_t depth) {
    Request request;
    request.body = std::string(depth, '[') + "\"]\\\"[\"" + std::string(depth, ']');
    return json_body(request);
  };
  EXPECT_FALSE(nested(200).is_discarded());
  EXPECT_TRUE(nested(201).is_discarded());
  EXPECT_TRUE(nested(3'000'000).is_discarded());
}

TEST(Answers, BytesThatAreNoUtf8DoNotThrow) {
  EXPECT_EQ(body_bytes(json_response(400, {{"name", "a\xff"}})), "{\"name\":\"a\xEF\xBF\xBD\"}");
  EXPECT_TRUE(parse_jwt(sign_hs256({{"nonce", "\xff"}}, "k")));
}

}  // namespace
}  // namespace assay::fakes
