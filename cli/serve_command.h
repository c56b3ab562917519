// The COMMAND of `assay serve -- COMMAND`: a program of the user's, with their rights and their terminal.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/result.h"

namespace assay::cli {

// Starts `argv` with this program's environment, `variables` in place of those of the same name, and the
// signal mask `mask`. Fails with "cannot start foo: No such file or directory".
Result<pid_t> start_command(const std::vector<std::string>& argv,
                            const std::vector<std::pair<std::string, std::string>>& variables,
                            const sigset_t& mask);

// Its exit status as a shell has it (128 + signal), once it has ended; does not wait.
std::optional<int> status_of(pid_t command);

}  // namespace assay::cli
