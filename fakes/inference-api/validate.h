// The fake as judge of requests: named rules that real providers enforce and lax fakes do not. Each is a pure
// function from a request's JSON body to a refusal, or none.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/inference-api/refusal.h"
#include "harness/stream/turn.h"

namespace assay::fakes {

struct Validator {
  std::string_view name;
  std::string_view description;  // one line
  std::optional<Refusal> (*judge)(const nlohmann::json& body, stream::Protocol protocol);
};

// All of them, sorted by name.
const std::vector<Validator>& all_validators();
// nullptr when there is none of that name.
const Validator* find_validator(std::string_view name);

// 400 unsupported_parameter when `pointer` (RFC 6901, "/temperature") is present in the body.
std::optional<Refusal> reject_field(const nlohmann::json& body, const std::string& pointer,
                                    std::string_view model);

}  // namespace assay::fakes
