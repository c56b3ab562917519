// A general authorization server as a client sees it: RFC 6749, 7636 (PKCE), 8414 (metadata), 8628 (device).
#include <fmt/format.h>
#include <openssl/sha.h>

#include <cmath>

#include "conformance/reference/callback.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "conformance/reference/login.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;

Pkce make_pkce() {
  Pkce pkce;
  pkce.verifier = random_text(32);  // 43 characters
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(pkce.verifier.data()), pkce.verifier.size(), digest);
  pkce.challenge = base64url(std::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
  return pkce;
}

Outcome<ServerMetadata> read_metadata(const Call& call) {
  const std::string issuer = call.context.url("oauth");
  ApiCall api;
  api.stage = "token";
  api.request.url = issuer + "/.well-known/oauth-authorization-server";
  api.request.headers = {{"Accept", "application/json"}};
  const auto answer = call_api(call, api);
  ServerMetadata server{
      issuer, issuer + "/authorize", issuer + "/token", issuer + "/device_authorization", {}, {}};
  if (!answer) {
    // A server without metadata has these endpoints, and nothing is known of it (profile lenient).
    if (answer.error().category == Category::not_found) return server;
    return tl::unexpected(answer.error());
  }
  if (const std::string said = text_at(*answer, "issuer"); said != issuer)  // RFC 8414 section 3.3
    return failure(Category::protocol, "the authorization server names another issuer: " + sanitize(said),
                   "token");
  const auto take = [&](std::string& into, const char* key) {
    if (std::string value = text_at(*answer, key); !value.empty()) into = std::move(value);
  };
  take(server.authorization_endpoint, "authorization_endpoint");
  take(server.token_endpoint, "token_endpoint");
  take(server.device_endpoint, "device_authorization_endpoint");
  take(server.revocation_endpoint, "revocation_endpoint");
  if (const auto methods = answer->find("code_challenge_methods_supported");
      methods != answer->end() && methods->is_array()) {
    server.challenge_methods.emplace();
    for (const json& method : *methods)
      if (method.is_string()) server.challenge_methods->push_back(method.get<std::string>());
  }
  return server;
}

Outcome<json> token_request(const Call& call, const std::string& url, const Parameters& form) {
  ApiCall api;
  api.stage = "token";
  for (const char* name : {"code", "code_verifier", "refresh_token", "device_code"})
    if (const auto found = form.find(name); found != form.end()) api.secrets.push_back(found->second);
  api.request.method = "POST";
  api.request.url = url;
  api.request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                         {"Accept", "application/json"}};
  api.request.body = write_form(form);
  const auto reply = call_text(call, api);
  if (!reply) {
    Failure failed = reply.error();
    if (failed.code == "invalid_grant" || failed.code == "access_denied" || failed.code == "expired_token" ||
        failed.code == "refresh_token_reused" || failed.code == "invalid_client")
      failed.category = Category::authentication;
    return tl::unexpected(std::move(failed));
  }
  json answer = parse_untrusted(reply->body);
  if (answer.is_discarded() &&
      reply->body.find("error=") != std::string::npos) {  // urlencoded, as some still do
    answer = json::object();
    for (const auto& [name, value] : read_form(reply->body)) answer[name] = value;
  }
  const bool refused = answer.is_object() && answer.contains("error");
  if (!answer.is_object() || refused || text_at(answer, "access_token").empty()) {
    HttpReply said = *reply;
    if (refused) said.body = answer.dump();
    Failure failed = call.parts->error_text(said, api.secrets);
    failed.category = refused ? Category::authentication : Category::protocol;
    failed.stage = "token";
    if (!refused && !looks_like_html(*reply)) failed.message = "the token endpoint gave no access token";
    return tl::unexpected(std::move(failed));
  }
  return answer;
}

