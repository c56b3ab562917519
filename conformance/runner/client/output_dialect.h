// What a command line client printed, as the result of a chat. Nothing is derived that the client did not
// say: a status is there only where the client gives one in a field of its own, and a category never. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "conformance/runner/client/client_file.h"
#include "harness/process/child.h"

namespace assay::conformance {

// {"ok", "said", "text", "error": {"message", "status"?}, "exit" or "signal", "session"?}. `ok` needs exit 0,
// no failure told, and an end where the dialect has one; `said` is "success" or "failure", what the output
// claims whatever the exit status is. A client that failed without a word of it in its
// dialect is quoted from stderr.
nlohmann::json read_output(Dialect dialect, const std::string& session, const std::string& out,
                           const std::string& err, const process::ExitStatus& status,
                           const OutputPointers& pointers = {});

}  // namespace assay::conformance
