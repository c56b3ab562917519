#include "conformance/runner/gate/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "conformance/runner/case/capabilities.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

// ISO 8601, extended form: "2026-11-20".
bool is_date(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  const auto number = [&](std::size_t at, std::size_t length, auto& out) {
    const char* end = text.data() + at + length;
    const auto read = std::from_chars(text.data() + at, end, out);
    return read.ec == std::errc() && read.ptr == end;
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!number(0, 4, year) || !number(5, 2, month) || !number(8, 2, day)) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month),
                                     std::chrono::day(day))
      .ok();
}

KnownEntry read_entry(ObjectReader& map) {
  KnownEntry out;
  out.line = map.line();
  out.target = map.required<std::string>("case");
  out.client = map.optional<std::string>("client");
  out.known.state = map.choice("state", {"fail", "flaky"}) == 0 ? "fail" : "flaky";
  out.known.reason = map.required<std::string>("reason");
  out.known.issue = map.optional<std::string>("issue");
  out.known.expires = map.optional<std::string>("expires");
  if (map.has("case") && out.target.empty()) map.problem("case", "expected a case id or a glob, found \"\"");
  if (map.has("reason") && out.known.reason.find_first_not_of(" \t\n") == std::string::npos)
    map.problem("reason",
                fmt::format("the reason for {} is empty: say why this failure is accepted", out.target));
  if (!out.known.expires.empty() && !is_date(out.known.expires))
    map.problem("expires",
                fmt::format("expected a date such as 2026-12-31, found \"{}\"", out.known.expires));
  map.done();
  return out;
}

std::vector<std::string> failed_checks(const CaseRecord& record) {
  std::vector<std::string> out;
  for (const assay::Check& check : record.checks)
    if (!check.ok) out.push_back(check.name);
  return out;
}

// At most `most` bytes, whole characters; not UTF-8 at all becomes '?'.
std::string utf8_prefix(std::string text, std::size_t most) {
  if (!is_utf8(text)) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  }
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

bool has_check(const Case& one, const std::string& name) {
  return std::any_of(one.checks.begin(), one.checks.end(), [&](const Check& c) { return c.name == name; });
}

}  // namespace

Result<KnownFailures> parse_known_failures(std::string_view yaml, const std::string& file) {
  const auto document = load_yaml(yaml, file);
  if (!document) return tl::unexpected(document.error());
  KnownFailures out{file, {}};
  std::vector<Error> problems;
  ObjectReader root(*document, problems);
  if (!root.has("known")) root.problem("", "missing key 'known': a list of entries");
  std::set<std::pair<std::string, std::string>> seen;
  for (ObjectReader& map : root.objects("known")) {
    out.entries.push_back(read_entry(map));
    const KnownEntry& entry = out.entries.back();
    if (!seen.emplace(entry.target, entry.client).second)
      map.problem("case", "a second entry for " + entry.target);
  }
  root.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

Expectations::Expectations(KnownFailures known, const std::vector<Case>& cases, std::string today)
    : known_(std::move(known)) {
  for (const KnownEntry& entry : known_.entries) {
    Target target{entry.target, "", false, !entry.known.expires.empty() && entry.known.expires < today};
    const auto matches = [&](const Case& one) {
      return glob_match(target.cases, one.id) && (target.check.empty() || has_check(one, target.check));
    };
    target.matches = std::any_of(cases.begin(), cases.end(), matches);
    // Ids may hold a colon themselves ("…/reads:1-byte"); so the whole is tried first.
    if (const auto colon = entry.target.rfind(':'); !target.matches && colon != std::string::npos) {
      target.cases = entry.target.substr(0, colon);
      target.check = entry.target.substr(colon + 1);
      target.matches = std::any_of(cases.begin(), cases.end(), matches);
    }
    targets_.push_back(std::move(target));
  }
}

bool Expectations::covers(std::size_t entry, const CaseRecord& record) const {
  const std::string& client = known_.entries[entry].client;
  return targets_[entry].matches && (client.empty() || client == record.client) &&
         glob_match(targets_[entry].cases, record.name);
}

void Expectations::apply(CaseRecord& record) const {
  const bool passed = record.verdict == Verdict::pass, flaky = record.verdict == Verdict::flaky;
  if (!passed && !flaky && !is_failure(record.verdict)) return;
  const KnownEntry* by = nullptr;
  bool whole = false;
  bool may_be_flaky = false;
  std::set<std::string> named;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i].expired || !covers(i, record)) continue;
    const KnownEntry& entry = known_.entries[i];
    const bool flaky_entry = entry.known.state == "flaky";
    if (flaky && !flaky_entry) continue;
    if (by == nullptr) by = &entry;
    may_be_flaky = may_be_flaky || flaky_entry;
    whole = whole || targets_[i].check.empty();
    named.insert(targets_[i].check);
  }
  if (by == nullptr) return;
  if (passed) {
    if (may_be_flaky) return;
    record.verdict = Verdict::xpass;
    record.reason =
        fmt::format("passes, but {}:{} says that it fails: {}", known_.file, by->line, by->known.reason);
  } else {
    const auto failed = failed_checks(record);
    if (!whole && std::set<std::string>(failed.begin(), failed.end()) != named) return;
    record.verdict = Verdict::xfail;
  }
  record.known = by->known;
}

