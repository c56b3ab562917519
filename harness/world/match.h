// Request matching: "the second POST to this route with that model". Used by the rules of a world and by
// checks on the journal.
//
// In a case file a match is a string "POST /v1/chat/completions", or a map:
//   {method: POST, path: /v1/*, nth: 2 | "2+" | "1-3", header: {name: condition}, query: {name: condition},
//    form: {field: condition}, body: {/json/pointer: condition}}
// A path is a glob without its query; an alias such as `chat` stands for several.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/world/condition.h"

namespace assay {

// "chat" → {"/v1/chat/completions", "/v1/messages", ...}
using PathAliases = std::map<std::string, std::vector<std::string>, std::less<>>;

struct FieldMatch {
  std::string name;
  std::vector<Condition> conditions;
};

struct RequestMatch {
  std::string method;              // empty = any
  std::vector<std::string> paths;  // globs; empty = any
  std::vector<FieldMatch> header, query, form, body;
  std::uint64_t first = 1;  // of those that match the rest, the first..last are meant; 1-based
  std::uint64_t last = UINT64_MAX;
};

Result<RequestMatch> parse_match(const nlohmann::json& text, const PathAliases& aliases);
// Everything but first and last, which need a count that the caller keeps.
bool matches(const RequestMatch& match, const Request& request);
// Why it does not match, one phrase for each part that does not hold, in the order of a match: "the method is
// GET, not POST", "body /messages/2/content is \"b\" (expected: \"a\")". Empty = it matches.
std::vector<std::string> differences(const RequestMatch& match, const Request& request);

}  // namespace assay
