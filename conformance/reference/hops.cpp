// The two hops from WorldRouter's login token to an API key, and their way back.
#include <fmt/format.h>

#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "conformance/reference/login.h"
#include "harness/base/text.h"

namespace assay::reference {

using nlohmann::json;

namespace {

std::string fill_team(std::string path, std::string_view team) {
  static constexpr std::string_view hole = "{team_id}";
  if (const auto at = path.find(hole); at != std::string::npos)
    path.replace(at, hole.size(), percent_encode(team));
  return path;
}

}  // namespace

Outcome<Tokens> exchange(const Call& call, Tokens tokens) {
  ApiCall api;
  api.stage = "exchange";
  api.secrets = {tokens.auth_token};
  api.request.method = "POST";
  api.request.url = call.context.url("control") + call.context.provider.login.exchange_path;
  api.request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  api.request.body = json{{"token", tokens.auth_token}}.dump();
  const auto answer = call_api(call, api);
  if (!answer) return tl::unexpected(answer.error());
  tokens.session_token = text_at(*answer, "session_token");
  tokens.team_id = text_at(*answer, "default_team_id");
  if (tokens.session_token.empty())
    return failure(Category::protocol, "the exchange gave no session token", "exchange");
  if (tokens.team_id.empty())  // token-exchange.missing-default-team
    return failure(Category::protocol, "the exchange named no team (default_team_id): no key can be made",
                   "exchange");
  return tokens;
}

Outcome<MintedKey> mint(const Call& call, const Tokens& tokens, const std::string& idempotency_key) {
  ApiCall api;
  api.stage = "mint";
  api.secrets = {tokens.auth_token, tokens.session_token};
  api.request.method = "POST";
  api.request.url =
      call.context.url("control") + fill_team(call.context.provider.login.keys_path, tokens.team_id);
  api.request.headers = {{"Content-Type", "application/json"},
                         {"Accept", "application/json"},
                         {"Authorization", "Bearer " + tokens.session_token},
                         {"Idempotency-Key", idempotency_key}};
  api.request.body = json{{"name", "assay-reference"}}.dump();
  auto answer = call_api(call, api);
  // The key may exist although its answer was lost: the same Idempotency-Key asks for that one
  // (token-exchange.mint-retry-creates-duplicates).
  for (int attempt = 1; !answer && answer.error().category == Category::network && attempt < 3; ++attempt) {
    if (pause(Millis(200 * attempt), call.deadline, call.cancel) == Wake::cancelled) break;
    answer = call_api(call, api);
  }
  if (!answer) return tl::unexpected(answer.error());
  const MintedKey minted{text_at(*answer, "key"), text_at(*answer, "id")};
  if (minted.key.empty()) return failure(Category::protocol, "the answer to the mint has no key", "mint");
  return minted;
}

json revoke(const Call& call, const json& credential) {
  const auto text = [&](const char* key) { return text_at(credential, key); };
  ApiCall api;
  api.stage = "revoke";
  api.secrets = {text("key"), text("session_token"), text("refresh_token"), text("access_token")};
  api.request.head_wait = Millis(5000);
  if (!text("key_id").empty() && !text("session_token").empty()) {
    api.request.method = "DELETE";
    api.request.url = call.context.url("control") +
                      fill_team(call.context.provider.login.keys_path, text("team_id")) + '/' +
                      percent_encode(text("key_id"));
    api.request.headers = {{"Authorization", "Bearer " + text("session_token")}};
    const auto answer = call_api(call, api);
    return answer && answer->value("revoked", json(true)) == json(true);
  }
  const std::string token = text("refresh_token").empty() ? text("access_token") : text("refresh_token");
  if (!text("revocation_endpoint").empty() && !token.empty()) {  // RFC 7009
    Parameters form = {{"token", token}};
    if (!call.context.provider.login.client_id.empty())
      form["client_id"] = call.context.provider.login.client_id;
    api.request.method = "POST";
    api.request.url = text("revocation_endpoint");
    api.request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    api.request.body = "token=" + percent_encode(token);
    if (form.contains("client_id")) api.request.body += "&client_id=" + percent_encode(form["client_id"]);
    return call_text(call, api).has_value();
  }
  return nullptr;
}

}  // namespace assay::reference
