// How a verb tells what went wrong: one line on stderr.
#pragma once

#include <fmt/format.h>

#include "harness/base/exit_code.h"
#include "harness/base/result.h"

namespace assay::cli {

inline ExitCode say(const Error& error, ExitCode code = ExitCode::usage) {
  fmt::print(stderr, "assay: {}\n", error.text());
  return code;
}

}  // namespace assay::cli
