#include "fakes/oauth/settings.h"

#include "fakes/common/settings.h"

namespace assay::fakes {
namespace {

std::map<std::string, OAuthClient> read_clients(SettingsReader& in) {
  std::map<std::string, OAuthClient> clients;
  if (!in.has("clients")) {
    clients["assay-reference"] = {
        {"http://localhost/auth/callback", "http://127.0.0.1/auth/callback", "http://[::1]/auth/callback"},
        "",
        false,
        -1};
  }
  in.section("clients", [&](SettingsReader& all) {
    for (const auto& id : all.names()) {
      all.section(id, [&](SettingsReader& client) {
        clients[id] = {client.texts("redirect_uris", {}), client.text("secret", ""),
                       client.flag("any_secret", false), -1};
        if (clients[id].redirect_uris.empty())
          client.wrong("redirect_uris", "expected at least one redirect URI");
      });
    }
  });
  return clients;
}

std::vector<DeviceAnswer> read_device(SettingsReader& in) {
  static const std::map<std::string, DeviceAnswer, std::less<>> words{{"pending", DeviceAnswer::pending},
                                                                      {"slow_down", DeviceAnswer::slow_down},
                                                                      {"denied", DeviceAnswer::denied},
                                                                      {"expired", DeviceAnswer::expired},
                                                                      {"ok", DeviceAnswer::ok}};
  std::vector<DeviceAnswer> answers;
  for (const auto& word : in.texts("device", {})) {
    const auto found = words.find(word);
    if (found == words.end()) {
      in.wrong("device",
               unknown_word("device answer", word, {"pending", "slow_down", "denied", "expired", "ok"}));
    } else {
      answers.push_back(found->second);
    }
  }
  return answers;
}

// A duration, or null or none for "left out" (a case cannot lay a null over what an account says).
std::optional<Micros> maybe_duration(SettingsReader& in, std::string_view name,
                                     std::optional<Micros> otherwise) {
  if (in.has(name) && (in.any(name).is_null() || in.any(name) == "none")) return std::nullopt;
  if (!in.has(name)) {
    (void)in.any(name);
    return otherwise;
  }
  return in.duration(name, Micros(0));
}

}  // namespace

Result<OAuthSettings> OAuthSettings::read(const nlohmann::json& value, const WorldState&) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  SettingsReader in(value);
  OAuthSettings s;
  s.automatic = in.flag("auto", false);
  s.deny = in.flag("deny", false);
  s.own_endpoints = in.has("endpoints");
  s.endpoints = read_endpoints(in);
  if (!s.own_endpoints) s.endpoints = standard_endpoints();
  in.section("prefixes", [&](SettingsReader& prefixes) {
    s.prefixes = {prefixes.text("access", "at_"),   prefixes.text("refresh", "rt_"),
                  prefixes.text("code", "code_"),   prefixes.text("device", "device_"),
                  prefixes.text("key", "sk-proj-"), prefixes.text("session", "st_")};
  });
  s.clients = read_clients(in);
  s.registration = in.flag("registration", true);
  s.registration_epoch = in.number("registration_epoch", 0);
  s.exact_port = in.flag("exact_port", false);

  s.pkce_required = in.choice("pkce", "required", {"required", "optional"}) == "required";
  s.pkce_methods = in.texts("pkce_methods", {"S256"});
  s.scopes = in.texts("scopes", {"openid", "profile", "email", "offline_access"});
  s.scope_separators = in.text("scope_separators", " ");
  if (in.has("granted_scope")) s.granted_scope = in.text("granted_scope", "");
  (void)in.any("granted_scope");
  s.refresh_needs_offline_access = in.flag("refresh_needs_offline_access", false);

  s.delivery = in.choice("delivery", "", {"query", "fragment", "form_post"});
  s.state = in.choice("state", "echo", {"echo", "omit", "wrong"});
  s.issuer_parameter = in.flag("issuer_parameter", true);
  s.redirect_params = in.object("redirect_params");

  s.code_lifetime = in.duration("code_lifetime", minutes(1));
  s.access_lifetime = maybe_duration(in, "access_lifetime", hours(1));
  s.refresh_lifetime = in.duration("refresh_lifetime", hours(24 * 14));
  s.skew = in.duration("skew", Micros(0));
  s.jwt_access_tokens = in.choice("access_token", "opaque", {"opaque", "jwt"}) == "jwt";
  in.section("token", [&](SettingsReader& token) {
    s.token_omit = token.texts("omit", {});
    s.token_set = token.object("set");
  });
  s.id_token_claims = in.object("id_token_claims");
  s.code_reuse = in.choice("code_reuse", "revoke", {"revoke", "refuse"});
  s.refresh = in.choice("refresh", "rotate", {"rotate", "keep", "omit", "null", "empty"});
  s.reuse = in.choice("reuse", "revoke-family",
                      {"revoke-family", "invalid_grant", "401-refresh_token_reused", "allow"});
  s.revoke = in.choice("revoke", "ok", {"ok", "refused"});
  s.echo_secrets = in.flag("echo_secrets", false);

  s.device = read_device(in);
  s.interval = maybe_duration(in, "interval", seconds(5));
  s.slow_down_interval = maybe_duration(in, "slow_down_interval", std::nullopt);
  s.device_lifetime = in.duration("device_lifetime", minutes(10));

  in.section("metadata", [&](SettingsReader& metadata) {
    s.metadata_omit = metadata.texts("omit", {});
    s.metadata_set = metadata.object("set");
  });
  s.known_refresh_tokens = in.texts("known_refresh_tokens", {});
  in.section("known_access_tokens", [&](SettingsReader& tokens) {
    for (const auto& token : tokens.names()) s.known_access_tokens[token] = tokens.duration(token, Micros(0));
  });
  in.section("user", [&](SettingsReader& user) {
    s.subject = user.text("sub", "user-1");
    s.email = user.text("email", "user@example.com");
  });
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  return s;
}

}  // namespace assay::fakes
