// What the fakes of one world share, as their databases would: minted keys, access tokens, sign-outs. A value
// with no behaviour of its own beyond looking things up.
//
// Thread-safety: none; only the world's loop thread touches it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.h"

namespace assay::fakes {

struct ApiKey {
  std::string id;      // "key_..."
  std::string secret;  // "sk-worldrouter-..."
  std::string name;
  std::string team;
  std::string database;       // "production" or "preview"
  std::int64_t created = 0;   // wall seconds
  Micros visible_at{0};       // Clock::now() from which the inference database knows it
  std::int64_t refusals = 0;  // how many requests it still refuses for want of replication
  bool revoked = false;
};

// A bearer token that the OAuth fake issued.
struct AccessToken {
  std::string client;
  std::string subject;
  std::string scope;
  std::string family;        // the grant that it belongs to; revoked as one
  std::int64_t expires = 0;  // wall seconds
  bool revoked = false;
};

class Library;

struct WorldState {
  std::shared_ptr<const Library> library;  // never null
  // Whether a fake of this world issues credentials. Where none does, an inference fake accepts any key.
  bool issues_credentials = false;
  std::vector<ApiKey> keys;
  std::map<std::string, AccessToken> access_tokens;  // by the token itself
  std::set<std::string> signed_out;                  // jti of Auth Station tokens
  // What the fakes issued, or were shown, that nobody else may see, by what it is: "authorization code".
  std::map<std::string, std::set<std::string>> secrets;
};

// Remembers at most 10,000 of a kind.
void remember_secret(WorldState& state, const std::string& kind, const std::string& value);
// {"authorization code": ["..."]}: what every fake that shares the state says to get("secrets").
nlohmann::json issued_secrets(const WorldState& state);

enum class Credential { ok, unknown, not_replicated, revoked, expired };

// What an inference API that reads `database` says to `secret` (a minted key or an access token). Looking up
// a key that is not replicated yet counts as one of its refused requests.
Credential check_credential(WorldState& state, std::string_view secret, std::string_view database, Micros now,
                            std::int64_t wall_seconds);

}  // namespace assay::fakes
