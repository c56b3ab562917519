#include "conformance/runner/case/world_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "conformance/runner/case/account.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/judge/journal_query.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

const std::vector<std::string> kMatchKeys = {"method", "path", "nth", "header", "query", "form", "body"};

// Throws nothing: the first error is kept and later steps do no harm.
class Planner {
 public:
  explicit Planner(const Case& one) : case_(one) {}

  Result<WorldPlan> plan(const std::string& data_folder, std::uint64_t seed, const std::string& named) {
    json world = case_.world;
    std::string protocol;
    if (needs_account(case_)) {
      plan_.account = named.empty() ? kGenericAccount : named;
      const auto account = load_account(data_folder, plan_.account);
      if (!account) return wrong(account.error().text());
      world = world_of(*account, world);
      protocol = account->protocol;
    }
    const std::string provider = world.value("provider", "worldrouter");
    auto descriptor = load_provider(data_folder, provider);
    if (!descriptor) return wrong(descriptor.error().text());
    plan_.provider = std::move(*descriptor);
    if (!protocol.empty()) plan_.provider["default_api"] = protocol;
    plan_.spec.seed = seed;
    const bool station = plan_.provider.value("oauth_family", "") == "auth-station";
    const bool oauth = plan_.provider.contains("login") && !station;
    if (station) {
      add("auth", "auth-station", "auth-station", "*", world);
      add("control", "control-api", "control-api", "*", world);
    }
    if (oauth) add("oauth", "auth", "oauth", "*", world, "auth");
    add("inference", "inference", "inference-api", "POST chat", world);
    for (const auto& [key, value] : world.items()) {
      if (!key.starts_with("inference@")) continue;
      const std::string name = key.substr(10);
      plan_.second[name] = name;
      add("", name, "inference-api", "POST chat", world, key);
    }
    if (world.contains("cell")) {
      if (world["cell"] != "required") return wrong("cell: expected required");
      plan_.needs_cell = true;
    }
    if (world.contains("ports_busy")) {
      for (const json& port : world["ports_busy"]) plan_.ports_busy.push_back(port.get<std::uint16_t>());
    }
    if (world.contains("schedule")) {
      auto schedule = parse_schedule(world["schedule"]);
      if (!schedule) return wrong("schedule: " + schedule.error().message);
      plan_.spec.schedule = std::move(*schedule);
    }
    if (world.contains("strict")) {
      if (!world["strict"].is_boolean()) return wrong("strict: expected true or false");
      plan_.spec.strict = world["strict"].get<bool>();
    }
    for (const auto& [key, value] : world.items()) {
      if (used_.contains(key) || key == "schedule" || key == "provider" || key == "ports_busy" ||
          key == "cell" || key == "strict")
        continue;
      std::vector<std::string> known(used_.begin(), used_.end());
      known.insert(known.end(), {"provider", "ports_busy", "cell", "schedule", "strict"});
      return wrong("world of the provider " + provider + ": " + unknown_word("key", key, known));
    }
    if (error_) return tl::unexpected(*error_);
    if (const std::string missing = unnamed_rule(); !missing.empty())
      return wrong("rules: no rule has as: " + missing);
    return std::move(plan_);
  }

 private:
  // What an `after` names that no rule is called; empty when all is well.
  std::string unnamed_rule() const {
    std::set<std::string> names;
    for (const FakeSpec& fake : plan_.spec.fakes) {
      for (const RuleSpec& rule : fake.rules) names.insert(rule.name);
    }
    for (const FakeSpec& fake : plan_.spec.fakes) {
      for (const RuleSpec& rule : fake.rules) {
        if (!rule.after.empty() && !names.contains(rule.after)) return rule.after;
      }
    }
    return {};
  }

  tl::unexpected<Error> wrong(const std::string& why) const {
    return fail(case_.id + ": " + why, case_.file, case_.line);
  }

  void add(const std::string& role, const std::string& name, const std::string& kind,
           const std::string& main_route, const json& world, const std::string& named = {}) {
    const std::string key = named.empty() ? role : named;
    used_.insert(key);
    FakeSpec fake;
    fake.name = name;
    fake.kind = kind;
    if (!role.empty()) plan_.roles[role] = name;
    if (world.contains(key)) {
      if (auto read = read_fake(world[key], main_route, fake); !read && !error_) {
        error_ = wrong(key + ": " + read.error().message).value();
      }
    }
    if (kind == "inference-api" && plan_.first_turn.empty()) {
      const json& turn = fake.settings.contains("turn") ? fake.settings["turn"] : json("pong");
      plan_.first_turn = turn.is_string() ? turn.get<std::string>() : "";
    }
    plan_.spec.fakes.push_back(std::move(fake));
  }

