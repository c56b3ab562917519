// Scenarios: worlds with a name, to develop against. conformance/scenarios.yaml has those made for that; the
// id of any case names the world of that case.
//
// Functions without state; read the data folder each time, so that an edited file counts at once.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay::serve {

struct Scenario {
  std::string name;
  std::string title;
  bool of_case = false;
  nlohmann::json world;  // what a case has under `world:`
  std::string file;      // where it was written
  int line = 0;
};

// Those of conformance/scenarios.yaml first, then the cases, each in the order of their files. Fails on the
// first file that is wrong.
Result<std::vector<Scenario>> load_scenarios(const std::string& data_folder);
// By name; a case also by the end of its id ("callback-request-late") where only one ends so. Errors name
// the nearest. A scenario without `provider` is of `provider`.
Result<Scenario> find_scenario(const std::string& data_folder, const std::string& name,
                               const std::string& provider);

}  // namespace assay::serve
