// The command line as a run record keeps it.
#pragma once

#include <string>
#include <vector>

namespace assay::cli {

// `argv` with its secrets replaced: what the redaction rules find in a word ("api_key=…", "sk-…"), words that
// look random, the word after an option that is named like a secret ("--password", "x"), and values of
// variables of `environment` ("NAME=value") that are named like one.
std::vector<std::string> redacted_command(const std::vector<std::string>& argv,
                                          const std::vector<std::string>& environment);

}  // namespace assay::cli
