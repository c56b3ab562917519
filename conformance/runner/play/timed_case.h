// At which rate a case is played, and how often until its verdict stands (docs/case-time.md).
#pragma once

#include <functional>

#include "conformance/runner/play/run_case.h"

namespace assay::conformance {

// The rate that was asked for: by the command line, else by the case (`emulate: [time: x50]`, `waits: true`)
// and what its client follows well. x1 for all others.
casetime::Rate wanted_rate(const PlannedCase& planned);

// The smallest time that a check of the case bounds (`within`, `min` and `max` of a gap); 0 = none.
Micros tightest_bound(const Case& one);
// `wanted`, or the fastest rate at which the tolerance of the tightest bound, a tenth of it, is 100 ms of the
// machine's.
casetime::Rate judgeable_rate(const Case& one, casetime::Rate wanted);

// On a machine that cannot compress time, a case that may take longer than this is not asked.
inline constexpr Micros kLongestNatural = std::chrono::minutes(6);
// Why it is not asked; empty = it is.
std::string not_asked(const PlannedCase& planned);

// How long a worker may take for the case by the machine's clock, whatever happens: every step to its
// deadline at x1, as often as a case may be played, and `beside` for all that has no deadline.
Micros time_limit(const PlannedCase& planned, Micros beside);

// Plays at the wanted rate as far as it is judgeable, and again where that says nothing:
// - at x1, when a program could not be compressed;
// - at half the rate, then at x1, when waits ended so late that a bound could have been missed by it. Late at
// x1 too, the
//   case is could-not-run;
// - once at half the rate, or at x1 when the client was refused a way of waiting, when a check failed in case
// time: the
//   verdict is that of the second play.
// The record says at which rate the verdict was given, and why others were left.
using PlayAt = std::function<CaseRun(casetime::Rate rate, bool measure)>;
CaseRun play_in_time(const PlannedCase& planned, const PlayAt& play);

}  // namespace assay::conformance
