#include "fakes/world_state.h"

#include <algorithm>

namespace assay::fakes {

Credential check_credential(WorldState& state, std::string_view secret, std::string_view database, Micros now,
                            std::int64_t wall_seconds) {
  if (const auto token = state.access_tokens.find(std::string(secret)); token != state.access_tokens.end()) {
    if (token->second.revoked) return Credential::revoked;
    return token->second.expires <= wall_seconds ? Credential::expired : Credential::ok;
  }
  const auto key = std::find_if(state.keys.begin(), state.keys.end(), [&](const ApiKey& k) {
    return k.secret == secret && k.database == database;
  });
  if (key == state.keys.end()) return Credential::unknown;
  if (key->revoked) return Credential::revoked;
  if (key->refusals > 0) {
    --key->refusals;
    return Credential::not_replicated;
  }
  return now < key->visible_at ? Credential::not_replicated : Credential::ok;
}

void remember_secret(WorldState& state, const std::string& kind, const std::string& value) {
  constexpr std::size_t kMost = 10'000;
  auto& known = state.secrets[kind];
  if (!value.empty() && known.size() < kMost) known.insert(value);
}

nlohmann::json issued_secrets(const WorldState& state) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [kind, values] : state.secrets) out[kind] = values;
  return out;
}

}  // namespace assay::fakes
