// How programs that assay starts behave under sanitizers. They get an environment from nothing, so that
// ASAN_OPTIONS and the like do not reach them: what ci/sanitize says there is said again here.
#include <cstdio>

extern "C" {
// The accept() shims are preloaded, and come before the runtime.
const char* __asan_default_options();
const char* __asan_default_options() {
  return "verify_asan_link_order=0";
}
const char* __ubsan_default_options();
const char* __ubsan_default_options() {
  return "print_stacktrace=1:halt_on_error=1";
}
const char* __tsan_default_options();
const char* __tsan_default_options() {
  return "halt_on_error=1";
}
// Leaks are looked for by ptrace. A program in case time is under it already, and a seccomp filter may refuse
// it.
int __lsan_is_turned_off();
int __lsan_is_turned_off() {
  std::FILE* status = std::fopen("/proc/self/status", "re");
  if (status == nullptr) return 0;
  int tracer = 0;
  int filter = 0;
  char line[256];
  while (std::fgets(line, sizeof line, status) != nullptr) {
    std::sscanf(line, "TracerPid: %d", &tracer);
    std::sscanf(line, "Seccomp: %d", &filter);
  }
  std::fclose(status);
  return tracer != 0 || filter != 0 ? 1 : 0;
}
}
