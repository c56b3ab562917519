// What a rule of a case may order from any fake: `respond`, an answer in full that replaces the fake's own.
//
//   respond: {status: 429, headers: {Retry-After: "3"}, json: {error: {message: "slow down"}}}
//
// | key | meaning |
// | status | 200 unless given |
// | reason | the reason phrase; the standard one unless given |
// | headers | map from name to text, to a list of texts, or to {date_in: 3s}: an IMF-fixdate that far ahead |
// | json, html, text | the body, with its usual content type; at most one of them |
// | content_type | replaces the usual one; "" sends none |
// | framing | content-length (default), chunked or close-delimited |
// | delay | time before the head |
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/base/exchange.h"
#include "harness/base/result.h"

namespace assay::fakes {

// Reads the value of `respond`. `wall_seconds` is the time that `date_in` counts from.
Result<Response> read_respond(const nlohmann::json& respond, std::int64_t wall_seconds);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string imf_fixdate(std::int64_t wall_seconds);

}  // namespace assay::fakes
