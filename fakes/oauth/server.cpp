#include "fakes/oauth/server.h"

#include <fmt/format.h>

#include <algorithm>

#include "fakes/common/test_keys.h"
#include "fakes/oauth/oauth.h"
#include "fakes/oauth/rules.h"
#include "harness/base/text.h"

namespace assay::fakes {
using nlohmann::json;

OAuthServer::OAuthServer(FakeConfig config, OAuthSettings settings, std::shared_ptr<WorldState> state)
    : ConfiguredFake(std::move(config), std::move(settings), std::move(state)),
      key_(RsaKey::from_pem(issuer_private_key_pem()).value()) {
  state_->issues_credentials = true;
  plant_known_tokens();
}

// A vendor's hosts stand before the same services: what it has a path for is answered wherever it is asked.
bool OAuthServer::claims(const Request& request) const {
  if (!settings_.own_endpoints) return false;
  const auto path = target_path(request.target);
  return path == "/authorize/approve" || path == "/device/approve" ||
         std::any_of(settings_.endpoints.begin(), settings_.endpoints.end(),
                     [&](const Endpoint& endpoint) { return endpoint.path == path; });
}

Result<void> OAuthServer::set(std::string_view name, const json& value) {
  auto done = ConfiguredFake::set(name, value);
  if (done) plant_known_tokens();
  return done;
}

// Tokens that a client holds from before the world began.
void OAuthServer::plant_known_tokens() {
  const auto client = settings_.clients.empty() ? std::string() : settings_.clients.begin()->first;
  const std::string scope = fmt::format("{}", fmt::join(settings_.scopes, " "));
  for (const auto& token : settings_.known_refresh_tokens) {
    const auto [at, fresh] = refresh_tokens_.try_emplace(
        token, RefreshToken{client, scope, "known-" + token,
                            wall() + whole_seconds(settings_.refresh_lifetime), false, false});
    if (fresh) last_refresh_ = at->first;
  }
  for (const auto& [token, lifetime] : settings_.known_access_tokens) {
    const auto fresh = state_->access_tokens.try_emplace(
        token, AccessToken{client, settings_.subject, scope, "known-" + token,
                           wall() + whole_seconds(lifetime), false});
    if (fresh.second) last_access_ = token;
  }
}

json OAuthServer::get(std::string_view key) const {
  if (key == "secrets") return issued_secrets(*state_);
  if (key == "live_access") return last_access_;
  if (key == "live_refresh") return last_refresh_;
  if (key == "refreshes") return refreshes_;
  if (key == "client_id") return last_client_;
  if (key == "user_code") return last_user_code_;
  if (key == "live_refresh_tokens") {
    std::size_t count = 0;
    for (const auto& [token, is] : refresh_tokens_)
      count += !is.used && !is.revoked && is.expires > wall() ? 1 : 0;
    return count;
  }
  return nullptr;
}

std::string OAuthServer::path_of(Endpoint::Role role) const {
  for (const auto& endpoint : settings_.endpoints)
    if (endpoint.role == role) return endpoint.path;
  return {};
}

std::optional<Actions> OAuthServer::routed(const Call& call) {
  const auto path = target_path(call.request->target);
  const Endpoint* other_method = nullptr;
  for (const auto& endpoint : settings_.endpoints) {
    if (endpoint.path != path) continue;
    if (endpoint.method == call.request->method) return at(endpoint, call);
    other_method = &endpoint;
  }
  if (other_method != nullptr) return respond(method_not_allowed(other_method->method));
  return std::nullopt;
}

Actions OAuthServer::at(const Endpoint& endpoint, const Call& call) {
  using Role = Endpoint::Role;
  Actions actions;
  switch (endpoint.role) {
    case Role::authorize:
      return authorize(call, endpoint);
    case Role::code_page:
      return code_page(call, endpoint);
    case Role::device_page:
      return device_page(call);
    case Role::registration:
      return register_client(*call.request);
    case Role::token:
      actions = with_client(call, endpoint, &OAuthServer::token);
      break;
    case Role::device:
      actions = with_client(call, endpoint, &OAuthServer::start_device);
      break;
    case Role::device_code:
      actions = with_client(call, endpoint, &OAuthServer::poll_device);
      break;
    case Role::revoke:
      actions = with_client(call, endpoint, &OAuthServer::revoke);
      break;
    case Role::api_key:
    case Role::session_token:
    case Role::profile:
      actions = for_bearer(call, endpoint);
      break;
  }
  const json known{{"sub", settings_.subject}, {"email", settings_.email}, {"origin", call.origin}};
  for (auto& action : actions)
    if (auto* answer = std::get_if<Respond>(&action))
      answer->response = shaped(endpoint, *call.request, std::move(answer->response), known, wall());
  return actions;
}

Actions OAuthServer::with_client(const Call& call, const Endpoint& endpoint,
                                 Actions (OAuthServer::*go)(const Asked&)) {
  auto fields = fields_of(*call.request, endpoint);
  if (!fields) return respond(oauth_error(400, "invalid_request", fields.error().message));
  // Whoever polls with a device code and no more is known by it.
  if (endpoint.role == Endpoint::Role::device_code && !fields->contains("client_id"))
    return (this->*go)({call, endpoint, std::move(*fields), ""});
  auto who = caller(*call.request, *fields);
  if (who.refusal) return respond(*who.refusal);
  return (this->*go)({call, endpoint, std::move(*fields), std::move(who.client)});
}

Actions OAuthServer::answer(const Call& call) {
  if (auto found = routed(call)) return *found;
  const auto& request = *call.request;
  struct Fixed {
    std::string_view path;
    std::string_view method;
    Actions (*go)(OAuthServer&, const Call&);
  };
  static constexpr Fixed fixed[] = {
      {"/authorize/approve", "POST", [](OAuthServer& s, const Call& c) { return s.approve(c); }},
      {"/device/approve", "POST", [](OAuthServer& s, const Call& c) { return s.decide_device(*c.request); }},
      {"/jwks", "GET",
       [](OAuthServer& s, const Call&) {
         return respond(json_response(200, {{"keys", {s.key_.jwk(issuer_key_id)}}}));
       }},
      {"/.well-known/oauth-authorization-server", "GET",
       [](OAuthServer& s, const Call& c) { return s.metadata(c); }},
      {"/.well-known/openid-configuration", "GET",
       [](OAuthServer& s, const Call& c) { return s.metadata(c); }},
  };
  const auto path = target_path(request.target);
  const auto rest = path.starts_with("/oauth/") ? path.substr(std::string_view("/oauth").size()) : path;
  for (const auto& known : fixed) {
    if (known.path != rest) continue;
    return known.method == request.method ? known.go(*this, call) : respond(method_not_allowed(known.method));
  }
  return {Unclaimed{}};
}

Actions OAuthServer::metadata(const Call& call) const {
  const auto& origin = call.origin;
  json data{
      {"issuer", origin},
      {"jwks_uri", origin + "/jwks"},
      {"scopes_supported", settings_.scopes},
      {"response_types_supported", {"code"}},
      {"response_modes_supported", {"query", "fragment", "form_post"}},
      {"grant_types_supported",
       {"authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange"}},
      {"token_endpoint_auth_methods_supported", {"none", "client_secret_basic", "client_secret_post"}},
      {"revocation_endpoint_auth_methods_supported", {"none", "client_secret_basic", "client_secret_post"}},
      {"code_challenge_methods_supported", settings_.pkce_methods},
      {"id_token_signing_alg_values_supported", {"RS256"}},
      {"subject_types_supported", {"public"}},
      {"authorization_response_iss_parameter_supported", settings_.issuer_parameter}};
  using Role = Endpoint::Role;
  using Named = std::pair<const char*, Role>;
  for (const auto& [name, role] :
       {Named{"authorization_endpoint", Role::authorize}, Named{"token_endpoint", Role::token},
        Named{"revocation_endpoint", Role::revoke}, Named{"device_authorization_endpoint", Role::device},
        Named{"registration_endpoint", Role::registration}}) {
    const auto path = path_of(role);
    if (!path.empty() && (role != Role::registration || settings_.registration)) data[name] = origin + path;
  }
  data.update(settings_.metadata_set);
  for (const auto& name : settings_.metadata_omit) data.erase(name);
  return respond(json_response(200, data));
}

const OAuthClient* OAuthServer::find_client(const std::string& id) const {
  if (const auto known = settings_.clients.find(id); known != settings_.clients.end()) return &known->second;
  const auto registered = registered_.find(id);
  if (registered == registered_.end() || registered->second.epoch != settings_.registration_epoch)
    return nullptr;
  return &registered->second;
}

Response OAuthServer::oauth_error(int status, std::string_view error, std::string_view description) {
  auto response = json_response(status, {{"error", error}, {"error_description", description}});
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

std::string OAuthServer::scope_of(const Fields& fields) const {
  const auto found = fields.find("scope");
  if (found == fields.end()) return {};
  std::string scope = found->second;
  for (char& c : scope)
    if (settings_.scope_separators.find(c) != std::string::npos) c = ' ';
  return scope;
}

// RFC 6749 section 2.3.1: HTTP Basic or fields of the form; a public client names itself.
OAuthServer::Caller OAuthServer::caller(const Request& request, const Fields& fields) const {
  const auto refuse = [&](std::string_view why, bool challenge) {
    auto response = oauth_error(401, "invalid_client", why);
    if (challenge) response.headers.push_back({"WWW-Authenticate", "Basic realm=\"oauth\""});
    return Caller{"", std::move(response)};
  };
  std::string id;
  std::string secret;
  const auto basic = authorization(request, "Basic");
  if (basic) {
    const auto decoded = base64_decode(*basic).value_or("");
    const auto colon = decoded.find(':');
    if (colon == std::string::npos)
      return {"", oauth_error(400, "invalid_request", "invalid authorization header value format")};
    id = form_decode(decoded.substr(0, colon));
    secret = form_decode(decoded.substr(colon + 1));
  } else {
    if (const auto found = fields.find("client_id"); found != fields.end()) id = found->second;
    if (const auto found = fields.find("client_secret"); found != fields.end()) secret = found->second;
    if (id.empty())
      return {"", oauth_error(400, "invalid_request", "no client authentication mechanism provided")};
  }
  const auto* client = find_client(id);
  if (client == nullptr || (!client->any_secret && client->secret != secret))
    return refuse("client authentication failed", basic.has_value());
  return {id, std::nullopt};
}

// RFC 7009.
Actions OAuthServer::revoke(const Asked& asked) {
  const auto token = asked.fields.find("token");
  if (token == asked.fields.end())
    return respond(oauth_error(400, "invalid_request", "missing required parameter 'token'"));
  if (settings_.revoke == "refused") return respond(json_response(200, {{"revoked", false}}));
  if (const auto refresh = refresh_tokens_.find(token->second);
      refresh != refresh_tokens_.end() && refresh->second.client == asked.client) {
    revoke_family(refresh->second.family);
  } else if (const auto access = state_->access_tokens.find(token->second);
             access != state_->access_tokens.end() && access->second.client == asked.client) {
    access->second.revoked = true;
  }
  return respond(empty_response(200));  // an unknown token is no error (section 2.2)
}

void OAuthServer::revoke_family(const std::string& family) {
  for (auto& [token, is] : refresh_tokens_) is.revoked = is.revoked || is.family == family;
  for (auto& [token, is] : state_->access_tokens) is.revoked = is.revoked || is.family == family;
}

// RFC 7591.
Actions OAuthServer::register_client(const Request& request) {
  if (!settings_.registration) return {Unclaimed{}};
  const auto body = json_body(request);
  if (!body.is_object())
    return respond(oauth_error(400, "invalid_request", "failed to parse the request body"));
  const auto uris = body.value("redirect_uris", json());
  if (!uris.is_array() || uris.empty())
    return respond(oauth_error(400, "invalid_redirect_uri", "redirect_uris must contain members"));
  OAuthClient client;
  for (const auto& uri : uris) {
    if (!uri.is_string() || !redirect_allowed(uri.get_ref<const std::string&>()))
      return respond(
          oauth_error(400, "invalid_redirect_uri", "redirect_uris must be https, or http on loopback"));
    client.redirect_uris.push_back(uri);
  }
  const auto method = body.value("token_endpoint_auth_method", json("none"));
  if (method != "none" && method != "client_secret_basic" && method != "client_secret_post")
    return respond(
        oauth_error(400, "invalid_client_metadata",
                    "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post"));
  if (method != "none") client.secret = config_.random.alphanumeric(40);
  client.epoch = settings_.registration_epoch;
  last_client_ = "client_" + config_.random.alphanumeric(16);
  registered_[last_client_] = client;
  auto answer = body;
  answer["client_id"] = last_client_;
  answer["client_id_issued_at"] = wall();
  answer["token_endpoint_auth_method"] = method;
  answer.emplace("grant_types", json::array({"authorization_code"}));
  answer.emplace("response_types", json::array({"code"}));
  if (!client.secret.empty()) {
    answer["client_secret"] = client.secret;
    answer["client_secret_expires_at"] = 0;
  }
  return respond(with_header(json_response(201, answer), "Cache-Control", "no-store"));
}

Result<std::unique_ptr<Fake>> make_oauth(FakeConfig config, std::shared_ptr<WorldState> state) {
  return make_configured<OAuthServer, OAuthSettings>(std::move(config), std::move(state));
}

}  // namespace assay::fakes
