// Paths that a case, a world or a test names relative to itself: `fixture: ./rec.json`,
// `provider: ../mine.yaml`. Pure; thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace assay::conformance {

// `value` (a case or what it has under `world:`) with every `fixture` and `provider` that begins with ./ or
// ../ as an absolute path; `folder` is where they begin. Other names are those of the data folder and stay.
nlohmann::json with_own_paths(nlohmann::json value, const std::string& folder);

// The paths of files that `value` names under those keys, relative or absolute: what a cell must show, and
// what somebody may not say who only talks to a server. Names of the data folder are no paths.
std::vector<std::string> own_paths_in(const nlohmann::json& value);

// The folder of `file`, absolute.
std::string folder_of(const std::string& file);

}  // namespace assay::conformance
