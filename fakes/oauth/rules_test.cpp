#include "fakes/oauth/rules.h"

#include <gmock/gmock.h>

namespace assay::fakes {
namespace {

const std::string rules_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";   // RFC 7636 appendix B
const std::string rules_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";  // ... and its challenge

TEST(OAuthRules, Redirects) {
  EXPECT_TRUE(redirect_matches("http://127.0.0.1/cb", "http://127.0.0.1:80/cb", false));
  EXPECT_TRUE(redirect_matches("http://[::1]:1/cb", "http://[::1]:2/cb", false));
  EXPECT_FALSE(redirect_matches("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true));
  EXPECT_FALSE(redirect_matches("http://127.0.0.1/cb", "http://localhost/cb", false));
  EXPECT_FALSE(redirect_matches("http://127.0.0.1/cb", "http://127.0.0.1:1@evil/cb", false));
  EXPECT_FALSE(redirect_matches("http://127.0.0.1/cb", "http://127.0.0.11/cb", false));
  EXPECT_FALSE(redirect_matches("https://h:1/cb", "https://h:2/cb", false));
  EXPECT_TRUE(redirect_allowed("https://h/cb"));
  EXPECT_FALSE(redirect_allowed("https://"));
  EXPECT_FALSE(redirect_allowed("http://h/cb"));
  EXPECT_FALSE(redirect_allowed("http://localhost/cb#f"));
}

TEST(OAuthRules, Pkce) {
  EXPECT_TRUE(verifier_fits(rules_verifier, rules_challenge, "S256"));
  EXPECT_FALSE(verifier_fits(rules_challenge, rules_challenge, "S256"));
  EXPECT_TRUE(verifier_fits(rules_verifier, rules_verifier, "plain"));
  EXPECT_TRUE(verifier_well_formed(std::string(128, '~')));
  EXPECT_FALSE(verifier_well_formed(std::string(129, '~')));
  EXPECT_FALSE(verifier_well_formed(std::string(42, 'a')));
  EXPECT_FALSE(verifier_well_formed(std::string(43, '+')));
  // A hex digest in place of base64url: 64 characters.
  EXPECT_FALSE(challenge_well_formed(std::string(64, 'a'), "S256"));
}

}  // namespace
}  // namespace assay::fakes
