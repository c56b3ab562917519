// What a forked copy of this process may do before it executes a program: system calls, no allocation, no
// locks.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

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

// Closes all descriptors from 3 on but one.
inline void close_range_but(int keep) {
  const auto number = static_cast<unsigned>(keep);
  if (number > 3) ::syscall(SYS_close_range, 3U, number - 1, 0);
  ::syscall(SYS_close_range, number + 1, UINT_MAX, 0);
}

// Writes a file of /proc in one piece; false with errno.
inline bool write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const auto size = std::strlen(text);
  const bool done = ::write(fd, text, size) == static_cast<ssize_t>(size);
  const int error = errno;
  ::close(fd);
  errno = error;
  return done;
}

}  // namespace assay::process