std::vector<Error> Expectations::of_other_clients(const std::vector<std::string>& clients) const {
  std::map<std::string, std::pair<std::size_t, int>> others;  // name → how many, the first line
  for (const KnownEntry& entry : known_.entries) {
    if (entry.client.empty() || std::find(clients.begin(), clients.end(), entry.client) != clients.end())
      continue;
    auto& [number, line] = others[entry.client];
    if (number++ == 0) line = entry.line;
  }
  std::vector<Error> out;
  for (const auto& [name, found] : others) {
    const std::string near = nearest(name, clients);
    out.push_back({fmt::format("{} {} for the client \"{}\", which is not in this run ({}){}", found.first,
                               found.first == 1 ? "entry is" : "entries are", name, fmt::join(clients, ", "),
                               near.empty() ? "" : "; did you mean " + near + "?"),
                   known_.file, found.second});
  }
  return out;
}

std::vector<Error> Expectations::problems(const std::vector<CaseRecord>& records) const {
  std::vector<Error> out;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const KnownEntry& entry = known_.entries[i];
    const Target& target = targets_[i];
    const auto report = [&](std::string text) { out.push_back({std::move(text), known_.file, entry.line}); };
    if (!target.matches) {
      report(fmt::format("the entry {} matches no case: mend or remove it", entry.target));
      continue;
    }
    const auto first =
        std::find_if(records.begin(), records.end(), [&](const CaseRecord& r) { return covers(i, r); });
    if (first == records.end()) continue;
    if (target.expired) {
      report(fmt::format("the entry {} expired on {}: mend the client, or renew it", entry.target,
                         entry.known.expires));
      continue;
    }
    if (entry.known.state != "fail") continue;
    for (const CaseRecord& record : records) {
      if (!covers(i, record)) continue;
      if (record.verdict == Verdict::xpass) {
        report(fmt::format("{} passes with {}: remove its entry", record.name, record.client));
      } else if (!target.check.empty() && is_failure(record.verdict)) {
        const auto failed = failed_checks(record);
        if (std::find(failed.begin(), failed.end(), target.check) != failed.end()) continue;
        report(fmt::format("check {} of {} holds with {}: remove its entry", target.check, record.name,
                           record.client));
      }
    }
  }
  return out;
}

Template template_entries(const std::vector<CaseRecord>& records) {
  Template out;
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<const CaseRecord*> in_order;
  for (const CaseRecord& record : records) in_order.push_back(&record);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const CaseRecord* a, const CaseRecord* b) { return a->index < b->index; });
  for (const CaseRecord* one : in_order) {
    const CaseRecord& record = *one;
    const bool flaky = record.verdict == Verdict::flaky;
    if (!flaky && !is_failure(record.verdict)) continue;
    if (!seen.emplace(record.name, record.client).second) continue;
    const auto failed = failed_checks(record);
    const bool one_check = record.verdict == Verdict::fail && failed.size() == 1;
    const nlohmann::json target = one_check ? record.name + ":" + failed.front() : record.name;
    std::string why = utf8_prefix(record.reason, 160);
    std::replace_if(
        why.begin(), why.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    for (std::size_t at = 0; at + 1 < why.size(); ++at) {  // C1 controls, which YAML refuses even here
      if (why[at] == '\xC2' && static_cast<unsigned char>(why[at + 1]) < 0xA0) why.replace(at, 2, " ");
    }
    out.entries += fmt::format("  # {}: {}\n  - case: {}\n    client: {}\n    state: {}\n    reason: \"\"\n",
                               to_string(record.verdict), why, target.dump(),
                               nlohmann::json(record.client).dump(), flaky ? "flaky" : "fail");
    ++out.number;
  }
  return out;
}

