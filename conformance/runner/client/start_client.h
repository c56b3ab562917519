// From what a client is (ClientSpec) to a process that can be asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/runner/play/session.h"

namespace assay::conformance {

// Of two variables of one name the later one counts.
void set_variable(std::vector<std::string>& environment, const std::string& variable);
// What every client gets, `more`, and what its spec says: built from nothing.
std::vector<std::string> client_environment(const ClientSpec& client, const std::string& home,
                                            const std::vector<std::string>& more = {});

// Starts `client`, or makes it ready to be run for each operation. launch.argv is taken from the spec;
// launch.directory is its home. `as_process`: an adapter that can be run as a program is. Fails with one
// line.
Result<std::unique_ptr<Client>> start_client(const ClientSpec& client, Launch launch, bool as_process,
                                             const Clock& clock, Client::OnEvent on_event);

}  // namespace assay::conformance
