#include "conformance/reference/credentials.h"

#include <algorithm>
#include <charconv>

#include "conformance/reference/errors.h"
#include "harness/base/text.h"

namespace assay::reference {

using nlohmann::json;

namespace {

// expires_in as servers send it: a number, a fraction, a string; nullopt when it says nothing
// (token-exchange.expired-on-arrival).
std::optional<std::int64_t> lifetime(const json& answer) {
  const auto found = answer.find("expires_in");
  if (found == answer.end()) return {};
  double seconds = 0;
  if (found->is_number()) {
    seconds = found->get<double>();
  } else if (found->is_string()) {
    const auto text = found->get<std::string>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
  } else {
    return {};
  }
  // A lifetime that is over on arrival is no knowledge: the token is used until it is refused.
  if (!(seconds > 0) || seconds > 1e10) return {};
  return static_cast<std::int64_t>(seconds);
}

}  // namespace

std::string secret_of(const json& credential) {
  const std::string key = text_at(credential, "key");
  return key.empty() ? text_at(credential, "access_token") : key;
}

std::vector<std::string> secrets_of(const json& credential) {
  std::vector<std::string> secrets;
  for (const char* name : {"key", "access_token", "refresh_token", "session_token", "id_token"})
    if (std::string secret = text_at(credential, name); !secret.empty()) secrets.push_back(std::move(secret));
  return secrets;
}

Outcome<std::string> clean_key(const std::string& typed) {
  const std::string key(trim(typed));
  if (key.empty()) return failure(Category::invalid_request, "the key is empty", "store");
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable)
    return failure(Category::invalid_request,
                   "the key has blanks or characters that no key has; paste it again", "store");
  return key;
}

std::string credential_state(const json& credential, std::int64_t now) {
  if (secret_of(credential).empty()) return "absent";
  const auto expires = credential.find("expires_at");
  const bool over =
      expires != credential.end() && expires->is_number() && expires->get<std::int64_t>() <= now;
  return over ? "expired" : "present";
}

Headers auth_headers(const Context&, const json& credential, const std::string& protocol) {
  const std::string secret = secret_of(credential);
  if (secret.empty()) return {};  // no header at all (model-discovery.empty-bearer-header)
  if (protocol == "anthropic") return {{"x-api-key", secret}};
  if (protocol == "gemini") return {{"x-goog-api-key", secret}};
  return {{"Authorization", "Bearer " + secret}};
}

json credential_from(const json& answer, const json& old, std::int64_t now) {
  json credential = old.is_object() ? old : json::object();
  credential["kind"] = "oauth";
  credential["access_token"] = text_at(answer, "access_token");
  // A server that sends no new refresh token means the old one to stay (RFC 6749 section 6).
  if (std::string refresh = text_at(answer, "refresh_token"); !refresh.empty())
    credential["refresh_token"] = std::move(refresh);
  credential.erase("expires_at");
  // From our own clock at receipt, whatever the server's clock says (token-exchange.clock-skew).
  if (const auto seconds = lifetime(answer)) credential["expires_at"] = now + *seconds;
  if (std::string scope = text_at(answer, "scope"); !scope.empty()) credential["scope"] = std::move(scope);
  return credential;
}

// One refresh an expiry, whoever asks (token-exchange.refresh-race-two-processes, refresh-race-in-process):
// the lock is held from reading to writing, and whoever comes second finds another access token than the one
// it used.
Outcome<json> refresh_credential(const Call& call, const std::string& used) {
  const auto lock = call.parts->lock(call.context.home, call.deadline, call.cancel);
  if (!lock) return tl::unexpected(lock.error());
  auto store = call.parts->load_store(call.context.home);
  if (!store) return tl::unexpected(store.error());
  const json old = entry_of(*store, call.context.provider);
  const std::string now_there = secret_of(old);
  if (!now_there.empty() && now_there != used && call.parts->credential_state(old, wall_now()) == "present")
    return old;
  const std::string refresh_token = text_at(old, "refresh_token");
  if (refresh_token.empty())
    return failure(Category::authentication, "the session has ended; log in again", "refresh");

  const std::string url = text_at(old, "token_endpoint").empty() ? call.context.url("oauth") + "/token"
                                                                 : text_at(old, "token_endpoint");
  Parameters form = {{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}};
  if (!call.context.provider.login.client_id.empty())
    form["client_id"] = call.context.provider.login.client_id;
  auto answer = call.parts->token_request(call, url, form);
  if (!answer) {
    Failure& why = answer.error();
    why.stage = "refresh";
    // Only the server's own word that the grant is dead ends it; all else may pass
    // (token-exchange.transient-refresh-failure-wipes-creds, dead-refresh-token-loop).
    if (why.category == Category::authentication || why.category == Category::invalid_request) {
      why.category = Category::authentication;
      why.message = "the session has ended (" + why.message + "); log in again";
      [[maybe_unused]] const auto noted = update_store(call, *lock, [&](json& all) {
        json entry = entry_of(all, call.context.provider);
        entry.erase("refresh_token");
        set_entry(all, call.context.provider, std::move(entry));
      });
    }
    return answer;
  }
  json renewed = call.parts->credential_from(*answer, old, wall_now());
  const auto saved =
      update_store(call, *lock, [&](json& all) { set_entry(all, call.context.provider, renewed); });
  if (!saved)  // the token in hand is good all the same (token-exchange.store-unwritable-fails-requests)
    call.emit({{"kind", adapter::event::notice},
               {"code", "not-saved"},
               {"message", "the renewed session is not saved: " + saved.error().message}});
  return renewed;
}

}  // namespace assay::reference
