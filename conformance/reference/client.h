// The reference client: one operation of the adapter protocol in, its events and its one answer out.
#pragma once

#include "conformance/reference/login.h"
#include "conformance/reference/parts.h"

namespace assay::reference {

// What one request runs with.
struct Operation {
  nlohmann::json fields;  // as it came: {"seq", "op", ...}
  std::function<void(nlohmann::json event)> emit;
  Cancel cancel;
  Answers* answers = nullptr;  // outlives the call
};

// Runs login, refresh, status, models, chat, tool_results, resume or logout to its end; returns {"result":
// ...},
// {"skipped": ...} or {"errored": ...}. Blocks the calling thread; never longer than the request's deadline
// and a little.
nlohmann::json run_operation(const Parts& parts, const Operation& request);

// The hello of the adapter protocol.
nlohmann::json hello(std::string_view client);

// Speaks the adapter protocol on two descriptors until `shutdown` or the end of input. Returns the exit
// status.
int run_adapter(const Parts& parts, std::string_view client, int input, int output);

}  // namespace assay::reference
