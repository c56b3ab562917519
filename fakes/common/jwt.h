// JSON Web Tokens as the fakes need them: RFC 7519 claims, RFC 7515 compact form, RS256 and HS256 of RFC 7518
// section 3, RFC 7517 keys. On OpenSSL. Nothing here judges claims; that is each fake's own rule.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace assay::fakes {

// An RSA private key. A value (copies share the key); safe to use from one thread at a time.
class RsaKey {
 public:
  // `pem` is PKCS#1 or PKCS#8, as the keys of test_keys.h are.
  static Result<RsaKey> from_pem(std::string_view pem);
  // RSASSA-PKCS1-v1_5 with SHA-256: deterministic.
  std::string sign_sha256(std::string_view bytes) const;
  bool verify_sha256(std::string_view bytes, std::string_view signature) const;
  // {"kty":"RSA","use":"sig","alg":"RS256","kid":...,"n":...,"e":...}
  nlohmann::json jwk(std::string_view kid) const;
  // The public half, SubjectPublicKeyInfo in PEM.
  std::string public_pem() const;

 private:
  std::shared_ptr<void> key_;  // EVP_PKEY
};

std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string sha256(std::string_view bytes);  // 32 raw bytes

// Compact serializations.
std::string sign_rs256(const nlohmann::json& claims, std::string_view kid, const RsaKey& key);
std::string sign_hs256(const nlohmann::json& claims, std::string_view key);
std::string unsigned_jwt(const nlohmann::json& claims);  // alg none

struct Jwt {
  nlohmann::json header;
  nlohmann::json claims;
  std::string signed_part;  // header.payload, as they stood
  std::string signature;    // raw bytes
};
// Takes a token apart without checking its signature. Errors say what is malformed.
Result<Jwt> parse_jwt(std::string_view token);
// The signature fits, and the header names that very algorithm (no algorithm confusion).
bool verify_rs256(const Jwt& token, const RsaKey& key);
bool verify_hs256(const Jwt& token, std::string_view key);

}  // namespace assay::fakes
