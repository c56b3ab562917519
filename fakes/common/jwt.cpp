#include "fakes/common/jwt.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <stdexcept>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::fakes {
namespace {

const unsigned char* bytes_of(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

struct DigestFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Digest = std::unique_ptr<EVP_MD_CTX, DigestFree>;

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
    throw std::runtime_error("an RSA key without " + std::string(name));
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return bytes;
}

std::string signing_input(const nlohmann::json& header, const nlohmann::json& claims) {
  const auto replace = nlohmann::json::error_handler_t::replace;  // a nonce may be no UTF-8
  return base64url(header.dump()) + "." + base64url(claims.dump(-1, ' ', false, replace));
}

}  // namespace

Result<RsaKey> RsaKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  if (key == nullptr) return fail("not a private key in PEM");
  RsaKey result;
  result.key_ = std::shared_ptr<void>(key, [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); });
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return fail("not an RSA key");
  return result;
}

std::string RsaKey::sign_sha256(std::string_view bytes) const {
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  const Digest digest(EVP_MD_CTX_new());
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  std::string signature(size, '\0');
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(bytes),
                     bytes.size()) != 1)
    throw std::runtime_error("RSA signing failed");
  signature.resize(size);
  return signature;
}

bool RsaKey::verify_sha256(std::string_view bytes, std::string_view signature) const {
  const Digest digest(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr,
                              static_cast<EVP_PKEY*>(key_.get())) == 1 &&
         EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(bytes),
                          bytes.size()) == 1;
}

nlohmann::json RsaKey::jwk(std::string_view kid) const {
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  return {{"kty", "RSA"},
          {"use", "sig"},
          {"alg", "RS256"},
          {"kid", kid},
          {"n", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N))},
          {"e", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E))}};
}

std::string RsaKey::public_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), static_cast<EVP_PKEY*>(key_.get())) != 1)
    throw std::runtime_error("cannot write a public key");
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr)
    throw std::runtime_error("HMAC failed");
  return out;
}

std::string sha256(std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string sign_rs256(const nlohmann::json& claims, std::string_view kid, const RsaKey& key) {
  const std::string input = signing_input({{"alg", "RS256"}, {"kid", kid}, {"typ", "JWT"}}, claims);
  return input + "." + base64url(key.sign_sha256(input));
}

std::string sign_hs256(const nlohmann::json& claims, std::string_view key) {
  const std::string input = signing_input({{"alg", "HS256"}, {"typ", "JWT"}}, claims);
  return input + "." + base64url(hmac_sha256(key, input));
}

std::string unsigned_jwt(const nlohmann::json& claims) {
  return signing_input({{"alg", "none"}, {"typ", "JWT"}}, claims) + ".";
}

Result<Jwt> parse_jwt(std::string_view token) {
  const auto parts = split(token, '.');
  if (parts.size() != 3)
    return fail("not a JWT: three parts expected, found " + std::to_string(parts.size()));
  Jwt jwt;
  for (const std::size_t i : {0U, 1U}) {
    const auto bytes = base64url_decode(parts[i]);
    if (!bytes) return fail("not a JWT: " + bytes.error().message);
    auto value = parse_untrusted(*bytes);
    if (!value.is_object()) return fail("not a JWT: a part is no JSON object");
    (i == 0 ? jwt.header : jwt.claims) = std::move(value);
  }
  const auto signature = base64url_decode(parts[2]);
  if (!signature) return fail("not a JWT: " + signature.error().message);
  jwt.signature = *signature;
  jwt.signed_part = token.substr(0, parts[0].size() + 1 + parts[1].size());
  return jwt;
}

bool verify_rs256(const Jwt& token, const RsaKey& key) {
  return token.header.value("alg", nlohmann::json()) == "RS256" &&
         key.verify_sha256(token.signed_part, token.signature);
}

bool verify_hs256(const Jwt& token, std::string_view key) {
  const std::string right = hmac_sha256(key, token.signed_part);
  return token.header.value("alg", nlohmann::json()) == "HS256" && token.signature.size() == right.size() &&
         CRYPTO_memcmp(right.data(), token.signature.data(), right.size()) == 0;
}

}  // namespace assay::fakes
