// The table of a run of several clients: cases down, clients across, and below it each case that did not hold
// with what was observed. Markdown; docs/compatibility.md holds one.
#pragma once

#include <string>

#include "reports/record/reader.h"

namespace assay::reports {

// One table a suite, cases in plan order, clients in the order of the header; a client that occurs in no case
// line of a suite has no column there. Verdicts are words; `–` = the case does not apply, empty = it did not
// run. Below: for each client the cases that are neither green nor not-applicable, each failed check with
// what was observed, on one line of at most 300 characters.
std::string render_table(const RunRecord& record);

}  // namespace assay::reports
