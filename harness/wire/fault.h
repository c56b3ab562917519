// Fault: a named, pure function that breaks an exchange, a script or a listener. One file a fault;
// `all_faults()` lists them. One that does not apply to what it is given is refused with a reason, not
// ignored.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/wire/script.h"

namespace assay::wire {

enum class FaultLevel { exchange, script, listener };

// What a listener does instead of accepting properly.
struct ListenerMode {
  enum class Kind { normal, refuse, accept_then_close, accept_then_reset, never_read, tls_failure };
  Kind kind = Kind::normal;
  Micros lasting{0};        // 0 = for ever; else the listener is normal afterwards
  std::string tls_failure;  // with Kind::tls_failure: expired, wrong-host, self-signed, unknown-ca,
                            // handshake-close, not-tls
  bool operator==(const ListenerMode&) const = default;
};

// What a fault may know beside what it changes.
struct FaultContext {
  Random& random;                    // seeded; the only source of choice
  const Request* request = nullptr;  // the request that is answered; null = unknown
  std::int64_t wall_seconds = 0;     // seconds since 1970, for dates in headers; 0 = unknown
  std::string hidden_coding{};       // a fault coded the body and no header says so: the coding's name
};

// Parameters are the value under the fault's name in a case file: `faults: [rst: {event: 4}]` gives {"event":
// 4}; a bare name gives null.
struct Fault {
  std::string_view name;  // kebab-case
  FaultLevel level;
  std::string_view description;  // one line
  std::string_view parameters;   // "byte: N | event: K | chunk: K"; empty when it takes none
  std::string_view example;      // JSON: parameters that apply to an ordinary streamed chat answer
  bool lossless = false;  // body_bytes() (exchange) or all_bytes() (script) is the same before and after
  // Exactly one of these is set, by level. They validate `params` and say what they cannot apply to.
  Result<Response> (*on_exchange)(Response, const nlohmann::json& params, FaultContext&) = nullptr;
  Result<Script> (*on_script)(Script, const nlohmann::json& params, FaultContext&) = nullptr;
  Result<ListenerMode> (*on_listener)(const nlohmann::json& params) = nullptr;
};

// Every fault, sorted by name.
std::span<const Fault> all_faults();
// nullptr when there is none of that name.
const Fault* find_fault(std::string_view name);

// A use of a fault as a case file writes it.
struct FaultUse {
  std::string name;
  nlohmann::json params;
};
// Reads `[cut: {...}, "drop-done"]`. Errors name the entry and, for an unknown fault, the nearest one.
Result<std::vector<FaultUse>> parse_faults(const nlohmann::json& list);

// Applies exchange faults in order, then serializes, then applies script faults in order. A fault that
// changes nothing of what is sent is refused: it would prove nothing. Listener faults are refused here.
Result<Script> apply_faults(Response response, const std::vector<FaultUse>& faults,
                            const SerializeOptions& options, FaultContext context);

// Applies the listener faults of `faults` (at most one) and takes them out of the list; normal when there is
// none.
Result<ListenerMode> take_listener_mode(std::vector<FaultUse>& faults);

// True when a fault wants the answer before the request's body was read: the world must then answer on_head.
bool answers_before_body(const std::vector<FaultUse>& faults);

}  // namespace assay::wire
