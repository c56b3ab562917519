#include "reports/record/record.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace assay {
namespace {

constexpr std::array<std::string_view, kVerdicts> kNames = {
    "pass",  "fail",  "error", "timeout",        "crash",        "not-met",
    "xfail", "xpass", "flaky", "not-applicable", "could-not-run"};

// Worst first: what a person must act on, then what is missing, then what is as expected.
constexpr std::array<int, kVerdicts> kRanks = {10, 1, 5, 2, 0, 3, 8, 4, 6, 9, 7};

}  // namespace

std::string_view to_string(Verdict verdict) {
  return kNames.at(static_cast<std::size_t>(verdict));
}

Result<Verdict> parse_verdict(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<Verdict>(i);
  std::string known;
  for (const std::string_view name : kNames) known.append(known.empty() ? "" : ", ").append(name);
  return fail("unknown verdict '" + std::string(text) + "'; known: " + known);
}

bool is_red(Verdict verdict) {
  return rank(verdict) <= rank(Verdict::flaky);
}

bool is_green(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::xfail;
}

int rank(Verdict verdict) {
  return kRanks.at(static_cast<std::size_t>(verdict));
}

bool any_applied(const std::vector<CaseRecord>& cases) {
  return std::any_of(cases.begin(), cases.end(),
                     [](const CaseRecord& c) { return c.verdict != Verdict::not_applicable; });
}

bool RunRecord::complete() const {
  return footer && footer->complete && header.missing.empty() && cases.size() >= header.planned;
}

std::string journal_text(const std::vector<std::shared_ptr<const JournalEntry>>& entries,
                         std::size_t body_limit) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& entry : entries) out.push_back(to_json(*entry, body_limit));
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace assay
