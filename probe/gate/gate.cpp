#include "probe/gate/gate.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::probe {
namespace {

// The one check of a case that a probe makes.
constexpr const char* kPromise = "promise";

assay::Verdict verdict_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return assay::Verdict::pass;
    case Verdict::fail:
    case Verdict::warn:
      return assay::Verdict::fail;
    case Verdict::refused:
      return assay::Verdict::not_applicable;
    case Verdict::xfail:
      return assay::Verdict::xfail;
    case Verdict::xpass:
      return assay::Verdict::xpass;
    case Verdict::inconclusive:
      break;
  }
  return assay::Verdict::could_not_run;
}

std::string without_breaks(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

// The entries for results that `client` may name; one that names none stays as it is.
conformance::KnownFailures for_results(const conformance::KnownFailures& known, const Report& report) {
  conformance::KnownFailures out{known.file, {}};
  for (const conformance::KnownEntry& entry : known.entries) {
    std::size_t found = 0;
    for (const ProbeResult& result : report.results) {
      const std::string& client = entry.client;
      if (client.empty() ||
          (client != result.endpoint && client != result.protocol && client != result.model))
        continue;
      out.entries.push_back(entry);
      out.entries.back().client = result.name();
      ++found;
    }
    if (found == 0) out.entries.push_back(entry);
  }
  return out;
}

}  // namespace

CaseRecord case_of(const ProbeResult& result, const CheckResult& check, const RecordFacts& facts) {
  CaseRecord out;
  out.index = check.index;
  out.name = check.id;
  out.client = result.name();
  out.suite = check.id.substr(0, check.id.find('/'));
  out.title = check.title;
  out.requirement = check.requirement;
  out.level = check.level == Level::info ? "may" : std::string(to_string(check.level));
  out.provider = result.endpoint;
  out.model = result.model;
  out.protocol = result.protocol;
  out.features = check.features;
  out.verdict = verdict_of(check.verdict);
  if (check.verdict != Verdict::pass) out.reason = without_breaks(check.sentence);
  if (out.verdict == assay::Verdict::fail || out.verdict == assay::Verdict::xfail ||
      out.verdict == assay::Verdict::pass || out.verdict == assay::Verdict::xpass)
    out.checks.push_back({kPromise,
                          out.verdict == assay::Verdict::pass || out.verdict == assay::Verdict::xpass,
                          check.requirement,
                          without_breaks(check.sentence),
                          {}});
  out.seed = facts.seed;
  out.started_us = check.start_us;
  out.duration_us = check.duration_us;
  if (!check.known.empty()) out.known = KnownFailure{"fail", check.known, "", ""};
  out.command = fmt::format("assay probe {} --protocol {} --model '{}' --checks {} --seed {}{}{}",
                            result.endpoint, result.protocol, result.model, check.id, facts.seed,
                            facts.options.empty() ? "" : " ", facts.options);
  return out;
}

RunRecord run_record(const Report& report, const RecordFacts& facts, ExitCode exit, bool complete) {
  RunRecord out;
  out.header.assay = report.assay;
  out.header.started = report.started;
  out.header.seed = facts.seed;
  out.header.host = facts.host;
  out.header.command = facts.command;
  out.header.shard = report.shard;
  out.header.without_cells = "a probe runs no client";
  RunFooter footer;
  for (const ProbeResult& result : report.results) {
    out.header.clients.push_back({result.name(), "", "provider", {}, {}});
    for (const CheckResult& check : result.checks) {
      out.cases.push_back(case_of(result, check, facts));
      ++footer.counts[std::string(assay::to_string(out.cases.back().verdict))];
    }
    footer.duration_us += result.milliseconds * 1000;
  }
  out.header.planned = out.cases.size();
  footer.exit = static_cast<int>(exit);
  footer.complete = complete;
  out.footer = footer;
  out.notes = report.notes;
  return out;
}

std::vector<Error> apply_known(Report& report, conformance::KnownFailures known,
                               const std::vector<Check>& checks) {
  std::vector<conformance::Case> cases;
  for (const Check& check : checks) {
    conformance::Case one;
    one.id = check.id;
    one.checks.emplace_back().name = kPromise;  // entries of `assay accept` name it: "stream/end:promise"
    cases.push_back(std::move(one));
  }
  constexpr std::size_t date = 10;  // of an RFC 3339 time
  const conformance::Expectations expectations(for_results(known, report), cases,
                                               report.started.substr(0, date));
  std::vector<CaseRecord> records;
  std::vector<std::string> names;
  for (ProbeResult& result : report.results) {
    names.push_back(result.name());
    for (CheckResult& check : result.checks) {
      CaseRecord record = case_of(result, check, {});
      expectations.apply(record);
      if (record.verdict == assay::Verdict::xfail) check.verdict = Verdict::xfail;
      if (record.verdict == assay::Verdict::xpass) check.verdict = Verdict::xpass;
      if (record.known) check.known = record.known->reason;
      records.push_back(std::move(record));
    }
  }
  for (const Error& other : expectations.of_other_clients(names)) report.notes.push_back(other.text());
  std::vector<Error> problems;
  for (Error& problem : expectations.problems(records)) {
    const bool told = std::any_of(problems.begin(), problems.end(),
                                  [&](const Error& one) { return one.text() == problem.text(); });
    if (!told) problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace assay::probe
