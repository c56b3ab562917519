#include "conformance/runner/gate/selftest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "conformance/runner/case/plan.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/play/timed_case.h"

namespace assay::conformance {
namespace {

ClientSpec mutant_client(const SelftestOptions& options, const std::string& mutant) {
  ClientSpec out;
  out.name = "mutant:" + mutant;
  out.argv = {options.mutant_program, mutant};
  out.as_program = program_of(out.argv);
  out.environment = options.reference.environment;
  out.only_reports = options.reports;
  return out;
}

// Adds the sets to `all`, of which none holds another.
void add_sets(std::vector<std::vector<std::string>>& all, const std::vector<std::vector<std::string>>& sets) {
  all.insert(all.end(), sets.begin(), sets.end());
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return std::tuple(a.size(), a) < std::tuple(b.size(), b); });
  std::vector<std::vector<std::string>> kept;
  for (auto& set : all) {
    const bool more = std::any_of(kept.begin(), kept.end(), [&](const auto& smaller) {
      return std::includes(set.begin(), set.end(), smaller.begin(), smaller.end());
    });
    if (!more) kept.push_back(std::move(set));
  }
  all = std::move(kept);
}

// Whether one of the sets that the case file knows shows a failure today.
bool still_shown(const Case& one, const std::vector<std::vector<std::string>>& today) {
  return std::any_of(one.observed_by.begin(), one.observed_by.end(), [&](const auto& known) {
    return std::any_of(today.begin(), today.end(), [&](const auto& set) {
      return std::includes(known.begin(), known.end(), set.begin(), set.end());
    });
  });
}

// With some reports withheld one mutant of a case is enough: the others are asked of clients that show them.
void keep_one_proof_a_case(std::vector<Proof>& proofs) {
  std::set<std::string> proven;
  for (const Proof& proof : proofs) {
    if (proof.proven) proven.insert(proof.case_id);
  }
  std::erase_if(proofs, [&](const Proof& p) { return !p.proven && proven.contains(p.case_id); });
}

bool failed(Verdict verdict) {
  return verdict == Verdict::fail || verdict == Verdict::timeout || verdict == Verdict::crash;
}

}  // namespace

bool SelftestReport::ok() const {
  return reference_failed.empty() && unproven_cases.empty() && blunt_mutants.empty() && stale.empty() &&
         std::all_of(proofs.begin(), proofs.end(), [](const Proof& p) { return p.proven; });
}

std::string why_not_proven(const CaseRecord& record, const std::string& check, const std::string& demand) {
  if (record.verdict == Verdict::pass) return "passes with the mutant";
  if (!failed(record.verdict)) return fmt::format("{}: {}", to_string(record.verdict), record.reason);
  std::vector<std::string> others;
  bool named = false;
  for (const auto& result : record.checks) {
    if (result.ok) continue;
    if (result.name == check) {
      named = true;
    } else {
      others.push_back(result.name);
    }
  }
  if (!named) return fmt::format("the check {} holds; failing: {}", check, fmt::join(others, ", "));
  if (!others.empty()) return fmt::format("fails also: {}", fmt::join(others, ", "));
  // A crash or a hang proves a check only where ending well, or in time, is what it demands.
  if (record.verdict == Verdict::timeout && demand.find("\"within\"") == std::string::npos &&
      demand.find("\"max\"") == std::string::npos)
    return "timed out, but the check demands no time";
  if (record.verdict == Verdict::crash && demand.find("\"ok\"") == std::string::npos &&
      demand.find("exit") == std::string::npos) {
    return "crashed, but the check demands neither a result nor an exit";
  }
  return {};
}

namespace {

// What the check `name` demands, as the case file has it.
std::string demand_of(const Case& one, const std::string& name) {
  const auto check =
      std::find_if(one.checks.begin(), one.checks.end(), [&](const Check& c) { return c.name == name; });
  return check == one.checks.end() ? std::string() : check->source.dump();
}

}  // namespace

