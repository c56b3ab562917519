// What changed between the record of an earlier probe and this one: verdicts, and what the findings say.
#pragma once

#include <string>
#include <vector>

#include "probe/report/report.h"

namespace assay::probe {

// "stream/end: was pass, is fail: Sent …", "whole/shape: fails otherwise: …", one line a check that both
// have. The result of the same endpoint, protocol and model is compared; else the only one of the protocol,
// for an endpoint may have moved. Fails when `before` has neither.
Result<std::vector<std::string>> changes(const Report& before, const ProbeResult& now);

}  // namespace assay::probe
