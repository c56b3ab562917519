// Clients by name: the reference client, its mutants, what client files describe, and any adapter program
// that the command line names.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/play/session.h"

namespace assay::conformance {

// "reference"; "mutant:NAME"; a name or an alias of conformance/clients; the path of a client file
// ("./mine.yaml"). Errors name what there is, and say how a client that is not installed is installed.
// `versions`: of its packages, in place of those that its file pins ("openai@7.4.0").
Result<ClientSpec> find_client(const std::string& name, const std::vector<std::string>& versions = {});
// What the reference client speaks, its own protocol first.
const std::vector<std::string>& reference_protocols();
// `argv` (the reference client or a mutant of it) as a program that is run for each chat: `argv run REQUEST`.
Recipe program_of(std::vector<std::string> argv);
// A program that speaks the adapter protocol.
ClientSpec adapter_client(const std::string& name, std::vector<std::string> argv);
// The same as a command line names it: the program is found as the caller's shell would find it and starts in
// the folder where the caller stands, so relative paths mean what they say. Its name is that of the program,
// or of the script that an interpreter is given. Fails when there is no such program.
Result<ClientSpec> caller_adapter(std::vector<std::string> argv);
// The program assay-mutant beside this one.
Result<std::string> mutant_program();
// Every mutant that it knows.
Result<std::vector<std::string>> mutant_names();

}  // namespace assay::conformance
