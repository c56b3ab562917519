// What every provider of a protocol refuses, whatever a case is about: a request that only a lax fake would
// take. The rules of `validate` are those of single providers. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "fakes/inference-api/refusal.h"
#include "harness/base/exchange.h"
#include "harness/stream/turn.h"

namespace assay::fakes {

// The refusal of a chat request, in the provider's words; none when it may be answered.
std::optional<Refusal> wire_objection(const nlohmann::json& body, const Request& request,
                                      stream::Protocol protocol);

}  // namespace assay::fakes
