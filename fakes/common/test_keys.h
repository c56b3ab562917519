// The fixed keys that fakes sign tokens with: TEST ONLY. Fixed, because making an RSA key takes longer than a
// case does, and because the same seed must give the same tokens.
#pragma once

#include <string_view>

namespace assay::fakes {

inline constexpr std::string_view issuer_key_id = "assay-test-1";  // its `kid`
std::string_view issuer_private_key_pem();   // RSA 2048; its public half is what JWKS shows
std::string_view foreign_private_key_pem();  // RSA 2048; nobody trusts it: for tokens with a wrong signature
std::string_view session_secret();           // HS256 key of infer-session tokens

}  // namespace assay::fakes
