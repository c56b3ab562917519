// Checks a JSON value against the part of JSON Schema (2020-12) that this project's schemas use: type, const,
// enum, properties, required, additionalProperties, items, minimum, minLength, pattern and local $ref. Any
// other keyword in a schema is an error of the schema, never ignored.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace assay::reports {

struct SchemaProblem {
  std::string pointer;  // RFC 6901, into the value: "/checks/0/ok"
  std::string message;  // "expected boolean, found string"
};

// Problems of `value` against the part of `schema` that `reference` names ("#/$defs/case"), in document
// order. Throws std::logic_error when the schema itself uses what this does not know.
std::vector<SchemaProblem> check_schema(const nlohmann::json& schema, std::string_view reference,
                                        const nlohmann::json& value);

}  // namespace assay::reports
