// Case files: YAML in, expanded cases out. A suite is one file; `axes:` and `variants:` multiply its cases,
// `defaults:` are merged under each.
//
// An axis is a list of values, or a map from a name to a value; `${axis}` in any string stands for the value.
// A variant is merged over its case: maps merge, lists and scalars replace, null removes.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "harness/base/result.h"

namespace assay::conformance {

// Every case of one suite file, in the order of the file. The first problem, by line, is the error.
Result<std::vector<Case>> parse_suite(std::string_view yaml, const std::string& file);
// The same, read from `file`.
Result<std::vector<Case>> load_suite(const std::string& file);
// Every *.yaml below `folder`, by path. Fails on the first file that is wrong, and when two cases have one
// id. What selftest has learned of them stands in observed.json beside the suites.
inline constexpr const char* kLearnedFile = "observed.json";
Result<std::vector<Case>> load_cases(const std::string& folder);

// JSON merge patch (RFC 7396): what variants do.
nlohmann::json merged(nlohmann::json base, const nlohmann::json& patch);

}  // namespace assay::conformance