namespace {

// Each case in the protocols in which it is proven: the first, or all.
std::vector<std::pair<Case, ProtocolPlay>> plays(const std::vector<Case>& cases,
                                                 const SelftestOptions& options) {
  std::vector<std::pair<Case, ProtocolPlay>> out;
  for (const Case& one : cases) {
    for (ProtocolPlay& play : plays_of(one, options.reference, false)) {
      if (!play.other || options.all_protocols) out.emplace_back(one, std::move(play));
    }
  }
  return out;
}

// Every case of `cases` once.
Result<SelftestReport> play_all(const std::vector<Case>& cases, const SelftestOptions& options,
                                const std::function<void(const CaseRecord&)>& progress) {
  SelftestReport report;
  std::vector<PlannedCase> plan;
  std::map<std::uint64_t, std::pair<std::string, std::string>> proof_of;  // index → mutant, check
  std::set<std::string> used;
  std::uint64_t index = 0;
  for (const auto& [one, play] : plays(cases, options)) {
    const auto broken = [&, &one = one, &play = play](const std::string& mutant) {
      PlannedCase planned{index++, options.seed, one, mutant_client(options, mutant)};
      planned.confirm = false;  // it is to fail
      planned.not_timed = options.not_timed;
      planned.play = play;
      return planned;
    };
    ClientSpec reference = options.reference;
    reference.only_reports = options.reports;
    plan.push_back({index++, options.seed, one, std::move(reference)});
    plan.back().not_timed = options.not_timed;
    plan.back().play = play;
    if (one.proven_by.empty()) report.unproven_cases.push_back(one.id);
    for (const auto& [mutant, check] : one.proven_by) {
      if (std::find(options.mutants.begin(), options.mutants.end(), mutant) == options.mutants.end()) {
        return fail(fmt::format("{} is proven by the mutant \"{}\", which does not exist", one.id, mutant),
                    one.file, one.line);
      }
      used.insert(mutant);
      proof_of[index] = {mutant, check};
      plan.push_back(broken(mutant));
      plan.back().learn = true;
    }
    if (!options.matrix) continue;
    for (const std::string& mutant : options.mutants) {
      if (!one.proven_by.contains(mutant)) plan.push_back(broken(mutant));
    }
  }
  std::map<std::string, std::uint64_t> applicable, failing;  // mutant → other cases
  const auto unasked = [&](std::uint64_t at) { return !not_asked(plan[at]).empty(); };
  auto done = execute(plan, options.execute, [&](const CaseLine& line) {
    const CaseRecord& record = line.record;
    if (progress) progress(record);
    const auto proof = proof_of.find(record.index);
    if (record.client == options.reference.name) {
      // A fault may have no place in the answers of another protocol.
      const bool other = plan[record.index].play.other;
      if (record.verdict == Verdict::not_applicable && (options.reports || other || unasked(record.index))) {
        ++report.not_asked;
        return;
      }
      if (record.verdict != Verdict::pass)
        report.reference_failed.push_back(
            {record.name, fmt::format("{}: {}", to_string(record.verdict), record.reason)});
      return;
    }
    const std::string mutant = record.client.substr(record.client.find(':') + 1);
    if (failed(record.verdict)) report.matrix[mutant].push_back(record.name);
    const bool other = plan[record.index].play.other;
    if (proof != proof_of.end() && record.verdict == Verdict::not_applicable &&
        (options.reports || other || unasked(record.index)))
      return;
    if (proof != proof_of.end()) {
      for (const auto& check : record.checks) {
        if (check.name == proof->second.second && !other)
          add_sets(report.learned[record.name], check.shown_by);
      }
      const std::string& check = proof->second.second;
      const std::string why = why_not_proven(record, check, demand_of(plan[record.index].one, check));
      report.proofs.push_back({record.name, mutant, proof->second.second, why.empty(), why});
    } else if (record.verdict != Verdict::not_applicable) {
      ++applicable[mutant];
      if (record.verdict != Verdict::pass) ++failing[mutant];
    }
  });
  if (!done) return tl::unexpected(done.error());
  for (const std::string& mutant : options.mutants) {
    if (!used.contains(mutant)) report.idle_mutants.push_back(mutant);
  }
  for (const auto& [mutant, count] : failing) {
    if (count * 10 > applicable[mutant])
      report.blunt_mutants.push_back(
          fmt::format("{} fails {} of {} other cases", mutant, count, applicable[mutant]));
  }
  if (options.reports) {
    keep_one_proof_a_case(report.proofs);
  } else {
    for (const Case& one : cases) {
      if (const auto today = report.learned.find(one.id);
          today != report.learned.end() && !still_shown(one, today->second))
        report.stale.push_back(one.id);
    }
  }
  std::sort(report.proofs.begin(), report.proofs.end(), [](const Proof& a, const Proof& b) {
    return std::tie(a.case_id, a.mutant) < std::tie(b.case_id, b.mutant);
  });
  std::sort(report.reference_failed.begin(), report.reference_failed.end(),
            [](const auto& a, const auto& b) { return a.case_id < b.case_id; });
  for (auto& [mutant, ids] : report.matrix) std::sort(ids.begin(), ids.end());
  return report;
}

// The case of a play: "id", or "id@protocol".
std::string case_of(const std::string& play) {
  return play.substr(0, play.rfind('@'));
}

// The cases whose proofs did not hold, or that the reference client did not pass.
std::set<std::string> doubtful(const SelftestReport& report) {
  std::set<std::string> out;
  for (const Proof& proof : report.proofs)
    if (!proof.proven) out.insert(case_of(proof.case_id));
  for (const auto& failure : report.reference_failed) out.insert(case_of(failure.case_id));
  return out;
}

}  // namespace

