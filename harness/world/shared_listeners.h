// Several worlds behind the same listeners. Each has its own fakes, keys, clock and journal and does not see
// the others; a request belongs to
//
//   1. the world whose name its path begins with: "/w/NAME/v1/models" is "/v1/models" of NAME
//      (and "/.well-known/X/w/NAME" is "/.well-known/X", as RFC 8414 section 3.1 puts it);
//   2. else the world that claims the API key it carries;
//   3. else the world without a name.
//
// A path that names a world that is not there is answered with 404. A connection's entries go to the journal
// of the world that its requests go to; before the first request nobody knows which, so `connect` is
// journalled with it.
//
// Thread-safety: everything public may be called from any thread but those of the listeners.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/world/world.h"

namespace assay {

class SharedListeners {
 public:
  // `clock` outlives what is returned. Every FakeSpec::name of a world that moves in must be among the
  // listeners' names.
  static Result<std::unique_ptr<SharedListeners>> start(std::vector<http::ListenerSpec> listeners,
                                                        const Clock& clock, http::Limits limits = {},
                                                        unsigned threads = 1);
  // Every world that moved in is destroyed before.
  virtual ~SharedListeners() = default;

  // For World::start: the world answers from then on, in place of the one of that name, until it is
  // destroyed. Give the WorldSpec prefix_of(name). A world with a name cannot have listener faults, since it
  // has no listener of its own. `keys`: the API keys it claims.
  virtual ServerStarter entrance(std::string name, std::vector<std::string> keys = {}) = 0;

  // Called on a thread of the listeners with each answer as it is given out, before a byte of it is sent;
  // `world` is the name. Set before the first world moves in.
  using AnswerListener =
      std::function<void(const std::string& world, std::uint64_t exchange, const wire::Script& script)>;
  virtual void on_answer(AnswerListener listener) = 0;
};

// "/w/NAME"; empty for the world without a name.
std::string world_prefix(std::string_view name);

// Where a target leads: the name in its path (empty = none) and the target without it.
struct PlacedTarget {
  std::string world;
  std::string target;
};
PlacedTarget place_target(std::string_view target);

// The credentials that a request carries, wherever its protocol puts them: Authorization (any scheme),
// x-api-key, api-key, x-goog-api-key, ?key=.
std::vector<std::string> carried_keys(const Request& request);

}  // namespace assay
