#include "conformance/serve/worlds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "conformance/runner/case/case.h"
#include "conformance/runner/judge/journal_query.h"
#include "conformance/serve/scenarios.h"
#include "conformance/serve/worlds_hosted.h"
#include "fakes/fakes.h"

namespace assay::serve {
namespace {

using nlohmann::json;

bool good_name(const std::string& name) {
  // No "." and "..": clients would take them out of a path.
  return !name.empty() && name.size() <= 64 && name != kDefaultWorld &&
         std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
         });
}

// What an Authorization header can carry.
bool good_key(const std::string& key) {
  return !key.empty() && key.size() <= 512 &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// Makes the inference APIs accept the keys of the order, and says which one is for those who do not log in:
// one of those, one that the world's author accepts, else a made one. Where nobody issues credentials, and
// none are named, any key will do.
std::string give_keys(conformance::WorldPlan& plan, const WorldOrder& order) {
  const bool issues = plan.spec.fakes.front().kind != "inference-api";
  std::string key = plan.provider.value("key_prefix", "sk-") + "assay-" +
                    Random(plan.spec.seed).fork("serve " + order.name).alphanumeric(24);
  bool first = true;
  for (FakeSpec& fake : plan.spec.fakes) {
    if (fake.kind != "inference-api") continue;
    json& auth = fake.settings["auth"];
    if (auth.is_null()) auth = json::object();
    if (!auth.is_object()) continue;  // the fake says what is wrong with it
    json accepted = auth.value("keys", json::array());
    if (!accepted.is_array()) continue;
    for (const std::string& own : order.keys) accepted.push_back(own);
    if (issues && accepted.empty()) accepted.push_back(key);
    if (first && !order.keys.empty()) key = order.keys.front();
    if (first && order.keys.empty() && !accepted.empty() && accepted.front().is_string())
      key = accepted.front().get<std::string>();
    if (!accepted.empty()) auth["keys"] = std::move(accepted);
    first = false;
  }
  return key;
}

}  // namespace

void Era::end() {
  over = true;
  journal.note("world", JournalKind::note, "this journal ends");
}

json to_json(const WorldView& view) {
  return {{"name", view.name},
          {"prefix", view.prefix},
          {"urls", view.urls},
          {"key", view.key},
          {"keys", view.keys},
          {"provider", view.provider},
          {"scenario", view.scenario.empty() ? json() : json(view.scenario)},
          {"seed", view.seed},
          {"listeners", view.own_listeners ? "own" : "shared"},
          {"clock",
           {{"elapsed_us", view.era->clock.now().count()}, {"wall_seconds", view.era->clock.wall_seconds()}}},
          {"journal", {{"last", view.era->journal.size()}, {"dropped", view.era->journal.dropped()}}},
          {"world", view.world}};
}

Worlds::Worlds(Options options) : options_(std::move(options)) {}

Worlds::~Worlds() {
  end_waits();
  worlds_.clear();
}

Result<std::unique_ptr<Worlds>> Worlds::start(Options options, WorldOrder order) {
  std::unique_ptr<Worlds> out(new Worlds(std::move(options)));
  order.name.clear();
  auto resolved = out->resolved(std::move(order));
  if (!resolved) return tl::unexpected(resolved.error());
  const auto plan = out->plan(*resolved);
  if (!plan) return tl::unexpected(plan.error());
  out->options_.provider = resolved->world.value("provider", "");  // of the worlds that name none
  for (const auto& given : out->options_.ports) {
    const std::string& fake = given.first;
    const auto& fakes = plan->spec.fakes;
    if (std::any_of(fakes.begin(), fakes.end(), [&](const FakeSpec& f) { return f.name == fake; })) continue;
    std::vector<std::string> names;
    names.reserve(fakes.size());
    for (const FakeSpec& f : fakes) names.push_back(f.name);
    return fail(fmt::format("there is no fake \"{}\" to give a port, only {}", fake, fmt::join(names, ", ")));
  }
  auto listeners = out->open(*resolved, *plan);
  if (!listeners) return tl::unexpected(listeners.error());
  out->listeners_ = std::move(*listeners);
  auto hosted = std::make_unique<Hosted>();
  if (auto raised = out->raise(*hosted, *resolved, true); !raised) return tl::unexpected(raised.error());
  hosted->base = hosted->made = std::move(*resolved);
  out->worlds_[""] = std::move(hosted);
  return out;
}

