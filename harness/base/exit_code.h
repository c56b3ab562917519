// The exit status of every verb. One enum, one header: scripts rely on these numbers.
#pragma once

namespace assay {

enum class ExitCode : int {
  ok = 0,            // all as expected
  failed = 1,        // a counted case failed, crashed, timed out, was flaky, passed unexpectedly, or a known
                     // failure is stale
  usage = 2,         // the command line or a data file is wrong
  incomplete = 3,    // zero cases ran, a case could not run, the harness failed
  interrupted = 130  // SIGINT or SIGTERM
};

}  // namespace assay
