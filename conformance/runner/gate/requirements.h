// Frozen requirement sets: the ids and levels of all cases on one day, in conformance/requirements/NAME.txt,
// so that a claim ("meets 2026.11") keeps its meaning while cases are added. Pure but for
// read_requirements().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/runner/case/case.h"
#include "harness/base/result.h"

namespace assay::conformance {

// The set of all of `cases`: a line "LEVEL ID" each, in their order; '#' starts a comment.
std::string freeze(const std::vector<Case>& cases);

// Those of `cases` that the set names, in the order of `cases` and with the level that the set gives them. An
// id that no case has is an error with its line: a frozen requirement never goes.
Result<std::vector<Case>> required_cases(const std::vector<Case>& cases, std::string_view set,
                                         const std::string& file);

// Where the set `name` ("2026.11") is. Errors name the sets that exist.
Result<std::string> requirements_file(const std::string& data_folder, const std::string& name);

}  // namespace assay::conformance