// The listeners of the default world, or of one that has its own.
Result<std::unique_ptr<SharedListeners>> Worlds::open(const WorldOrder& order,
                                                      const conformance::WorldPlan& plan) const {
  std::vector<http::ListenerSpec> listeners;
  for (const FakeSpec& fake : plan.spec.fakes) {
    const auto fixed = options_.ports.find(fake.name);
    const bool is_fixed = order.name.empty() && fixed != options_.ports.end();
    for (const std::string& host : fake.hosts)
      listeners.push_back({fake.name, host, is_fixed ? fixed->second : fake.port, {}, options_.authority});
  }
  auto shared = SharedListeners::start(std::move(listeners), clock_, plan.spec.limits, options_.threads);
  if (!shared || !options_.on_answer) return shared;
  if (order.name.empty()) {
    (*shared)->on_answer(options_.on_answer);
  } else {
    (*shared)->on_answer([told = options_.on_answer, name = order.name](
                             const std::string&, std::uint64_t exchange, const wire::Script& script) {
      told(name, exchange, script);
    });
  }
  return shared;
}

// The world document of an order, from its scenario where it gives none.
Result<WorldOrder> Worlds::resolved(WorldOrder order) const {
  if (!order.world.is_null() && !order.world.is_object())
    return fail("expected a map of fakes in world", order.file, order.line);
  json world = json::object();
  if (!order.scenario.empty()) {
    auto scenario = find_scenario(options_.data, order.scenario, options_.provider);
    if (!scenario) return tl::unexpected(scenario.error());
    order.scenario = scenario->name;
    world = std::move(scenario->world);
    if (order.world.is_null()) {
      order.file = scenario->file;
      order.line = scenario->line;
    }
  }
  if (order.world.is_object()) world.merge_patch(order.world);
  if (!world.contains("provider")) world["provider"] = options_.provider;
  order.world = std::move(world);
  return order;
}

Result<conformance::WorldPlan> Worlds::plan(const WorldOrder& order) const {
  conformance::Case one;
  one.id = order.name.empty() ? "world" : "world " + order.name;
  one.world = order.world;
  one.file = order.file;
  one.line = order.line;
  return conformance::plan_world(one, options_.data, order.seed.value_or(options_.seed));
}

void Worlds::listen_to(const std::string& name, Era& era) const {
  if (!options_.on_entry) return;
  era.journal.set_listener([this, name, &era](const JournalEntry& entry) {
    if (!era.over) options_.on_entry(name, entry);
  });
}

// Makes the fakes of `order` and lets them answer under its name. On failure `hosted` is as before.
Result<void> Worlds::raise(Hosted& hosted, const WorldOrder& order, bool fresh_era) {
  auto planned = plan(order);
  if (!planned) return tl::unexpected(planned.error());
  const std::string key = give_keys(*planned, order);
  std::shared_ptr<Era> era = hosted.era;
  if (fresh_era) {
    era = std::make_shared<Era>();
    listen_to(order.name, *era);
  }
  WorldSpec spec = planned->spec;
  spec.speed = options_.speed;
  spec.tls = options_.authority != nullptr;
  // Only a cell can lead a client to names that it knows by heart.
  for (FakeSpec& fake : spec.fakes) fake.names.clear();
  if (order.own_listeners && !hosted.listeners) {
    auto own = open(order, *planned);
    if (!own) return tl::unexpected(own.error());
    hosted.listeners = std::move(*own);
  }
  if (!order.own_listeners) spec.prefix = world_prefix(order.name);
  const ServerStarter server =
      order.own_listeners ? hosted.listeners->entrance("") : listeners_->entrance(order.name, order.keys);
  auto running = World::start(std::move(spec), fakes::make_factory(options_.data + "/fixtures"),
                              conformance::path_aliases(), era->clock, era->journal, server);
  if (!running) {
    Error error = running.error();
    if (error.file.empty()) {
      error.file = order.file;
      error.line = order.line;
    }
    return tl::unexpected(std::move(error));
  }
  hosted.running.swap(*running);
  running->reset();  // the one of before: its journal is still there
  if (hosted.era && hosted.era != era) hosted.era->end();
  hosted.era = std::move(era);
  hosted.plan = std::move(*planned);
  hosted.world = order.world;
  hosted.key = key;
  return {};
}