Result<std::string> with_entries(const std::string& before, const Template& entries,
                                 const std::string& file) {
  const auto count = [&](const std::string& yaml) -> Result<std::size_t> {
    const auto document = load_yaml(yaml, file);
    if (!document) return tl::unexpected(document.error());
    if (!document->value.is_object() || !document->value.contains("known"))
      return fail("expected a list under 'known'", file);
    return document->value["known"].size();
  };
  if (before.empty()) return "known:\n" + entries.entries;
  const auto had = count(before);
  if (!had) return tl::unexpected(had.error());
  std::string out = before + (before.ends_with('\n') ? "" : "\n") + entries.entries;
  const auto has = count(out);
  if (!has || *has != *had + entries.number)
    return fail(
        "entries cannot be added to this file: it does not end with the list 'known', indented by two", file);
  return out;
}

bool is_failure(Verdict verdict) {
  return verdict == Verdict::fail || verdict == Verdict::timeout || verdict == Verdict::crash ||
         verdict == Verdict::not_met;
}

CaseRecord joined_attempts(std::vector<CaseRecord> attempts) {
  std::vector<Attempt> all;
  for (const CaseRecord& one : attempts) all.push_back({one.verdict, one.reason, one.duration_us});
  const bool flaky = attempts.back().verdict == Verdict::pass && attempts.size() > 1;
  CaseRecord out = std::move(flaky ? attempts.front() : attempts.back());
  if (flaky) {
    out.reason = fmt::format("passed on attempt {}; the first: {}", all.size(), out.reason);
    out.verdict = Verdict::flaky;
    out.duration_us = all.back().duration_us;
  }
  if (all.size() > 1) out.attempts = std::move(all);
  return out;
}

Result<Minimum> parse_minimum(const std::string& text) {
  Minimum out;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out.number);
  out.percent = read.ptr != end && *read.ptr == '%';
  if (read.ec != std::errc() || read.ptr + (out.percent ? 1 : 0) != end || (out.percent && out.number > 100))
    return fail("expected --min as a number of cases or a percentage such as 90%, found \"" + text + "\"");
  return out;
}

Result<void> enough_pass(const Minimum& minimum, const std::vector<CaseRecord>& records) {
  std::uint64_t passed = 0, apply = 0;
  for (const CaseRecord& record : records) {
    if (record.verdict == Verdict::pass) ++passed;
    if (record.verdict != Verdict::not_applicable) ++apply;
  }
  if (apply == 0)
    return fail(
        fmt::format("no case applies, so --min {}{} is not met", minimum.number, minimum.percent ? "%" : ""));
  const bool enough = minimum.percent ? passed * 100 >= minimum.number * apply : passed >= minimum.number;
  if (enough) return {};
  return fail(fmt::format("{} of {} cases pass, fewer than --min {}{}", passed, apply, minimum.number,
                          minimum.percent ? "%" : ""));
}

namespace {

bool counts_for_exit(const CaseRecord& record, Level counted) {
  const Level level = record.level == "must"     ? Level::must
                      : record.level == "should" ? Level::should
                                                 : Level::may;
  return level <= counted;
}

}  // namespace

bool fails_run(const CaseRecord& record, Level counted) {
  return is_red(record.verdict) && record.verdict != Verdict::error && counts_for_exit(record, counted);
}

ExitCode exit_of(const std::vector<CaseRecord>& records, Level counted, bool shard) {
  const bool played = std::any_of(records.begin(), records.end(), [](const CaseRecord& one) {
    return one.verdict != Verdict::not_applicable && one.verdict != Verdict::could_not_run;
  });
  bool incomplete = records.empty() || (!shard && !played);
  for (const CaseRecord& one : records) {
    if (fails_run(one, counted)) return ExitCode::failed;
    incomplete = incomplete || one.verdict == Verdict::error ||
                 (one.verdict == Verdict::could_not_run && counts_for_exit(one, counted));
  }
  return incomplete ? ExitCode::incomplete : ExitCode::ok;
}

Result<std::vector<std::string>> parse_manifest(std::string_view yaml, const std::string& file) {
  const auto document = load_yaml(yaml, file);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader root(*document, problems);
  auto out = root.required<std::vector<std::string>>("capabilities");
  if (auto known = known_capabilities(out); !known) root.problem("capabilities", known.error().message);
  root.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

}  // namespace assay::conformance
