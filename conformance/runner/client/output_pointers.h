// Output of a program that fits no dialect, read by JSON pointers of its client file (docs/clients.md).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/runner/client/client_file.h"

namespace assay::conformance {

// `output: {text: /delta, end: {at: /type, when: {/type: result}}}`: each key a pointer, a map of pointer and
// condition, or a list of these. Problems are added to those of `map`.
OutputPointers read_output_pointers(ObjectReader map);

// The value that the first of `pointers` finds in one line; null = none does.
const nlohmann::json* found_by(const std::vector<OutputPointer>& pointers, const nlohmann::json& line);

}  // namespace assay::conformance
