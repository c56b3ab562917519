// time-probe MILLISECONDS [NAME...]: waits in each way (or in those that are named) so long, and prints one
// line for each: its name, how long it was to wait, what its own clock and the machine's showed, and by how
// much of the machine's time the two looks may be apart, in µs, tab-separated; "broken" for a wait that ended
// otherwise. Linked statically and dynamically.
#include <algorithm>
#include <cstdint>
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

// Both clocks at one moment. Another process may have the CPU between two looks: the own clock is looked at
// between two looks at the machine's, again until these are close together.
struct Moment {
  std::int64_t own = 0, machine = 0, width = 0;
};
Moment now() {
  constexpr std::int64_t kClose = 20'000;  // ns
  Moment best{0, 0, INT64_MAX};
  for (int i = 0; i < 50 && best.width > kClose; ++i) {
    const std::int64_t before = assay::casetime::machine_clock();
    const std::int64_t own = own_clock();
    const std::int64_t width = assay::casetime::machine_clock() - before;
    if (width < best.width) best = {own, before + width / 2, width};
  }
  return best;
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
    const Moment begin = now();
    const bool waited = way.wait(asked);
    const Moment end = now();
    const auto micros = [](std::int64_t ns) { return static_cast<long long>(ns / 1000); };
    std::printf("%s\t%s\t%lld\t%lld\t%lld\t%lld\n", way.name, waited ? "ok" : "broken", micros(asked),
                micros(end.own - begin.own), micros(end.machine - begin.machine),
                micros(std::max(begin.width, end.width)));
  }
  return 0;
}
