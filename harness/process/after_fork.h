// What a forked copy of this process may do before it executes a program: system calls, no allocation, no
// locks.
#pragma once

#include <signal.h>

namespace assay::process {

// Every signal at its default and none blocked, as a program expects to be started.
inline void reset_signals() {
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);  // those of the C library refuse
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace assay::process
