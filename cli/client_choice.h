// The client that a command line names, where one is played or measured.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "conformance/runner/play/session.h"

namespace assay::cli {

// Exactly one of the three: a name of `assay clients`, the argv of an adapter, the argv of any program. The
// program is found as a shell would find it, and runs where the caller stands.
Result<conformance::ClientSpec> client_under_test(const std::string& name,
                                                  const std::vector<std::string>& adapter,
                                                  const std::vector<std::string>& command);

// --client and --adapter, into `name` and `adapter`, which outlive `verb`.
void add_client_options(CLI::App& verb, std::string& name, std::vector<std::string>& adapter);

}  // namespace assay::cli
