// Faults on live traffic: which of them are for which request, and a front that puts them on what a real
// server answers. What `assay record --faults` runs before its recorder, which keeps what the server sent.
//
// An answer is read whole before a fault is put on it, and so is every other answer that passes here: its
// first byte comes when its last has arrived.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/http/blocking_server.h"
#include "harness/http/client.h"
#include "harness/wire/fault.h"
#include "harness/world/match.h"

namespace assay {

// Thread-safe.
class LiveFaults {
 public:
  // A list as a world has it under `rules:` ([{path: chat, nth: 2, faults: [rst: {event: 3}]}]), or of faults
  // alone ([rst: {event: 3}]), which are for every chat. Listener faults are refused: there is no listener to
  // break.
  static Result<std::unique_ptr<LiveFaults>> read(const nlohmann::json& list, const PathAliases& aliases);
  // Those for this request: of the first rule that fits. Counts it. Empty = none.
  std::vector<wire::FaultUse> take(const Request& request);

 private:
  struct Rule {
    RequestMatch match;
    std::vector<wire::FaultUse> faults;
    std::uint64_t seen = 0;
  };
  std::mutex mutex_;
  std::vector<Rule> rules_;
};

struct FaultFrontOptions {
  http::Url upstream;
  http::ClientOptions connection;
  std::uint16_t port = 0;
  std::uint64_t seed = 1;
  // Told what was done: "POST /v1/chat/completions 200: rst", "...: fault refused: ...". On threads of the
  // front's own.
  std::function<void(const std::string& line)> on_answer;
};

// Listens on 127.0.0.1. `faults` outlives the front.
Result<std::unique_ptr<http::BlockingServer>> start_fault_front(FaultFrontOptions options,
                                                                LiveFaults& faults);

}  // namespace assay
