// Capabilities: what a client may say that it can do. This is the one list of them; case files, client files,
// hellos of adapters and manifests are read against it, so that a typo is an error and never a case that
// quietly does not apply. docs/adapter-protocol.md shows the same list, and a test compares the two.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay::conformance {

struct Capability {
  std::string_view name;
  std::string_view says;  // half a sentence: what a client with it does
};

// Without the families param.NAME and protocol.NAME.
const std::vector<Capability>& capabilities();

// Fails with "unknown capability 'chatt', did you mean 'chat'? (...)". Any `param.NAME` is known;
// `protocol.NAME` is where NAME is a protocol (harness/stream/turn.h).
Result<void> known_capability(const std::string& name);
// Of the first of `names` that is not known.
Result<void> known_capabilities(const std::vector<std::string>& names);

}  // namespace assay::conformance
