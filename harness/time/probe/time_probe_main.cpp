// time-probe MILLISECONDS [NAME...]: waits in each way (or in those that are named) so long, and prints one
// line for each: its name, what its own clock and the machine's showed, in µs, tab-separated; "broken" for a
// wait that ended otherwise. Linked statically and dynamically.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "harness/time/probe/waits.h"

namespace {

std::int64_t own_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

bool named(const char* name, int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return true;
  }
  return argc <= 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t wait = argc > 1 ? std::atoll(argv[1]) * 1'000'000 : 0;
  if (wait <= 0) return 2;
  std::setvbuf(stdout, nullptr, _IOLBF, 4096);
  for (const auto& way : assay::casetime::ways_of_waiting()) {
    if (!named(way.name, argc, argv)) continue;
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t asked = way.whole_seconds ? (wait + kSecond - 1) / kSecond * kSecond : wait;
    const std::int64_t machine = assay::casetime::machine_clock();
    const std::int64_t own = own_clock();
    const bool waited = way.wait(asked);
    const std::int64_t own_passed = own_clock() - own;
    const std::int64_t machine_passed = assay::casetime::machine_clock() - machine;
    std::printf("%s\t%s\t%lld\t%lld\t%lld\n", way.name, waited ? "ok" : "broken",
                static_cast<long long>(asked / 1000), static_cast<long long>(own_passed / 1000),
                static_cast<long long>(machine_passed / 1000));
  }
  return 0;
}
