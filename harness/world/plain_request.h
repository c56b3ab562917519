// What fakes, rules, checks and the journal read of a request whose body has a content coding. Pure.
#pragma once

#include <memory>

#include "harness/base/exchange.h"

namespace assay {

// The request with its body decoded (gzip, deflate, br, zstd) and its headers as they came; as it is where it
// has no coding, or one that is unknown, damaged, or more than 32 MiB large when decoded.
std::shared_ptr<const Request> plain_request(std::shared_ptr<const Request> request);

}  // namespace assay
