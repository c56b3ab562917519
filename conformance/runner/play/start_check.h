// Start check: one operation that the client claims, before the first case. A client that cannot be started,
// asks somewhere else or never ends would otherwise be judged case by case, each with its own misleading
// verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/play/execute.h"

namespace assay::conformance {

struct StartFailure {
  std::string message;  // one line: what the client did not do
  std::vector<std::string>
      details;  // "argv      /bin/false", "status    1", "stderr    …", "requested GET /x"
};

struct StartCheck {
  std::optional<StartFailure> failure;
  std::vector<std::string> capabilities;  // that the client says it has; empty = it was not asked
};

// Plays chat, else models, else login: the first that the client has the capability for. No failure: its
// request arrived and it ended, or the client has none of the three or signs in with an account. Takes at
// most `client.patience`, and 30 s.
StartCheck start_check(const ClientSpec& client, ExecuteOptions options, std::uint64_t seed);

}  // namespace assay::conformance
