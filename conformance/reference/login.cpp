#include "conformance/reference/login.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <openssl/rand.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <thread>

#include "conformance/reference/callback.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "harness/base/text.h"

namespace assay::reference {

using nlohmann::json;

void Answers::put(std::optional<std::string> text) {
  const std::lock_guard lock(mutex_);
  texts_.push_back(std::move(text));
  ready_.cancel();
}
int Answers::descriptor() const {
  const std::lock_guard lock(mutex_);
  return ready_.fd();
}
std::optional<std::optional<std::string>> Answers::take() {
  const std::lock_guard lock(mutex_);
  if (texts_.empty()) return {};
  auto text = std::move(texts_.front());
  texts_.erase(texts_.begin());
  if (texts_.empty()) ready_ = Cancel();
  return text;
}

std::string random_text(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1)
    throw std::runtime_error("the system gives no random bytes");
  return base64url(random);
}

std::string make_state() {
  return random_text(32);
}

std::string login_url(const std::string& base, const Parameters& parameters) {
  return base + (base.find('?') == std::string::npos ? '?' : '&') + write_form(parameters);
}

std::string choose_flow(const Provider& provider, const std::string& asked) {
  if (!asked.empty()) return asked;
  if (!provider.login.flow.empty()) return provider.login.flow;
  if (provider.oauth_family == "auth-station") return "token-redirect";
  if (provider.oauth_family == "oauth") return "authorization-code";
  return "api-key";
}

