// The token endpoint: RFC 6749 sections 4.1.3, 5 and 6, RFC 7636 section 4.5, RFC 8693.
#include <fmt/format.h>

#include "fakes/common/test_keys.h"
#include "fakes/oauth/rules.h"
#include "fakes/oauth/server.h"
#include "harness/base/untrusted_json.h"

namespace assay::fakes {
namespace {

using nlohmann::json;

std::string field(const std::map<std::string, std::string>& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

}  // namespace

Actions OAuthServer::token(const Asked& asked) {
  auto actions = granted(asked);
  auto& response = std::get<Respond>(actions.front()).response;
  if (settings_.echo_secrets && response.status >= 400) {
    auto body = parse_untrusted(body_bytes(response));
    std::string words;
    for (const char* name : {"code", "code_verifier", "refresh_token", "device_code"})
      if (const auto value = field(asked.fields, name); !value.empty())
        words += fmt::format(" {}={}", name, value);
    body["error_description"] = body.value("error_description", "refused") + " for" + words;
    response.body = {{body.dump(-1, ' ', false, json::error_handler_t::replace), Micros(0)}};
  }
  return actions;
}

Actions OAuthServer::granted(const Asked& asked) {
  const auto grant = field(asked.fields, "grant_type");
  if (grant.empty())
    return respond(oauth_error(400, "invalid_request", "missing required parameter 'grant_type'"));
  if (grant == "authorization_code") return redeem_code(asked);
  if (grant == "refresh_token") return refresh(asked);
  if (grant == "urn:ietf:params:oauth:grant-type:device_code") return poll_device(asked);
  if (grant == "urn:ietf:params:oauth:grant-type:token-exchange") return exchange_token(asked);
  return respond(oauth_error(400, "unsupported_grant_type", "unsupported grant_type requested"));
}

Actions OAuthServer::redeem_code(const Asked& request) {
  const auto& fields = request.fields;
  const auto refuse = [](std::string_view error, std::string_view why) {
    return respond(oauth_error(400, error, why));
  };
  for (const auto& name : request.endpoint.requires_fields)
    if (field(fields, name.c_str()).empty())
      return refuse("invalid_request", fmt::format("missing required parameter '{}'", name));
  if (find_client(request.client)->any_secret && field(fields, "client_secret").empty())
    return respond(oauth_error(401, "invalid_client", "client authentication failed"));
  const bool repeated = request.endpoint.redirect_uri_repeated;
  for (const char* name : {"code", "redirect_uri"})
    if (field(fields, name).empty() && (repeated || std::string_view(name) == "code"))
      return refuse("invalid_request", fmt::format("missing required parameter '{}'", name));
  const auto found = codes_.find(field(fields, "code"));
  if (found == codes_.end()) return refuse("invalid_grant", "authorization code not found");
  auto& code = found->second;
  const auto& asked = code.authorization;
  if (asked.client != request.client) return refuse("invalid_grant", "client mismatch");
  if (code.expires <= wall()) return refuse("invalid_grant", "authorization code has expired");
  const auto verifier = field(fields, "code_verifier");
  remember_secret(*state_, "code verifier", verifier);
  if (!verifier.empty() && !verifier_well_formed(verifier))
    return refuse("invalid_request", "code_verifier must be 43 to 128 unreserved characters");
  if (verifier.empty() != asked.challenge.empty() ||
      (!verifier.empty() && !verifier_fits(verifier, asked.challenge, asked.method)))
    return refuse("invalid_grant", "PKCE verification failed");
  if (asked.redirect_uri != field(fields, "redirect_uri") &&
      (repeated || !field(fields, "redirect_uri").empty()))
    return refuse("invalid_grant", "redirect_uri mismatch");
  // No parameter of the standard, but who sends it means the one of the authorization request.
  if (const auto state = fields.find("state"); state != fields.end() && state->second != asked.state)
    return refuse("invalid_grant", "state mismatch");
  if (code.used) {
    if (settings_.code_reuse == "revoke") revoke_family(code.family);  // section 4.1.2
    return refuse("invalid_grant", "authorization code already consumed");
  }
  code.used = true;
  if (request.endpoint.issues_key) return token_answer({{"api_key", mint_key()}});
  return token_answer(hand_out(request.call, {request.client, settings_.granted_scope.value_or(asked.scope),
                                              code.family, asked.nonce, true}));
}

Actions OAuthServer::reused(const RefreshToken& token) {
  if (settings_.reuse == "revoke-family") revoke_family(token.family);
  Actions actions =
      settings_.reuse == "401-refresh_token_reused"
          ? respond(json_response(
                401,
                {{"error",
                  {{"message",
                    "Your refresh token has already been used to generate a new access token. Please log "
                    "in again."},
                   {"type", "invalid_request_error"},
                   {"param", nullptr},
                   {"code", "refresh_token_reused"}}}}))
          : respond(oauth_error(400, "invalid_grant", "refresh token already used"));
  actions.emplace_back(Note{"refresh token reused", {{"family", token.family}, {"answer", settings_.reuse}}});
  return actions;
}

Actions OAuthServer::refresh(const Asked& asked) {
  const auto refuse = [](std::string_view error, std::string_view why) {
    return respond(oauth_error(400, error, why));
  };
  const auto value = field(asked.fields, "refresh_token");
  if (value.empty()) return refuse("invalid_request", "missing required parameter 'refresh_token'");
  const auto found = refresh_tokens_.find(value);
  if (found == refresh_tokens_.end()) return refuse("invalid_grant", "refresh token not found");
  auto& token = found->second;
  if (token.client != asked.client) return refuse("invalid_grant", "client mismatch");
  if (token.revoked) return refuse("invalid_grant", "refresh token was revoked");
  if (token.expires <= wall()) return refuse("invalid_grant", "refresh token is expired");
  if (token.used && settings_.reuse != "allow") return reused(token);
  auto scope = token.scope;
  if (const auto narrower = scope_of(asked.fields); !narrower.empty()) {
    if (!scope_within(narrower, scope_words(token.scope)))
      return refuse("invalid_scope", "refresh token missing requested scope");
    scope = narrower;
  }
  ++refreshes_;
  const bool rotates = settings_.refresh == "rotate";
  token.used = token.used || rotates;
  auto answer = hand_out(asked.call, {asked.client, scope, token.family, "", rotates});
  if (rotates && answer.contains("refresh_token")) {
    // The whole scope stays with the grant when one request asks for less (section 6).
    refresh_tokens_[answer["refresh_token"].get<std::string>()].scope = token.scope;
  }
  if (settings_.refresh == "keep") answer["refresh_token"] = value;
  if (settings_.refresh == "null") answer["refresh_token"] = nullptr;
  if (settings_.refresh == "empty") answer["refresh_token"] = "";
  return token_answer(std::move(answer));
}

// RFC 8693 with an ID token of ours: an API key for who holds it. What codex does after its login.
Actions OAuthServer::exchange_token(const Asked& asked) {
  const auto subject = parse_jwt(field(asked.fields, "subject_token"));
  if (!subject || !verify_rs256(*subject, key_) || subject->claims.value("aud", json()) != asked.client)
    return respond(oauth_error(400, "invalid_request", "subject_token is not an ID token of this client"));
  return token_answer({{"access_token", mint_key()},
                       {"issued_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                       {"token_type", "N_A"}});
}

std::string OAuthServer::mint_key() {
  ApiKey key;
  key.id = "key_" + config_.random.alphanumeric(12);
  key.secret = settings_.prefixes.key + config_.random.alphanumeric(40);
  key.database = "production";
  key.created = wall();
  state_->keys.push_back(key);
  return key.secret;
}

json OAuthServer::hand_out(const Call& call, const Grant& grant) {
  const auto now = wall() + whole_seconds(settings_.skew);
  constexpr std::int64_t for_ever = std::int64_t{1} << 40U;
  const auto lifetime = settings_.access_lifetime ? whole_seconds(*settings_.access_lifetime) : for_ever;
  if (settings_.jwt_access_tokens) {
    json claims{{"iss", call.origin},        {"sub", settings_.subject},     {"aud", grant.client},
                {"client_id", grant.client}, {"scope", grant.scope},         {"iat", now},
                {"exp", now + lifetime},     {"jti", config_.random.hex(32)}};
    claims.update(settings_.id_token_claims);
    last_access_ = sign_rs256(claims, issuer_key_id, key_);
  } else {
    last_access_ = settings_.prefixes.access + config_.random.alphanumeric(40);
  }
  state_->access_tokens[last_access_] = {grant.client, settings_.subject, grant.scope,
                                         grant.family, wall() + lifetime, false};
  remember_secret(*state_, "access token", last_access_);
  json answer{{"access_token", last_access_}, {"token_type", "Bearer"}, {"scope", grant.scope}};
  if (settings_.access_lifetime) answer["expires_in"] = lifetime;

  const auto words = scope_words(grant.scope);
  const auto has = [&](std::string_view word) { return scope_within(word, words); };
  if (grant.refresh_token && (!settings_.refresh_needs_offline_access || has("offline_access"))) {
    last_refresh_ = settings_.prefixes.refresh + config_.random.alphanumeric(40);
    refresh_tokens_[last_refresh_] = {grant.client, grant.scope,
                                      grant.family, wall() + whole_seconds(settings_.refresh_lifetime),
                                      false,        false};
    remember_secret(*state_, "refresh token", last_refresh_);
    answer["refresh_token"] = last_refresh_;
  }
  if (has("openid")) {
    json claims{{"iss", call.origin},
                {"sub", settings_.subject},
                {"aud", grant.client},
                {"iat", now},
                {"exp", now + lifetime}};
    if (has("email")) claims["email"] = settings_.email;
    if (!grant.nonce.empty()) claims["nonce"] = grant.nonce;
    claims.update(settings_.id_token_claims);
    answer["id_token"] = sign_rs256(claims, issuer_key_id, key_);
  }
  return answer;
}

Actions OAuthServer::token_answer(json answer) const {
  answer.update(settings_.token_set);
  for (const auto& name : settings_.token_omit) answer.erase(name);
  return respond(with_header(json_response(200, answer), "Cache-Control", "no-store"));
}

}  // namespace assay::fakes
