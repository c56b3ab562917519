// What is changed in a world that runs: its scenario, faults, settings, holds.
#include <algorithm>
#include <array>

#include "conformance/serve/worlds_hosted.h"

namespace assay::serve {
namespace {

constexpr std::array kFaultKeys = {"faults", "rules", "listen"};

// "inference@B" in a world document is the fake "B"; "auth" is whatever plays that role.
std::string fake_named(const conformance::WorldPlan& plan, const std::string& key) {
  if (key.starts_with("inference@")) {
    const auto second = plan.second.find(key.substr(10));
    return second == plan.second.end() ? "" : second->second;
  }
  if (const auto role = plan.roles.find(key); role != plan.roles.end()) return role->second;
  const auto oauth = plan.roles.find("oauth");
  return key == "auth" && oauth != plan.roles.end() ? oauth->second : "";
}

// "inference@B.turn" → "B.turn"; empty where there is no such fake, or no dot.
std::string full_name(const conformance::WorldPlan& plan, const std::string& setting) {
  const auto dot = setting.find('.');
  if (dot == std::string::npos) return "";
  const std::string fake = fake_named(plan, setting.substr(0, dot));
  return fake.empty() ? "" : fake + setting.substr(dot);
}

}  // namespace

using nlohmann::json;

Result<WorldView> Worlds::set_scenario(const std::string& name, const std::string& scenario) {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  WorldOrder order = one->base;
  if (!scenario.empty()) {
    order.world = nullptr;
    order.scenario = scenario;
    auto resolved = this->resolved(std::move(order));
    if (!resolved) return tl::unexpected(resolved.error());
    order = std::move(*resolved);
  }
  if (auto raised = raise(*one, order, false); !raised) return tl::unexpected(raised.error());
  one->made = std::move(order);
  one->era->journal.note("world", JournalKind::note,
                         "scenario " + (scenario.empty() ? "none" : one->made.scenario));
  return view(*one);
}

json Worlds::faults(const WorldView& view) const {
  json out = json::object();
  for (const auto& [role, url] : view.urls) {
    const std::string fake = role == "oauth" ? "auth" : role;
    out[fake] = json::object();
    for (const char* key : kFaultKeys) {
      const json* settings = view.world.contains(fake) ? &view.world[fake] : nullptr;
      out[fake][key] = settings != nullptr && settings->contains(key) ? (*settings)[key] : json::array();
    }
  }
  return out;
}

Result<void> Worlds::set_faults(const std::string& name, const std::string& fake, const json& faults) {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  const std::string member = fake_named(one->plan, fake);
  if (member.empty()) return fail("the world has no fake \"" + fake + "\"");
  WorldOrder order = one->made;
  order.world = one->world;
  order.file.clear();  // it is not the file that may be wrong now
  json& settings = order.world[fake];
  if (!settings.is_object()) settings = json::object();
  for (const char* key : kFaultKeys) {
    settings.erase(key);
    if (faults.contains(key) && !faults[key].empty()) settings[key] = faults[key];
  }
  auto planned = plan(order);
  if (!planned) return tl::unexpected(planned.error());
  auto& fakes = planned->spec.fakes;
  auto& before = one->plan.spec.fakes;
  const auto is_it = [&](const FakeSpec& f) { return f.name == member; };
  const auto spec = std::find_if(fakes.begin(), fakes.end(), is_it);
  const auto old = std::find_if(before.begin(), before.end(), is_it);
  if (spec->listen != old->listen) {
    if (auto set = one->running->set_listen(member, spec->listen); !set) return set;
  }
  if (auto set = one->running->set_rules(member, spec->rules); !set) {
    (void)one->running->set_listen(member, old->listen);
    return set;
  }
  one->world = std::move(order.world);
  one->plan = std::move(*planned);
  one->era->journal.note("world", JournalKind::note, "faults of " + fake, faults);
  return {};
}

Result<void> Worlds::set(const std::string& name, const std::string& setting, const json& value) {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  const std::string full = full_name(one->plan, setting);
  if (full.empty()) return fail("expected FAKE.SETTING, such as inference.turn, found \"" + setting + "\"");
  return one->running->set(full, value);
}

Result<json> Worlds::get(const std::string& name, const std::string& setting) const {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  const std::string full = full_name(one->plan, setting);
  if (full.empty()) return fail("expected FAKE.NAME, such as inference.requests, found \"" + setting + "\"");
  return one->running->get(full);
}

Result<json> Worlds::strict(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  return json{{"strict", one->plan.spec.strict}, {"findings", one->running->strict_findings()}};
}

Result<void> Worlds::release(const std::string& name, const std::string& hold) {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  one->running->release(hold);
  return {};
}

}  // namespace assay::serve
