// Worlds: the worlds of one `assay serve`. One has no name ("default" in the API) and owns the listeners; the
// others are reached through the same listeners, below /w/NAME or by an API key of theirs, or have listeners
// of their own. Each has its own fakes, keys, clock and journal.
//
// Thread-safety: every method may be called from any thread but that of a world's listeners. What is returned
// stays valid; what changes behind it is said at each.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/case/world_spec.h"
#include "harness/base/journal.h"
#include "harness/base/time.h"
#include "harness/http/certificates.h"
#include "harness/world/shared_listeners.h"

namespace assay::serve {

inline constexpr const char* kDefaultWorld = "default";

// Clock and journal of a world from one reset to the next. `over` is set, and a last entry made, when it
// ends.
struct Era {
  SystemClock clock;
  Journal journal{clock, 100'000};
  std::atomic<bool> over{false};
  void end();
};

// What a world is made from.
struct WorldOrder {
  std::string name;      // letters, digits, '.', '_', '-'
  nlohmann::json world;  // as a case has it under `world:`; null = that of the scenario, else a plain one
  std::string scenario;  // empty = none
  std::vector<std::string> keys;  // API keys that belong to it and that its inference API accepts
  std::optional<std::uint64_t> seed;
  bool own_listeners = false;  // ports of its own: it may break and refuse connections
  std::string file;            // where `world` was written, for messages
  int line = 0;
};

// Everything there is to say of a world at one moment.
struct WorldView {
  std::string name, prefix, scenario;
  std::map<std::string, std::string> urls;  // by role: auth, control, oauth, inference, inference@B
  std::vector<std::string> keys;
  std::string key;              // one that chat is answered for
  std::string provider, model;  // the first model that the provider is known to have
  std::uint64_t seed = 0;
  bool own_listeners = false;
  nlohmann::json world;
  std::string ca_file;  // PEM of the authority that its urls are certified by; empty = they are plain http
  std::shared_ptr<Era> era;
};
nlohmann::json to_json(const WorldView& view);

class Worlds {
 public:
  struct Options {
    std::string data;                      // the data folder
    std::string provider = "worldrouter";  // of a default world that names none; the others take that world's
    std::uint64_t seed = 1;
    double speed = 1;                            // WorldSpec::speed
    unsigned threads = 1;                        // that serve the listeners
    std::map<std::string, std::uint16_t> ports;  // by fake; others are chosen by the kernel
    // Set: every listener speaks TLS. `ca_file` is where clients find the certificate of the authority.
    std::shared_ptr<const http::Authority> authority;
    std::string ca_file;
    // Called for each entry of each journal, on the thread that made it; and for each answer, before it is
    // sent.
    std::function<void(const std::string& world, const JournalEntry&)> on_entry;
    SharedListeners::AnswerListener on_answer;
  };

  // Starts the world without a name; `order.name` is ignored.
  static Result<std::unique_ptr<Worlds>> start(Options options, WorldOrder order);
  ~Worlds();

  // Makes the default world anew from `order`, behind the same ports; its journal goes on. When that fails
  // the world of before stays up.
  Result<void> reload(WorldOrder order);

  Result<WorldView> create(WorldOrder order);
  Result<void> remove(const std::string& name);  // not the default one
  // As it was made: state, clock, journal, faults.
  Result<WorldView> reset(const std::string& name);
  // nullopt: there is none of that name.
  std::optional<WorldView> find(const std::string& name) const;
  std::vector<WorldView> all() const;

  // Another scenario: the fakes are made anew, clock and journal go on. Empty = what it was made from.
  Result<WorldView> set_scenario(const std::string& name, const std::string& scenario);
  // {fake: {faults, rules, listen}} as they are now.
  nlohmann::json faults(const WorldView& view) const;
  // Replaces faults, rules and listen of one fake ("inference", "auth", ...); what it knows stays.
  Result<void> set_faults(const std::string& name, const std::string& fake, const nlohmann::json& faults);
  // World::set and World::get of "inference.models".
  Result<void> set(const std::string& name, const std::string& setting, const nlohmann::json& value);
  Result<nlohmann::json> get(const std::string& name, const std::string& setting) const;
  Result<void> release(const std::string& name, const std::string& hold);
  // {strict: whether it is, findings: World::strict_findings}
  Result<nlohmann::json> strict(const std::string& name) const;

  // Ends every era, so that nobody waits any more. The worlds go on.
  void end_waits();

 private:
  struct Hosted;
  explicit Worlds(Options options);
  Result<WorldOrder> resolved(WorldOrder order) const;
  Result<conformance::WorldPlan> plan(const WorldOrder& order) const;
  Result<std::unique_ptr<SharedListeners>> open(const WorldOrder& order,
                                                const conformance::WorldPlan& plan) const;
  Result<void> raise(Hosted& hosted, const WorldOrder& order, bool fresh_era);
  void listen_to(const std::string& name, Era& era) const;
  Hosted* hosted(const std::string& name) const;
  WorldView view(const Hosted& hosted) const;

  Options options_;
  SystemClock clock_;
  std::unique_ptr<SharedListeners> listeners_;  // of the default world
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Hosted>> worlds_;  // destroyed before the listeners
};

}  // namespace assay::serve
