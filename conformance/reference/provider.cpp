#include "conformance/reference/values.h"

namespace assay::reference {

using nlohmann::json;

namespace {

LoginSpec read_login(ObjectReader reader) {
  LoginSpec login;
  login.flow = reader.required<std::string>("flow");
  if (auto place = reader.maybe_object("callback")) {
    login.host = place->optional<std::string>("host", login.host);
    const auto port = place->optional<std::int64_t>("port");
    if (port < 0 || port > 65535) place->problem("port", "a port is 0 to 65535");
    login.port = static_cast<std::uint16_t>(port);
    login.path = place->optional<std::string>("path", login.path);
    place->done();
  }
  login.page = reader.optional<std::string>("page", login.page);
  login.redirect_param = reader.optional<std::string>("redirect_param", login.redirect_param);
  login.state_param = reader.optional<std::string>("state_param", login.state_param);
  login.token_param = reader.optional<std::string>("token_param", login.token_param);
  login.exchange_path = reader.optional<std::string>("exchange_path", login.exchange_path);
  login.keys_path = reader.optional<std::string>("keys_path", login.keys_path);
  login.client_id = reader.optional<std::string>("client_id");
  login.scopes = reader.optional<std::vector<std::string>>("scopes");
  login.strict = reader.choice("profile", {"strict", "lenient"}, 0) == 0;
  reader.done();
  return login;
}

}  // namespace

Result<Provider> read_provider(const Document& document) {
  std::vector<Error> problems;
  ObjectReader reader(document, problems);
  Provider provider;
  provider.id = reader.required<std::string>("id");
  provider.display_name = reader.optional<std::string>("display_name", provider.id);
  provider.aliases = reader.optional<std::vector<std::string>>("aliases");
  provider.oauth_family = reader.optional<std::string>("oauth_family");
  provider.default_api = reader.optional<std::string>("default_api", provider.default_api);
  provider.auth_modes = reader.optional<std::vector<std::string>>("auth_modes", provider.auth_modes);
  provider.api_base_path = reader.optional<std::string>("api_base_path", provider.api_base_path);
  provider.key_prefix = reader.optional<std::string>("key_prefix");
  provider.seeds = reader.optional<std::vector<std::string>>("seeds");
  provider.quirks = reader.optional<json>("quirks", json::object());
  if (auto discovery = reader.maybe_object("discovery")) {
    provider.models_path = discovery->optional<std::string>("path", provider.models_path);
    provider.models_ttl =
        std::chrono::seconds(discovery->optional<std::int64_t>("ttl_s", provider.models_ttl.count()));
    provider.models_cooldown = std::chrono::seconds(
        discovery->optional<std::int64_t>("cooldown_s", provider.models_cooldown.count()));
    provider.models_max_pages = discovery->optional<int>("max_pages", provider.models_max_pages);
    discovery->done();
  }
  if (auto login = reader.maybe_object("login")) provider.login = read_login(*login);
  reader.done();
  if (auto fine = first_problem(problems); !fine) return tl::unexpected(fine.error());
  return provider;
}

json quirks_of(const Provider& provider, std::string_view model) {
  const json* best = nullptr;
  std::size_t length = 0;
  for (const auto& [pattern, quirks] : provider.quirks.items()) {
    if (pattern == model) return quirks;
    if (!pattern.ends_with('*')) continue;
    const std::string_view prefix = std::string_view(pattern).substr(0, pattern.size() - 1);
    if (model.starts_with(prefix) && (best == nullptr || prefix.size() > length)) {
      best = &quirks;
      length = prefix.size();
    }
  }
  return best == nullptr ? json::object() : *best;
}

}  // namespace assay::reference
