// What a probe found, for people and programs. Everything that comes in is redacted already; nothing here
// reads or writes files. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/exit_code.h"
#include "probe/run/probe.h"
#include "probe/run/result.h"

namespace assay::probe {

struct Report {
  std::string assay;                 // version
  std::string started;               // RFC 3339
  std::vector<ProbeResult> results;  // one an endpoint, protocol and model
  std::vector<std::string> notes;    // drift, clients: lines for people
  std::string shard = {};            // "2/3"; empty = all checks
};

// One report of several: shards of one probe, probes of other endpoints or models. Checks of one endpoint,
// protocol and model come together. Fails on a check that two of them have.
Result<Report> merge_reports(std::vector<Report> reports);
// Shards that are missing among `shards` ("2/3"); empty = none is.
std::vector<std::string> missing_shards(const std::vector<std::string>& shards);

// 0 every must holds · 1 a must does not, or a known failure passes · 3 nothing could be judged.
ExitCode exit_of(const std::vector<ProbeResult>& results);

// The record: {assay, started, results: [{endpoint, protocol, model, spent, checks: [...]}]}.
nlohmann::json to_json(const Report& report);
// Reads what to_json() made; an error says what is missing.
Result<Report> report_from_json(const nlohmann::json& value);

// What an endpoint counted beyond what it was allowed; empty = it did not.
std::string overcount(const ProbeResult& result);

// "CHECK  level  verdict  sentence" while it runs, and the counts at the end.
std::string console_line(const CheckResult& result, bool color);
std::string console_summary(const ProbeResult& result);  // failures first
std::string console_plan(const std::vector<PlannedCheck>& plan, const Target& target);

// A table checks × endpoints, and below it the findings. Failures first, musts before shoulds.
std::string render_markdown(const Report& report);
// The same as one page that stands alone: no script, no foreign resource.
std::string render_html(const Report& report);

}  // namespace assay::probe