Outcome<json> keep_grant(const Call& call, const ServerMetadata& server, const json& answer) {
  json entry = call.parts->credential_from(answer, nullptr, wall_now());
  entry["token_endpoint"] = server.token_endpoint;
  if (!server.revocation_endpoint.empty()) entry["revocation_endpoint"] = server.revocation_endpoint;
  const auto saved = update_store(call, [&](json& store) { set_entry(store, call.context.provider, entry); });
  if (!saved) return tl::unexpected(saved.error());
  const bool renewable = entry.contains("refresh_token");
  if (!renewable)
    call.emit({{"kind", adapter::event::notice},
               {"code", "not-renewable"},
               {"message", "the provider granted no refresh token: this session cannot be renewed"}});
  return json{{"kind", "oauth"}, {"renewable", renewable}, {"credential_state", "present"}};
}

Outcome<Millis> device_interval(const Failure& failure, Millis interval) {
  if (failure.code == "authorization_pending") return interval;
  if (failure.code ==
      "slow_down")  // RFC 8628 section 3.5: five seconds more, or what the server says, for good
    return failure.retry_after ? std::max(interval, *failure.retry_after) : interval + Millis(5000);
  switch (failure.category) {
    case Category::rate_limited:
    case Category::overloaded:
    case Category::server_error:
    case Category::blocked:
    case Category::network:
    case Category::timeout:
    case Category::truncated:
    case Category::protocol:
      return std::max(interval, failure.retry_after.value_or(Millis(0)));
    default:
      return tl::unexpected(failure);
  }
}

Outcome<json> device_login(const Call& call, const LoginOptions& options) {
  const Provider& provider = call.context.provider;
  const auto server = read_metadata(call);
  if (!server) return tl::unexpected(server.error());
  Parameters form = {{"client_id", provider.login.client_id}};
  std::string scope;
  for (const std::string& one : provider.login.scopes) scope += (scope.empty() ? "" : " ") + one;
  if (!scope.empty()) form["scope"] = scope;
  ApiCall api;
  api.stage = "token";
  api.request.method = "POST";
  api.request.url = server->device_endpoint;
  api.request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                         {"Accept", "application/json"}};
  api.request.body = write_form(form);
  const auto start = call_api(call, api);
  if (!start) return tl::unexpected(start.error());
  const std::string device_code = text_at(*start, "device_code");
  const std::string page = text_at(*start, "verification_uri");
  if (device_code.empty() || page.empty())
    return failure(Category::protocol, "the device endpoint gave no code or no page", "token");
  const auto seconds = [&](const char* key, double otherwise) {
    const auto found = start->find(key);
    return found != start->end() && found->is_number() ? found->get<double>() : otherwise;
  };
  const double expires_in = seconds("expires_in", 600);
  Millis interval(static_cast<std::int64_t>(seconds("interval", 5) * 1000));
  const std::string complete = text_at(*start, "verification_uri_complete");
  call.parts->open(
      call, complete.empty() ? page : complete,
      {{"user_code", text_at(*start, "user_code")}, {"verification_uri", page}, {"expires_in", expires_in}});
  const auto scaled = [&](Millis wait) {
    return Millis(
        static_cast<std::int64_t>(std::ceil(static_cast<double>(wait.count()) * options.poll_scale)));
  };
  const Deadline until = call.deadline.sooner(scaled(Millis(static_cast<std::int64_t>(expires_in * 1000))));
  Millis wait = interval;  // the first poll is not before the interval either
  for (int attempt = 1;; ++attempt) {
    if (pause(scaled(wait), until, call.cancel) == Wake::cancelled)
      return failure(Category::cancelled, "cancelled", "token");
    if (until.passed())
      return failure(Category::timeout, "the device code has expired; log in again", "token");
    const auto answer =
        call.parts->token_request(call, server->token_endpoint,
                                  {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                                   {"device_code", device_code},
                                   {"client_id", provider.login.client_id}});
    if (answer) {
      auto result = keep_grant(call, *server, *answer);
      if (result) (*result)["user_code"] = text_at(*start, "user_code");
      return result;
    }
    Failure failed = answer.error();
    if (failed.code == "expired_token") failed.message = "the device code has expired; log in again";
    const auto next = call.parts->device_interval(failed, interval);
    if (!next) return tl::unexpected(next.error());
    wait = *next;
    if (failed.code == "slow_down") interval = wait;
    call.emit({{"kind", adapter::event::retry},
               {"attempt", attempt + 1},
               {"after_ms", wait.count()},
               {"category", adapter::to_string(failed.category)}});
  }
}

}  // namespace assay::reference
