// The settings of the OAuth fake, read strictly; their table is in README.md.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fakes/oauth/endpoint.h"
#include "fakes/world_state.h"
#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::fakes {

// A client that the server knows. No secret: a public client (RFC 6749 section 2.1).
struct OAuthClient {
  std::vector<std::string> redirect_uris;
  std::string secret;
  bool any_secret = false;  // one that ships in a program: with a code it must be there, whatever it is
  std::int64_t epoch = -1;  // of a dynamic registration; -1 = known from the start
};

// What the credentials that it issues begin with.
struct Prefixes {
  std::string access, refresh, code, device, key, session;
};

enum class DeviceAnswer { pending, slow_down, denied, expired, ok };

struct OAuthSettings {
  bool automatic = false;
  bool deny = false;
  bool registration = true;
  bool exact_port = false;
  bool pkce_required = true;
  bool refresh_needs_offline_access = false;
  bool issuer_parameter = true;
  bool jwt_access_tokens = false;
  bool echo_secrets = false;

  std::vector<Endpoint> endpoints;
  bool own_endpoints =
      false;  // `endpoints` was given: they are answered at the hosts of every fake of the world
  Prefixes prefixes;

  std::map<std::string, OAuthClient> clients;
  std::int64_t registration_epoch = 0;
  std::vector<std::string> pkce_methods;
  std::vector<std::string> scopes;
  std::string scope_separators;
  std::optional<std::string> granted_scope;

  std::string delivery;  // query, fragment, form_post; empty = what the request asks for
  std::string state;     // echo, omit, wrong
  nlohmann::json redirect_params;

  Micros code_lifetime{0};
  std::optional<Micros> access_lifetime;  // none = tokens do not expire
  Micros refresh_lifetime{0};
  Micros skew{0};
  std::vector<std::string> token_omit;
  nlohmann::json token_set;
  nlohmann::json id_token_claims;
  std::string code_reuse;  // revoke, refuse
  std::string refresh;     // rotate, keep, omit, null, empty
  std::string reuse;       // revoke-family, invalid_grant, 401-refresh_token_reused, allow
  std::string revoke;      // ok, refused

  std::vector<DeviceAnswer> device;  // answers to polls in order; empty = what the user decided
  std::optional<Micros> interval;    // none = the field is left out (RFC 8628: 5 seconds)
  std::optional<Micros> slow_down_interval;
  Micros device_lifetime{0};

  std::vector<std::string> metadata_omit;
  nlohmann::json metadata_set;
  std::vector<std::string> known_refresh_tokens;
  std::map<std::string, Micros> known_access_tokens;
  std::string subject;
  std::string email;

  static Result<OAuthSettings> read(const nlohmann::json& value, const WorldState& state);
};

}  // namespace assay::fakes
