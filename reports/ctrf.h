// CTRF (ctrf.io), version 0.0 of its schema: JSON that test dashboards read.
#pragma once

#include <string>

#include "reports/summary.h"

namespace assay::reports {

// pass is passed; fail, error, timeout, crash, not-met, xpass and flaky are failed; xfail and not-applicable
// are skipped; could-not-run is other. rawStatus is the verdict. An incomplete record adds a failed test that
// says so.
std::string render_ctrf(const RunRecord& record);

}  // namespace assay::reports
