// Turns: what the fakes say, by name, in the shape of a chat result, so that `text: from-turn` can be
// compared.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/result.h"

namespace assay::conformance {

// {"text", "reasoning", "tool_calls": [{"id", "name", "arguments"}], "finish_reason"} of
// fixtures/turns/NAME.yaml.
Result<nlohmann::json> load_turn(const std::string& data_folder, const std::string& name);
// Every turn by name; one that cannot be read is left out (a test reads them all).
nlohmann::json all_turns(const std::string& data_folder);

}  // namespace assay::conformance
