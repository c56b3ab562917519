// Starts one program. The only place that knows Boost.Process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/process/sandbox.h"

namespace assay::process {

struct LaunchSpec {
  std::vector<std::string> argv;         // argv[0] is a path, or a name that PATH of `environment` finds
  std::vector<std::string> environment;  // "NAME=value", all of it
  std::string directory;                 // empty = ours
  const Sandbox* sandbox = nullptr;      // where it runs; outlives the program
  int in = -1, out = -1, err = -1;       // what becomes its descriptors 0, 1 and 2
  int inherit = -1;                      // the only other one that it gets, under its number
  bool terminal = false;                 // `in` is a terminal: it becomes the controlling one
};

// Forks from the calling thread and returns when the program has been executed. The program leads a new
// session and process group, has every signal at its default and none blocked, and is killed when the calling
// THREAD ends (PR_SET_PDEATHSIG counts threads, not processes). The caller reaps it. Fails with "cannot start
// foo: No such file or directory".
Result<pid_t> launch(const LaunchSpec& spec);

// The file that execve() would be given for argv[0] in that environment: a name with a slash as it stands,
// else the first executable in PATH. Fails with the text of the errno.
Result<std::string> find_program(const std::string& name, const std::vector<std::string>& environment);

}  // namespace assay::process
