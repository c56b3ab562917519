// What of a case's `met` and `needs` came about. Pure.
#pragma once

#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "conformance/runner/case/world_spec.h"
#include "conformance/runner/play/observation.h"
#include "reports/record/record.h"

namespace assay::conformance {

struct MetResult {
  std::vector<Precondition> parts;
  std::string missing;         // one line: what did not come about first; empty = all of it did
  bool asked = true;           // whether every `request` part was met
  std::string not_applicable;  // the client did not do what `needs` names; empty = it did
};

// The route by which an operation is known to have reached its fake; empty = it has none in this world.
// "inference POST chat", "auth request"
std::string route_of(const std::string& op, const std::string& provider, const WorldPlan& plan);

MetResult judge_met(const Case& one, const WorldPlan& plan, const Observation& observation);

}  // namespace assay::conformance
