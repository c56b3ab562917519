// Records of probes (probe.json) for `assay report`: rendered, and joined.
#pragma once

#include <string>
#include <vector>

#include "harness/base/exit_code.h"
#include "probe/report/report.h"

namespace assay::cli {

// Whether the file is a probe's record and no run's.
bool is_probe_record(const std::string& path);
Result<probe::Report> read_probe_record(const std::string& path);

// "html", "markdown" or "console"; other formats are made from the run.jsonl beside the record.
Result<std::string> render_probe_record(const std::string& path, const std::string& format);

// The joined record as JSON text, and what it is worth: 3 when a shard is missing.
struct MergedProbes {
  std::string text;
  ExitCode exit = ExitCode::ok;
  std::vector<std::string> missing;
};
Result<MergedProbes> merge_probe_records(const std::vector<std::string>& paths);

}  // namespace assay::cli
