// World: the fakes of one case behind real listeners on loopback, with their keys, clock, journal and ports.
//
// The world calls its fakes on the server's loop threads only, one at a time; everything public here may be
// called from any thread. It knows no provider: fakes come from the factory that the caller gives.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/base/time.h"
#include "harness/http/server.h"
#include "harness/wire/fault.h"
#include "harness/world/barrier.h"
#include "harness/world/fake.h"
#include "harness/world/match.h"
#include "harness/world/schedule.h"

namespace assay {

// What a rule orders for the requests that it matches.
struct RuleSpec {
  nlohmann::json match;                // as harness/world/match.h reads it
  nlohmann::json order;                // handed to the fake as Call::rule; null = nothing
  std::vector<wire::FaultUse> faults;  // applied to its answer, in order
  std::string hold;  // the answer waits until the case releases this name; empty = it does not
  std::optional<BarrierSpec> barrier;  // the answers wait for each other
  std::string name;                    // what `after` of other rules calls it; empty = nothing
  std::string after;                   // counts and applies only once the rule of that name has applied
  double speed = 0;                    // SerializeOptions::speed
};

struct FakeSpec {
  std::string name;  // the listener's name and the journal's actor
  std::string kind;  // what the factory is asked for
  nlohmann::json settings = nlohmann::json::object();
  std::vector<RuleSpec> rules;  // the first that matches applies
  wire::ListenerMode listen;
  std::vector<std::string> hosts = {"127.0.0.1"};  // addresses to listen on, all on one port
  std::uint16_t port = 0;
  // DNS names that it answers for over TLS too, on WorldSpec::secure_port of an address of its own.
  std::vector<std::string> names = {};
};

struct WorldSpec {
  std::vector<FakeSpec> fakes;
  std::uint64_t seed = 0;
  http::Limits limits;
  std::string prefix;  // what its urls end in: "/w/NAME" behind listeners that several worlds share
  std::optional<ScheduleSpec> schedule;  // in which order the answers go out
  unsigned threads = 1;                  // that serve; the fakes are still asked by one at a time
  // Of every pace and recorded time that an answer keeps: 10 = ten times as fast, 0 = no waiting.
  double speed = 1;
  // Journals what each answer sends (sent.h), as a note "answer" of its exchange: evidence for reports.
  bool keep_answers = false;
  // Requests and rules must fit each other (strict.h): what no rule is for is answered with 404.
  bool strict = false;
  // Issues the certificates for FakeSpec::names; may be null while no fake has any.
  std::shared_ptr<const http::Authority> authority = nullptr;
  std::uint16_t secure_port = 443;
  bool tls = false;                         // the listeners that the starter binds speak TLS: urls are https
  std::string secure_network = "127.0.1.";  // of the addresses where names are answered for
};

// What binds the listeners of a world; http::Server::start unless worlds share them (shared_listeners.h).
using ServerStarter = std::function<Result<std::unique_ptr<http::Server>>(
    std::vector<http::ListenerSpec>, http::Handler&, Journal&, const Clock&, http::Limits)>;

class World {
 public:
  // Makes the fakes, binds the listeners and starts to serve. `clock` and `journal` outlive the world.
  static Result<std::unique_ptr<World>> start(WorldSpec spec, const FakeFactory& factory,
                                              const PathAliases& aliases, const Clock& clock,
                                              Journal& journal, const ServerStarter& server = {});
  // Whether start() would understand `spec`, without listening anywhere.
  static Result<void> check(WorldSpec spec, const FakeFactory& factory, const PathAliases& aliases);
  // Stops serving, then destroys the fakes.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // "http://127.0.0.1:4711" of a fake; empty when there is none of that name.
  std::string url(std::string_view fake) const;
  // What a client is told: https and the first of its names, where it has any; else url().
  std::string public_url(std::string_view fake) const;
  std::uint16_t port(std::string_view fake) const;
  // Name → url of every fake.
  std::map<std::string, std::string> urls() const;
  // FakeSpec::names → the loopback address where each is answered over TLS. What makes a client look there
  // (/etc/hosts of a cell) is the caller's affair.
  std::map<std::string, std::string> addresses() const;

  // Changes a setting of a running fake: name "inference.models". `inference.down` (bool) makes its listener
  // refuse; `inference.tls` (wrong-host, expired, ...) makes its handshakes fail.
  Result<void> set(const std::string& name, const nlohmann::json& value);
  // What `${inference.live_key}` stands for: the fake's own answer, or url, host_port, port. Null when nobody
  // knows it.
  nlohmann::json get(const std::string& name) const;

  // Replaces the rules of a fake from the next request on; counts (nth, after) begin anew. Fails and changes
  // nothing when there is no such fake or it would not understand a rule.
  Result<void> set_rules(const std::string& fake, std::vector<RuleSpec> rules);
  // Changes what the listeners of a fake do from now on.
  Result<void> set_listen(const std::string& fake, const wire::ListenerMode& mode);

  // Of a strict world: what did not fit so far, one line each. Empty when it is not strict.
  std::vector<std::string> strict_findings();

  // Lets scripts go on that wait at a barrier.
  void release(const std::string& hold);

  // Returns once everything that peers had done when it was called is in the journal: an answer that a peer
  // has read may be written there only after the peer went on.
  void settle();

 private:
  class Room;
  explicit World(std::unique_ptr<Room> room);
  std::unique_ptr<Room> room_;
};

}  // namespace assay
