// Reports: what a client can tell of an operation, and what of a check is left when the rest is not demanded
// of it. A part that a client cannot report is not observed: it is shown as such and never fails. Whether the
// case still asks its question then is learned from its mutants (Case::observed_by). Pure values and
// functions.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/runner/judge/check.h"
#include "conformance/runner/play/observation.h"

namespace assay::conformance {

// Names: docs/adapter-protocol.md, "Hello"; also `store`, the credential file, for clients that keep it.
struct Reports {
  std::optional<std::set<std::string>> fields;  // none = everything (version 1 of the adapter protocol)
  bool store = false;
  bool has(const std::string& name) const;
};

// Every name that a hello or a client file may declare.
const std::vector<std::string>& report_names();

struct Observable {
  Check check;                        // without the parts that are not reported
  std::vector<std::string> withheld;  // their names, sorted
  bool nothing = false;               // no part is left to judge
};
Observable observable(const Check& check, const Reports& reports);

// The smallest sets of names with which `check` still fails on `observation`. Empty when it holds even with
// everything reported; one empty set when it fails whatever is reported.
std::vector<std::vector<std::string>> failing_with(const Check& check, const Observation& observation);

// Why a case whose mutant is seen with one of `sets` cannot be asked of such a client; "" when it can.
std::string not_observed(const std::vector<std::vector<std::string>>& sets, const Reports& reports);

}  // namespace assay::conformance
