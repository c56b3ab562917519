// What vendors have beside the standards: a device flow that gives a code, a page that shows the code, keys
// and profiles for an access token.
#include <fmt/format.h>

#include "fakes/common/jwt.h"
#include "fakes/oauth/rules.h"
#include "fakes/oauth/server.h"
#include "harness/base/text.h"

namespace assay::fakes {

using nlohmann::json;

// The verifier comes from the server: whoever holds the device code may redeem the code.
Actions OAuthServer::give_device_code(const Device& device, const Endpoint& endpoint) {
  constexpr std::size_t verifier_length = 64;
  const auto verifier = config_.random.alphanumeric(verifier_length);
  Authorization asked;
  asked.client = device.client;
  asked.redirect_uri = endpoint.redirect_uri;
  asked.scope = device.scope;
  asked.challenge = base64url(sha256(verifier));
  asked.method = "S256";
  remember_secret(*state_, "code verifier", verifier);
  return respond(with_header(json_response(200, {{"authorization_code", new_code(asked)},
                                                 {"code_verifier", verifier},
                                                 {"code_challenge", asked.challenge}}),
                             "Cache-Control", "no-store"));
}

Actions OAuthServer::code_page(const Call& call, const Endpoint& endpoint) {
  const auto parameter = [&](const char* name) {
    return query_value(call.request->target, name).value_or("");
  };
  if (const auto error = parameter("error"); !error.empty()) return page_error(error);
  const auto text = fill(endpoint.shows, {{"code", parameter("code")}, {"state", parameter("state")}});
  return respond(html_response(200, "Paste this code",
                               fmt::format("<p>Go back to the terminal and paste this code:</p>\n"
                                           "<code id=\"code\">{}</code>",
                                           html_escape(text.get<std::string>()))));
}

json OAuthServer::short_token(const AccessToken& of, std::int64_t lifetime) {
  const auto token = settings_.prefixes.session + config_.random.alphanumeric(40);
  AccessToken made = of;
  made.expires = wall() + lifetime;
  state_->access_tokens[token] = std::move(made);
  remember_secret(*state_, "session token", token);
  return {{"access_token", token}, {"expires_in", lifetime}, {"token_type", "Bearer"}};
}

Actions OAuthServer::for_bearer(const Call& call, const Endpoint& endpoint) {
  auto token = authorization(*call.request, "Bearer");
  if (!token) token = authorization(*call.request, "token");  // as GitHub has it
  const auto found = state_->access_tokens.find(token.value_or(""));
  if (found == state_->access_tokens.end() || found->second.revoked || found->second.expires <= wall())
    return respond(oauth_error(401, "invalid_token", "the access token is unknown, revoked or expired"));
  if (!scope_within(endpoint.scope, scope_words(found->second.scope)))
    return respond(oauth_error(403, "insufficient_scope", "the access token lacks " + endpoint.scope));
  if (endpoint.role == Endpoint::Role::api_key)
    return respond(with_header(json_response(200, {{"api_key", mint_key()}}), "Cache-Control", "no-store"));
  if (endpoint.role == Endpoint::Role::session_token)
    return respond(json_response(200, short_token(found->second, whole_seconds(endpoint.lifetime))));
  return respond(json_response(200, {{"scope", found->second.scope}}));
}

}  // namespace assay::fakes
