// Session: what ${name} means in a step or a check, and which texts are secrets.
#include "conformance/runner/play/session_core.h"

#include <charconv>

#include "conformance/runner/case/turns.h"
#include "conformance/runner/judge/judge.h"
#include "harness/world/condition.h"

namespace assay::conformance {

using nlohmann::json;

// Every long text under a key that names a secret.
void Session::remember_secrets(const json& value) {
  if (!value.is_object()) return;
  for (const auto& [key, item] : value.items()) {
    remember_secrets(item);
    const bool secret = key == "key" || key.ends_with("token") || key.ends_with("secret");
    if (secret && item.is_string() && item.get_ref<const std::string&>().size() >= 8)
      secrets_.push_back({key, item.get<std::string>(), {}});
  }
}

json Session::need_resolved(const json& value) {
  auto out = resolved(value, with_resolver());
  if (!out) broken(out.error().message);
  return std::move(*out);
}

Observation Session::with_resolver() {
  Observation only;
  only.resolve = [this](const std::string& name) { return resolve(name); };
  return only;
}

// ${L.url}, ${L.user_code}, ${L.any/pointer}, ${browser.redirect}, ${turn.NAME.text}, ${fake.key}, ${bytes.N}
json Session::resolve(const std::string& name) {
  const auto dot = name.find('.');
  const std::string first = name.substr(0, dot), rest = dot == std::string::npos ? "" : name.substr(dot + 1);
  if (first == "browser") {
    const std::lock_guard lock(mutex_);
    if (pages_.empty()) return nullptr;
    const json* found = at_pointer(pages_.back(), "/" + rest);
    return found == nullptr ? json() : *found;
  }
  if (first == "turn") {
    const auto inner = rest.find('.');
    auto turn = load_turn(options_.data_folder, rest.substr(0, inner));
    if (!turn) return nullptr;
    const json* found =
        at_pointer(*turn, "/" + rest.substr(inner == std::string::npos ? rest.size() : inner + 1));
    return found == nullptr ? json() : *found;
  }
  if (first == "bytes") {
    constexpr std::size_t kMost = 1U << 20U;
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (error != std::errc{} || end != rest.data() + rest.size() || count > kMost) return nullptr;
    return std::string(count, 'x');
  }
  if (first == "secret") {
    for (const process::Canary& secret : secrets_) {
      if (secret.name == rest) return secret.value;
    }
    return nullptr;
  }
  {
    const std::lock_guard lock(mutex_);
    for (auto it = events_.rbegin(); it != events_.rend(); ++it) {
      if (it->label == first && it->event.contains(rest)) return it->event[rest];
    }
  }
  if (const auto found = played_.observation.outcomes.find(first);
      found != played_.observation.outcomes.end() && !found->second.empty()) {
    const json* value = at_pointer(found->second.back().result, "/" + rest);
    if (value != nullptr) return *value;
    if (const auto& request = found->second.back().request; request.contains(rest)) return request[rest];
  }
  return world_ ? world_->get(name) : json();
}

// Every ${name} that the checks mention, while the world can still answer.
std::map<std::string, json> Session::snapshot() {
  std::map<std::string, json> known;
  for (const Check& check : case_.checks) {
    const std::string text = check.source.dump();
    for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2)) {
      const std::string name = text.substr(at + 2, text.find('}', at) - at - 2);
      known[name] = resolve(name);
    }
  }
  return known;
}

}  // namespace assay::conformance
