// What several writers need to know of a record: counts, the order of what to show first, evidence in words.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/record/reader.h"

namespace assay::reports {

struct Tally {
  std::array<std::uint64_t, kVerdicts> counts{};
  std::uint64_t total = 0;
  std::int64_t duration_us = 0;  // sum over cases

  std::uint64_t of(Verdict verdict) const { return counts.at(static_cast<std::size_t>(verdict)); }
  void add(const CaseRecord& record);
};
Tally tally(const RunRecord& record);
// "210 pass, 1 fail, 1 flaky": verdicts that occur, green ones first.
std::string describe(const Tally& tally);

// What a person must look at: red cases and those that could not run; must before should before may, then
// worst first, then in plan order. The pointers live as long as `record`.
std::vector<const CaseRecord*> attention(const RunRecord& record);

// What there is to fix, in the order of topics(): how many of `cases` each topic has; "" = those without one,
// last.
std::vector<std::pair<std::string, std::size_t>> by_topic(const std::vector<const CaseRecord*>& cases);

// The checks that do not hold.
std::vector<const Check*> failed_checks(const CaseRecord& record);

// One line for people: control characters (so also terminal escapes) become spaces or \xNN, runs of blanks
// one blank, and more than `limit` characters (code points) are cut with an ellipsis. 0 = no limit.
std::string one_line(std::string_view text, std::size_t limit = 0);

// The journal entries that `check` quotes, one line each, at most `limit`:
// "#12  0.301 s  browser  request  GET /callback". Empty when the record keeps no journal for the case.
std::vector<std::string> evidence(const CaseRecord& record, const Check& check, std::size_t limit);

// "850 us", "12 ms", "3.4 s", "2 min 05 s".
std::string human_time(std::int64_t us);

// "reference 0.1.0, aider 0.86": the clients of a run.
std::string clients_line(const RunHeader& header);

}  // namespace assay::reports
