// Clients by name: the reference client, its mutants, and any adapter program that the command line names.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/session.h"

namespace assay::conformance {

// "reference"; "mutant:NAME". Errors name what there is.
Result<ClientSpec> find_client(const std::string& name);
// A program that speaks the adapter protocol: `--adapter "node adapter.js"` as an argv array.
ClientSpec adapter_client(const std::string& name, std::vector<std::string> argv);
// The program assay-mutant beside this one.
Result<std::string> mutant_program();
// Every mutant that it knows.
Result<std::vector<std::string>> mutant_names();

}  // namespace assay::conformance
