// Any program as a Client: each operation is one run of it, told by the environment where the world is. Its
// exit status says whether it did what it was asked, its stdout is the answer to a chat, and a login page
// that it opens or prints is walked by the browser. docs/repro.md names the variables.
#pragma once

#include "conformance/runner/client/client.h"

namespace assay::conformance {

// launch.argv is run for each operation, "{op}" in it replaced by the operation's name; it runs in
// `launch.directory`, with its home in `home`. Beside open_url, `on_event` is told each line of output:
// {"kind": "output", "stream": "stdout", "text": …}. `clock` outlives the client.
std::unique_ptr<Client> make_program_client(Launch launch, std::string home, const Clock& clock,
                                            Client::OnEvent on_event);

}  // namespace assay::conformance
