// assay probe, and the proofs of its checks.
#pragma once

#include <string>
#include <vector>

#include "harness/base/exit_code.h"

namespace assay::cli {

// assay selftest probe [GLOB...]: every check of assay probe passes with the right fake and fails with the
// broken one, in each of its protocols. `verbose` prints what the broken one is told.
ExitCode selftest_probe(const std::vector<std::string>& globs, bool verbose);

}  // namespace assay::cli