// The event always, so that the URL can be copied (oauth-login.browser-opener-noop); the program of BROWSER
// beside it, started without a shell (url-ampersand-truncated), with its output hidden, never waited for.
void open_url(const Call& call, const std::string& url, const json& extra) {
  json event = {{"kind", adapter::event::open_url}, {"url", url}};
  if (extra.is_object()) event.update(extra);
  call.emit(std::move(event));
  const char* browser = std::getenv("BROWSER");
  if (browser == nullptr || *browser == '\0') return;
  std::string program = browser;
  std::string argument = url;
  char* argv[] = {program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int refused = posix_spawnp(&child, program.c_str(), &files, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (refused != 0) {
    call.emit({{"kind", adapter::event::notice},
               {"code", "opener-failed"},
               {"message", "cannot start the browser: open the URL by hand"}});
    return;
  }
  std::thread([child] { ::waitpid(child, nullptr, 0); }).detach();
}

namespace {

Failure denied(const Parameters& parameters, const std::vector<std::string>& secrets) {
  const auto text = [&](const char* key) {
    const auto found = parameters.find(key);
    return found == parameters.end() ? std::string() : found->second;
  };
  Failure failed;
  failed.category = Category::authentication;
  failed.stage = "callback";
  failed.code = sanitize(text("error"), secrets, 80);
  failed.message = "the sign-in was refused: " + failed.code;
  if (std::string more = sanitize(text("error_description"), secrets); !more.empty())
    failed.message += ": " + more;
  return failed;
}

// Waits for the listener, a pasted text, or the end of patience.
Outcome<Parameters> await_redirect(const Call& call, const LoginOptions& options, Answers& answers,
                                   const CallbackServer* server, const CallbackExpectation& expected,
                                   const std::string& redirect_uri) {
  const Millis patience = call.parts->callback_wait(options.callback_wait);
  const Deadline until = call.deadline.sooner(patience);
  bool may_paste = options.manual;
  while (true) {
    if (call.cancel.cancelled()) return failure(Category::cancelled, "cancelled", "callback");
    if (server != nullptr)
      if (auto taken = server->take()) return *taken;
    if (auto answer = may_paste ? answers.take() : std::nullopt) {
      if (!*answer) {
        may_paste = false;
        if (server == nullptr)
          return failure(Category::network, "nobody can paste the redirect URL", "callback");
        continue;
      }
      if (auto parameters = call.parts->read_paste(**answer, expected)) return *parameters;
      call.emit({{"kind", adapter::event::prompt},
                 {"prompt", "paste"},
                 {"message", "that is not the redirect of this sign-in; paste the whole address"}});
      continue;
    }
    pollfd watched[3] = {{server != nullptr ? server->descriptor() : -1, POLLIN, 0},
                         {may_paste ? answers.descriptor() : -1, POLLIN, 0},
                         {call.cancel.fd(), POLLIN, 0}};
    if (::poll(watched, 3, static_cast<int>(until.left().count())) == 0 && until.passed()) break;
  }
  std::string why = fmt::format("timed out after {} s waiting for the redirect to {}",
                                patience.count() / 1000, redirect_uri);
  if (server != nullptr && server->saw_tls())
    why += "; the browser insists on https for it (HTTPS-only mode)";
  return failure(Category::timeout, why + "; paste the redirect address or use a device code", "callback");
}

}  // namespace

Outcome<json> browser_login(
    const Call& call, const LoginOptions& options, Answers& answers, const BrowserLogin& login,
    const std::function<Outcome<json>(const Parameters&, const std::string& redirect_uri)>& after) {
  const LoginSpec& spec = call.context.provider.login;
  CallbackExpectation expected{spec.path, call.parts->make_state(), spec.state_param, login.result_param,
                               login.allowed_origin};
  auto bound = call.parts->bind(spec);
  // Without the port, only a redirect that is of no use to whoever has it may still be asked for.
  if (!bound && !(options.manual && login.paste_is_safe && spec.port != 0))
    return tl::unexpected(bound.error());
  const std::uint16_t port = bound ? bound->port : spec.port;
  const std::string host = spec.host == "::1" ? "[::1]" : spec.host;
  const std::string redirect_uri = fmt::format("http://{}:{}{}", host, port, spec.path);
  std::optional<CallbackServer> server;
  if (bound) server.emplace(*call.parts, std::move(*bound), expected, options.read_wait);

  Parameters parameters = login.parameters;
  parameters[login.redirect_param] = redirect_uri;
  parameters[spec.state_param] = expected.state;
  call.parts->open(call, call.parts->login_url(login.base_url, parameters), nullptr);
  if (options.manual)
    call.emit(
        {{"kind", adapter::event::prompt},
         {"prompt", "paste"},
         {"message", server ? "if the browser cannot reach this machine, paste the address it ends at"
                            : "the port of the redirect is taken: paste the address the browser ends at"}});

  const auto redirect =
      await_redirect(call, options, answers, server ? &*server : nullptr, expected, redirect_uri);
  Outcome<json> result = tl::unexpected(Failure{});
  if (!redirect) {
    result = tl::unexpected(redirect.error());
  } else if (redirect->contains("error")) {
    result = tl::unexpected(denied(*redirect, {expected.state}));
  } else {
    result = after(*redirect, redirect_uri);
  }
  if (server) server->finish(result);
  if (result) (*result)["redirect_uri"] = redirect_uri;
  return result;
}

namespace {

std::string tail_of(const std::string& key) {
  return key.size() < 12 ? "" : key.substr(key.size() - 4);
}

Outcome<json> token_redirect(const Call& call, const LoginOptions& options, Answers& answers) {
  const LoginSpec& spec = call.context.provider.login;
  BrowserLogin browser;
  browser.base_url = call.context.url("auth") + spec.page;
  browser.redirect_param = spec.redirect_param;
  browser.result_param = spec.token_param;
  browser.allowed_origin = origin_of(call.context.url("auth"));
  return browser_login(
      call, options, answers, browser, [&](const Parameters& redirect, const std::string&) -> Outcome<json> {
        Tokens first;
        first.auth_token = redirect.at(spec.token_param);
        const auto tokens = call.parts->exchange(call, first);
        if (!tokens) return tl::unexpected(tokens.error());
        const auto minted = call.parts->mint(call, *tokens, random_text(18));
        if (!minted) return tl::unexpected(minted.error());
        const json entry = {{"kind", "oauth"},
                            {"key", minted->key},
                            {"key_id", minted->id},
                            {"team_id", tokens->team_id},
                            {"session_token", tokens->session_token},
                            {"minted_at", wall_now()}};
        json old;
        const auto saved = update_store(call, [&](json& store) {
          old = entry_of(store, call.context.provider);
          set_entry(store, call.context.provider, entry);
        });
        if (!saved) return tl::unexpected(saved.error());
        // The key of an earlier login would stay behind for ever: ended with the new session.
        if (old.is_object() && old.value("key_id", "") != minted->id && old.contains("key_id")) {
          old["session_token"] = tokens->session_token;
          call.parts->revoke(call, old);
        }
        return json{{"kind", "oauth"},
                    {"key_tail", tail_of(minted->key)},
                    {"team_id", tokens->team_id},
                    {"credential_state", "present"}};
      });
}

Outcome<json> authorization_code(const Call& call, const LoginOptions& options, Answers& answers) {
  const Provider& provider = call.context.provider;
  const auto server = read_metadata(call);
  if (!server) return tl::unexpected(server.error());
  const auto& methods = server->challenge_methods;
  const bool has_s256 = methods && std::find(methods->begin(), methods->end(), "S256") != methods->end();
  if (!has_s256 && (methods || provider.login.strict))  // oauth-login.pkce-method-downgrade
    return failure(Category::authentication, "the authorization server does not offer PKCE with S256",
                   "token");
  const Pkce pkce = call.parts->make_pkce();
  BrowserLogin browser;
  browser.base_url = server->authorization_endpoint;
  browser.parameters = {{"response_type", "code"},
                        {"client_id", provider.login.client_id},
                        {"code_challenge", pkce.challenge},
                        {"code_challenge_method", pkce.method}};
  std::string scope;
  for (const std::string& one : provider.login.scopes) scope += (scope.empty() ? "" : " ") + one;
  if (!scope.empty()) browser.parameters["scope"] = scope;
  browser.redirect_param = "redirect_uri";
  browser.result_param = "code";
  browser.allowed_origin = origin_of(server->authorization_endpoint);
  browser.paste_is_safe = true;
  return browser_login(call, options, answers, browser,
                       [&](const Parameters& redirect, const std::string& redirect_uri) -> Outcome<json> {
                         const auto answer =
                             call.parts->token_request(call, server->token_endpoint,
                                                       {{"grant_type", "authorization_code"},
                                                        {"code", redirect.at("code")},
                                                        {"redirect_uri", redirect_uri},
                                                        {"client_id", provider.login.client_id},
                                                        {"code_verifier", pkce.verifier}});
                         if (!answer) return tl::unexpected(answer.error());
                         auto result = keep_grant(call, *server, *answer);
                         if (result) (*result)["verifier"] = pkce.verifier;
                         return result;
                       });
}

Outcome<json> pasted_key(const Call& call, const LoginOptions& options) {
  const auto key = call.parts->clean_key(options.key);
  if (!key) return tl::unexpected(key.error());
  const auto saved = update_store(call, [&](json& store) {
    set_entry(store, call.context.provider, {{"kind", "api_key"}, {"key", *key}});
  });
  if (!saved) return tl::unexpected(saved.error());
  return json{{"kind", "api_key"}, {"key_tail", tail_of(*key)}, {"credential_state", "present"}};
}

}  // namespace

Outcome<json> login(const Call& call, const LoginOptions& options, Answers& answers) {
  const std::string flow = choose_flow(call.context.provider, options.flow);
  if (flow == "token-redirect") return token_redirect(call, options, answers);
  if (flow == "authorization-code") return authorization_code(call, options, answers);
  if (flow == "device") return device_login(call, options);
  if (flow == "api-key") return pasted_key(call, options);
  return failure(Category::invalid_request, "there is no login flow \"" + flow + '"');
}

// Revoked at the provider first, removed here whatever the provider said
// (token-exchange.logout-does-not-revoke).
Outcome<json> logout(const Call& call) {
  const auto credential = current_credential(call);
  if (!credential) return tl::unexpected(credential.error());
  if (credential->is_null())
    return json{{"removed", false},
                {"revoked", nullptr},
                {"message", "there was no session"},
                {"credential_state", "absent"}};
  const json revoked = call.parts->revoke(call, *credential);
  const auto removed =
      update_store(call, [&](json& store) { set_entry(store, call.context.provider, nullptr); });
  if (!removed) return tl::unexpected(removed.error());
  const std::string_view said = revoked.is_null() ? "removed here; the provider offers no revocation"
                                : revoked.get<bool>()
                                    ? "revoked at the provider and removed here"
                                    : "removed here; the provider did not confirm that it is revoked";
  return json{{"removed", true}, {"revoked", revoked}, {"message", said}, {"credential_state", "absent"}};
}

}  // namespace assay::reference
