#include "cli/probe_report.h"

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::cli {

bool is_probe_record(const std::string& path) {
  const auto text = read_file(path);
  if (!text || text->find("\"assay_probe\"") == std::string::npos) return false;
  const auto value = parse_untrusted(*text);
  return value.is_object() && value.contains("assay_probe");
}

Result<probe::Report> read_probe_record(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const auto value = parse_untrusted(*text);
  if (!value.is_object()) return fail("expected the record of a probe (probe.json)", path);
  auto report = probe::report_from_json(value);
  if (!report) return fail(report.error().message, path);
  return report;
}

Result<std::string> render_probe_record(const std::string& path, const std::string& format) {
  const auto report = read_probe_record(path);
  if (!report) return tl::unexpected(report.error());
  if (format == "html") return probe::render_html(*report);
  if (format == "markdown") return probe::render_markdown(*report);
  if (format != "console")
    return fail("the record of a probe is rendered as html, markdown or console; " + format +
                    " is made from the run.jsonl beside it",
                path);
  std::string out;
  for (const probe::ProbeResult& result : report->results) out += probe::console_summary(result);
  return out;
}

Result<MergedProbes> merge_probe_records(const std::vector<std::string>& paths) {
  std::vector<probe::Report> reports;
  std::vector<std::string> shards;
  for (const std::string& path : paths) {
    auto report = read_probe_record(path);
    if (!report) return tl::unexpected(report.error());
    shards.push_back(report->shard);
    reports.push_back(std::move(*report));
  }
  const auto merged = probe::merge_reports(std::move(reports));
  if (!merged) return tl::unexpected(merged.error());
  MergedProbes out;
  out.text = probe::to_json(*merged).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  out.missing = probe::missing_shards(shards);
  out.exit = out.missing.empty() ? probe::exit_of(merged->results) : ExitCode::incomplete;
  return out;
}

}  // namespace assay::cli