  Result<void> read_fake(const json& from, const std::string& main_route, FakeSpec& fake) {
    if (!from.is_object()) return fail("expected a map of settings");
    std::vector<wire::FaultUse> faults;
    for (const auto& [key, value] : from.items()) {
      if (key == "faults") {
        auto parsed = wire::parse_faults(value);
        if (!parsed) return tl::unexpected(parsed.error());
        faults = std::move(*parsed);
      } else if (key == "listen") {
        auto parsed = wire::parse_faults(value);
        if (!parsed) return tl::unexpected(parsed.error());
        auto mode = wire::take_listener_mode(*parsed);
        if (!mode) return tl::unexpected(mode.error());
        if (!parsed->empty())
          return fail("listen: " + parsed->front().name + " is not a fault of a listener");
        fake.listen = *mode;
      } else if (key == "rules") {
        for (const json& rule : value) {
          auto read = read_rule(rule, main_route);
          if (!read)
            return fail(fmt::format("rules, entry {}: {}", fake.rules.size() + 1, read.error().message));
          fake.rules.push_back(std::move(*read));
        }
      } else if (key == "hosts") {
        fake.names = value.get<std::vector<std::string>>();
      } else {
        fake.settings[key] = value;
      }
    }
    if (!faults.empty()) {
      RuleSpec rule;
      rule.match = main_route;
      rule.faults = std::move(faults);
      fake.rules.push_back(std::move(rule));
    }
    return {};
  }

  static Result<RuleSpec> read_rule(const json& from, const std::string& main_route) {
    if (!from.is_object()) return fail("expected a map in rules");
    RuleSpec rule;
    rule.match = json::object();
    rule.order = json::object();
    for (const auto& [key, value] : from.items()) {
      if (std::find(kMatchKeys.begin(), kMatchKeys.end(), key) != kMatchKeys.end()) {
        rule.match[key] = value;
      } else if (key == "faults") {
        auto parsed = wire::parse_faults(value);
        if (!parsed) return tl::unexpected(parsed.error());
        rule.faults = std::move(*parsed);
      } else if (key == "hold" && value.is_object()) {
        auto barrier = parse_barrier(value);
        if (!barrier) return fail("hold: " + barrier.error().message);
        rule.barrier = std::move(*barrier);
      } else if (key == "hold") {
        rule.hold = value.get<std::string>();
      } else if (key == "as") {
        rule.name = value.get<std::string>();
      } else if (key == "after") {
        rule.after = value.get<std::string>();
      } else if (key == "speed") {
        rule.speed = value.get<double>();
      } else {
        rule.order[key] = value;
      }
    }
    if (!rule.match.contains("path")) {
      const auto space = main_route.find(' ');
      rule.match["path"] = space == std::string::npos ? main_route : main_route.substr(space + 1);
      if (space != std::string::npos && !rule.match.contains("method"))
        rule.match["method"] = main_route.substr(0, space);
    }
    if (auto match = parse_match(rule.match, path_aliases()); !match) return tl::unexpected(match.error());
    if (rule.order.empty()) rule.order = nullptr;
    return rule;
  }

  const Case& case_;
  WorldPlan plan_;
  std::set<std::string> used_;
  std::optional<Error> error_;
};

}  // namespace

Result<WorldPlan> plan_world(const Case& one, const std::string& data_folder, std::uint64_t seed,
                             const std::string& account) {
  try {
    return Planner(one).plan(data_folder, seed, account);
  } catch (const json::exception& error) {
    return fail(one.id + ": a value of the wrong type in world: " + error.what(), one.file, one.line);
  }
}

json client_urls(const WorldPlan& plan, const World& world, const std::string& second) {
  json urls = json::object();
  for (const auto& [role, name] : plan.roles) urls[role] = world.public_url(name);
  if (!second.empty()) urls["inference"] = world.public_url(plan.second.at(second));
  return urls;
}

}  // namespace assay::conformance