Result<void> Worlds::reload(WorldOrder order) {
  order.name.clear();
  auto resolved = this->resolved(std::move(order));
  if (!resolved) return tl::unexpected(resolved.error());
  const std::lock_guard lock(mutex_);
  Hosted& one = *worlds_.at("");
  if (auto raised = raise(one, *resolved, false); !raised) return raised;
  one.base = one.made = std::move(*resolved);
  return {};
}

Result<WorldView> Worlds::create(WorldOrder order) {
  if (!good_name(order.name))
    return fail(
        "expected a name of at most 64 letters, digits, '.', '_' and '-' that begins with a letter or "
        "digit and is not " +
        std::string(kDefaultWorld) + ", found \"" + order.name.substr(0, 80) + "\"");
  if (std::any_of(order.keys.begin(), order.keys.end(),
                  [](const std::string& key) { return !good_key(key); }))
    return fail("expected keys of 1 to 512 printable ASCII characters without spaces");
  auto resolved = this->resolved(std::move(order));
  if (!resolved) return tl::unexpected(resolved.error());
  const std::lock_guard lock(mutex_);
  for (const auto& [name, other] : worlds_) {
    if (name == resolved->name) return fail("there is a world \"" + name + "\" already");
    for (const std::string& key : resolved->keys) {
      const auto& taken = other->made.keys;
      if (std::find(taken.begin(), taken.end(), key) != taken.end())
        return fail("the key \"" + key + "\" belongs to the world \"" + name + "\" already");
    }
  }
  auto made = std::make_unique<Hosted>();
  if (auto raised = raise(*made, *resolved, true); !raised) return tl::unexpected(raised.error());
  made->base = made->made = std::move(*resolved);
  Hosted& one = *made;
  worlds_[one.made.name] = std::move(made);
  return view(one);
}

Result<void> Worlds::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (name == kDefaultWorld) return fail("the default world stays as long as assay serve does");
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  one->running.reset();
  one->era->end();
  worlds_.erase(name);
  return {};
}

Result<WorldView> Worlds::reset(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  if (one == nullptr) return tl::unexpected(there_is_none(name));
  if (auto raised = raise(*one, one->base, true); !raised) return tl::unexpected(raised.error());
  one->made = one->base;
  return view(*one);
}

std::optional<WorldView> Worlds::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  Hosted* one = hosted(name);
  return one == nullptr ? std::nullopt : std::optional(view(*one));
}

std::vector<WorldView> Worlds::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<WorldView> out;
  out.reserve(worlds_.size());
  for (const auto& [name, one] : worlds_) out.push_back(view(*one));
  return out;
}

void Worlds::end_waits() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, one] : worlds_) one->era->end();
}

// The caller holds the mutex.
Worlds::Hosted* Worlds::hosted(const std::string& name) const {
  const auto found = worlds_.find(name == kDefaultWorld ? "" : name);
  return found == worlds_.end() ? nullptr : found->second.get();
}

WorldView Worlds::view(const Hosted& one) const {
  WorldView out;
  out.name = one.made.name.empty() ? kDefaultWorld : one.made.name;
  out.prefix = one.made.own_listeners ? "" : world_prefix(one.made.name);
  out.scenario = one.made.scenario;
  for (const auto& [role, fake] : one.plan.roles) out.urls[role] = one.running->url(fake);
  for (const auto& [name, fake] : one.plan.second) out.urls["inference@" + name] = one.running->url(fake);
  out.keys = one.made.keys;
  const json live = one.running->get("inference.live_key");
  out.key = live.is_string() ? live.get<std::string>() : one.key;
  out.provider = one.plan.provider.value("id", "");
  const auto seeds = one.plan.provider.value("seeds", std::vector<std::string>());
  out.model = seeds.empty() ? "default" : seeds.front();
  out.seed = one.plan.spec.seed;
  out.own_listeners = one.made.own_listeners;
  out.world = one.world;
  out.ca_file = options_.ca_file;
  out.era = one.era;
  return out;
}

}  // namespace assay::serve
