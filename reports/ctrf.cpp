#include "reports/ctrf.h"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

namespace assay::reports {
namespace {

using Json = nlohmann::ordered_json;

const char* status(Verdict verdict) {
  if (verdict == Verdict::pass) return "passed";
  if (verdict == Verdict::xfail || verdict == Verdict::not_applicable) return "skipped";
  return verdict == Verdict::could_not_run ? "other" : "failed";
}

// Milliseconds since 1970 of "2026-11-20T07:20:14Z"; 0 when it is not a time.
std::int64_t epoch_ms(const std::string& rfc3339) {
  std::tm time{};
  if (strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%S", &time) == nullptr) return 0;
  return static_cast<std::int64_t>(timegm(&time)) * 1000;
}

Json test(const CaseRecord& c, std::int64_t start) {
  Json out = {{"name", c.name}, {"status", status(c.verdict)}, {"duration", c.duration_us / 1000}};
  out["start"] = start + c.started_us / 1000;
  out["stop"] = start + (c.started_us + c.duration_us) / 1000;
  out["suite"] = {c.client, c.suite};
  out["rawStatus"] = to_string(c.verdict);
  out["tags"] = c.features;
  out["type"] = c.level;
  if (c.verdict != Verdict::pass) out["message"] = one_line(c.reason, 500);
  std::string trace;
  for (const Check* check : failed_checks(c)) {
    trace += fmt::format("{}: expected {}, observed {}\n", check->name, check->expected, check->observed);
    for (const std::string& line : evidence(c, *check, 5)) trace += "  " + one_line(line, 500) + "\n";
  }
  if (!trace.empty()) out["trace"] = trace;
  if (!c.attempts.empty()) out["retries"] = c.attempts.size() - 1;
  if (c.verdict == Verdict::flaky) out["flaky"] = true;
  out["extra"] = {{"client", c.client},     {"provider", c.provider},       {"model", c.model},
                  {"protocol", c.protocol}, {"requirement", c.requirement}, {"command", c.command}};
  return out;
}

}  // namespace

std::string render_ctrf(const RunRecord& record) {
  const std::int64_t start = epoch_ms(record.header.started);
  const std::int64_t duration =
      (record.footer ? record.footer->duration_us : tally(record).duration_us) / 1000;
  std::map<std::string, int> counts;
  std::set<std::pair<std::string, std::string>> suites;
  Json tests = Json::array();
  for (const CaseRecord& c : record.cases) {
    ++counts[status(c.verdict)];
    suites.emplace(c.client, c.suite);
    tests.push_back(test(c, start));
  }
  if (!record.complete()) {
    ++counts["failed"];
    std::string why = "the run is incomplete";
    for (const std::string& note : record.notes) why += "; " + note;
    tests.push_back(
        {{"name", "complete"}, {"status", "failed"}, {"duration", 0}, {"message", one_line(why, 2000)}});
  }
  const Json summary = {{"tests", tests.size()},        {"passed", counts["passed"]},
                        {"failed", counts["failed"]},   {"pending", 0},
                        {"skipped", counts["skipped"]}, {"other", counts["other"]},
                        {"suites", suites.size()},      {"start", start},
                        {"stop", start + duration}};
  const Json out = {
      {"reportFormat", "CTRF"},
      {"specVersion", "0.0.0"},
      {"generatedBy", "assay"},
      {"results",
       {{"tool", {{"name", "assay"}, {"version", record.header.assay}}},
        {"summary", summary},
        {"tests", std::move(tests)},
        {"environment",
         {{"osPlatform", record.header.host.os},
          {"osRelease", record.header.host.kernel},
          {"extra", {{"seed", record.header.seed}, {"clients", clients_line(record.header)}}}}}}}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::reports
