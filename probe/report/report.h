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
};

// 0 every must holds · 1 a must does not · 3 nothing could be judged.
ExitCode exit_of(const std::vector<ProbeResult>& results);

// The record: {assay, started, results: [{endpoint, protocol, model, spent, checks: [...]}]}.
nlohmann::json to_json(const Report& report);
// Reads what to_json() made; an error says what is missing.
Result<Report> report_from_json(const nlohmann::json& value);

// "CHECK  level  verdict  sentence" while it runs, and the counts at the end.
std::string console_line(const CheckResult& result, bool color);
std::string console_summary(const ProbeResult& result);
std::string console_plan(const std::vector<PlannedCheck>& plan, const Target& target);

// A table checks × endpoints, and below it a section for each finding.
std::string render_markdown(const Report& report);
// The same as one page that stands alone: no script, no foreign resource.
std::string render_html(const Report& report);

}  // namespace assay::probe
