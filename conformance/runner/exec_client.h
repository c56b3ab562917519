// A command line program as a Client: each chat is one run of it, with the environment and the files that its
// client file describes.
#pragma once

#include "conformance/runner/client.h"
#include "conformance/runner/client_file.h"

namespace assay::conformance {

// Nothing is started before the first chat. Of the operations only chat and cancel are known, all others are
// skipped; a chat needs a `credential` and gives its last user message as ${prompt}. The result is
// read_output()'s. `launch.argv` is not used; its environment is what every run gets beside the recipe's.
// `clock` outlives the client.
std::unique_ptr<Client> make_exec_client(Recipe recipe, Launch launch, const Clock& clock);

}  // namespace assay::conformance