Result<SelftestReport> selftest(const std::vector<Case>& cases, const SelftestOptions& options,
                                const std::function<void(const CaseRecord&)>& progress) {
  auto report = play_all(cases, options, progress);
  if (!report || options.matrix) return report;
  // Beside many others a process can come too late for the race that it is to lose. What did not hold is
  // played again, one play at a time; where much did not hold, that is not the reason.
  constexpr std::size_t kFew = 10;
  const std::set<std::string> again = doubtful(*report);
  if (again.empty() || again.size() > kFew) return report;
  std::vector<Case> few;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(few),
               [&](const Case& one) { return again.contains(one.id); });
  SelftestOptions alone = options;
  alone.execute.jobs = 1;
  auto second = play_all(few, alone, progress);
  if (!second) return second;
  std::erase_if(report->proofs, [&](const Proof& proof) { return again.contains(case_of(proof.case_id)); });
  std::erase_if(report->stale, [&](const std::string& id) { return again.contains(id); });
  report->proofs.insert(report->proofs.end(), second->proofs.begin(), second->proofs.end());
  report->stale.insert(report->stale.end(), second->stale.begin(), second->stale.end());
  report->reference_failed = second->reference_failed;
  for (auto& [id, sets] : second->learned) report->learned[id] = std::move(sets);
  report->played_again.assign(again.begin(), again.end());
  return report;
}

namespace {

// Whether it can hold without anything that the client reports.
bool holds_unreported(const std::vector<Predicate>& predicates) {
  return std::all_of(predicates.begin(), predicates.end(), [](const Predicate& one) {
    if (one.kind == Predicate::Kind::any_of)
      return std::any_of(one.choices.begin(), one.choices.end(), holds_unreported);
    return one.kind != Predicate::Kind::result;
  });
}

}  // namespace

bool asks_what_was_sent(const Case& one) {
  return !one.proven_by.empty() && std::all_of(one.checks.begin(), one.checks.end(), [&](const Check& check) {
    const bool named = std::any_of(one.proven_by.begin(), one.proven_by.end(),
                                   [&](const auto& proof) { return proof.second == check.name; });
    return !named || holds_unreported(check.predicates);
  });
}

Result<EmptyReport> selftest_empty(const std::vector<Case>& cases, const SelftestOptions& options,
                                   const std::function<void(const CaseRecord&)>& progress) {
  EmptyReport report;
  std::vector<PlannedCase> plan;
  std::vector<ClientSpec> clients;
  for (const auto& [kind, program] :
       {std::pair("ok", "/bin/true"), {"failed", "/bin/false"}, {"values", ""}}) {
    ClientSpec client =
        adapter_client(std::string("empty:") + kind, {options.mutant_program, "--empty", kind});
    if (*program != '\0') client.as_program = program_of({program});
    client.environment = options.reference.environment;
    clients.push_back(std::move(client));
  }
  for (const Case& one : cases) {
    for (const ClientSpec& client : clients) {
      const bool process = std::find(one.needs.begin(), one.needs.end(), "process") != one.needs.end();
      if (process && !client.as_program) continue;
      plan.push_back({plan.size(), options.seed, one, client});
      plan.back().play = plays_of(one, options.reference, false).front();
    }
  }
  std::map<std::string, const Case*> by_id;
  for (const Case& one : cases) by_id[one.id] = &one;
  auto done = execute(plan, options.execute, [&](const CaseLine& line) {
    const CaseRecord& record = line.record;
    if (progress) progress(record);
    ++report.played;
    if (record.verdict != Verdict::pass) return;
    if (record.client == "empty:values") report.passed.push_back(record.name);
    if (record.client != "empty:values" || !asks_what_was_sent(*by_id.at(record.name)))
      report.vacuous.push_back(fmt::format("{} passes {}", record.client, record.name));
  });
  if (!done) return tl::unexpected(done.error());
  std::sort(report.passed.begin(), report.passed.end());
  std::sort(report.vacuous.begin(), report.vacuous.end());
  return report;
}

}  // namespace assay::conformance
