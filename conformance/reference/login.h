// Login: the token redirect of WorldRouter with its two hops, authorization code with PKCE, the device flow,
// and a pasted key. Requirements: bugs oauth-login.*, token-exchange.*.
#pragma once

#include <mutex>

#include "conformance/reference/parts.h"

namespace assay::reference {

struct LoginOptions {
  std::string flow;  // empty: the descriptor's
  std::string key;   // flow api-key
  Millis callback_wait{120000};
  Millis read_wait{5000};
  bool manual = true;
  double poll_scale = 1;
};
// What a user answers to a prompt; filled by another thread.
class Answers {
 public:
  // `text` null: the user closed the prompt.
  void put(std::optional<std::string> text);
  // Readable once something was put and not taken.
  int descriptor() const;
  std::optional<std::optional<std::string>> take();

 private:
  mutable std::mutex mutex_;
  Cancel ready_;
  std::vector<std::optional<std::string>> texts_;
};

// The operation `login` of the adapter protocol: the fields of its result, or why it failed.
Outcome<nlohmann::json> login(const Call& call, const LoginOptions& options, Answers& answers);
// The operation `logout`.
Outcome<nlohmann::json> logout(const Call& call);

// The defaults of the parts of the same names.
void open_url(const Call& call, const std::string& url, const nlohmann::json& extra);
std::string make_state();
Pkce make_pkce();
std::string login_url(const std::string& base, const Parameters& parameters);
Outcome<Tokens> exchange(const Call& call, Tokens tokens);
Outcome<MintedKey> mint(const Call& call, const Tokens& tokens, const std::string& idempotency_key);
nlohmann::json revoke(const Call& call, const nlohmann::json& credential);
Outcome<nlohmann::json> token_request(const Call& call, const std::string& url, const Parameters& form);
Outcome<Millis> device_interval(const Failure& failure, Millis interval);

// What an authorization server says of itself (RFC 8414), with defaults where it says nothing.
struct ServerMetadata {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string device_endpoint;
  std::string revocation_endpoint;
  std::optional<std::vector<std::string>> challenge_methods;
};
Outcome<ServerMetadata> read_metadata(const Call& call);
// `bytes` from the kernel's generator, as base64url.
std::string random_text(std::size_t bytes);
// The first of `flow` that applies: asked, the descriptor's, by oauth_family, by default_api.
std::string choose_flow(const Provider& provider, const std::string& asked);

// Waits for the redirect or a pasted one; used by both browser flows.
struct BrowserLogin {
  std::string base_url;   // of the login page
  Parameters parameters;  // of the login URL, without redirect and state
  std::string redirect_param;
  std::string result_param;
  std::string allowed_origin;
  bool paste_is_safe = false;  // what is pasted or stolen is of no use without our verifier
};
// Runs one browser login; `after` turns the redirect's parameters into the login's result while the browser
// waits for its page.
Outcome<nlohmann::json> browser_login(
    const Call& call, const LoginOptions& options, Answers& answers, const BrowserLogin& login,
    const std::function<Outcome<nlohmann::json>(const Parameters&, const std::string& redirect_uri)>& after);
// Stores the grant of a token answer.
Outcome<nlohmann::json> keep_grant(const Call& call, const ServerMetadata& server,
                                   const nlohmann::json& answer);
Outcome<nlohmann::json> device_login(const Call& call, const LoginOptions& options);

}  // namespace assay::reference
