// Fake: a server double as a pure state machine. It holds no socket and no thread; it takes values and a
// clock and returns actions. It is tested by calling it.
//
// Thread-safety: none needed; the world calls a fake on its loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay {

// What a fake is told about one request.
struct Call {
  std::uint64_t connection = 0;
  std::uint64_t exchange = 0;
  const Request* request = nullptr;  // never null; on_head: body still empty
  std::string origin;                // "http://127.0.0.1:4711": where this fake is reached, for absolute URLs
  const nlohmann::json* rule =
      nullptr;  // what a matching rule of the case orders (`{"turn": "half-tool"}`); null = nothing
};

struct Respond {
  Response response;
  double speed = 0;  // SerializeOptions::speed: 0 = as fast as possible, 1 = at the times in `response`
};
// Something worth a line in the journal: {"minted": "..."}.
struct Note {
  std::string text;
  nlohmann::json detail;
};
// Sends a WebSocket message on a connection that on_upgrade accepted.
struct Send {
  std::uint64_t connection = 0;
  std::string message;
};
// Calls on_event(name, data) after `delay`.
struct After {
  Micros delay{0};
  std::string name;
  nlohmann::json data;
};
// The request was none of this fake's routes: it is answered with 404 and journalled as unclaimed.
struct Unclaimed {};

using Action = std::variant<Respond, Note, Send, After, Unclaimed>;
using Actions = std::vector<Action>;

class Fake {
 public:
  virtual ~Fake() = default;
  // The head alone. Empty = wait for the body.
  virtual Actions on_head(const Call&) { return {}; }
  // The whole request. Exactly one Respond or Unclaimed among the actions.
  virtual Actions on_body(const Call&) = 0;
  // Whether a request that came to another fake of the world is this one's: a route that a vendor has at a
  // host of several services.
  virtual bool claims(const Request&) const { return false; }
  // Accept this WebSocket upgrade?
  virtual bool on_upgrade(const Call&) { return false; }
  virtual Actions on_message(const Call&, std::string_view /*message*/) { return {}; }
  // An After came due.
  virtual Actions on_event(std::string_view /*name*/, const nlohmann::json& /*data*/) { return {}; }
  // `set: {inference.models: [...]}` in a case: changes a setting from the next request on. An unknown
  // setting or a value that it cannot have is an error in the case and changes nothing.
  virtual Result<void> set(std::string_view name, const nlohmann::json& /*value*/) {
    return fail("there is no setting '" + std::string(name) + "'");
  }
  // Whether the fake understands what a rule orders (Call::rule); asked for each rule when a world is made,
  // so that a mistake in a case is told before anything runs.
  virtual Result<void> check_order(const nlohmann::json& /*order*/) const {
    return fail("this fake takes no orders from rules");
  }
  // What a case may refer to as ${name.KEY}: live keys, tokens, counts. Null when there is no such key.
  virtual nlohmann::json get(std::string_view /*key*/) const { return nullptr; }
};

// What every fake is made from. `clock` outlives the fake.
struct FakeConfig {
  nlohmann::json settings;  // its part of the world in the case file
  Random random{0};
  const Clock* clock = nullptr;
};

// Makes the fakes of one world by kind ("auth-station", "inference-api", ...); they may share state. An error
// names an unknown kind or setting.
using FakeFactory = std::function<Result<std::unique_ptr<Fake>>(std::string_view kind, FakeConfig)>;

}  // namespace assay
