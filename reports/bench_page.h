// The HTML report of benchmarks: one file with charts and tables, drawn from the records of `assay bench
// stream
// --out` and `assay bench client --out` and from nothing else. docs/benchmarks.md describes the records.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay::reports {

// A record: lines of JSON, the first a header {"bench": "stream" | "client", "format": 1, "machine": {…}}.
struct BenchRecord {
  std::string name;  // of its file
  nlohmann::json header;
  std::vector<nlohmann::json> rows;
};

// Errors name the file, the line and what was expected.
Result<BenchRecord> parse_bench_record(const std::string& text, const std::string& name);

// The page. Streams come before clients; clients are put side by side.
std::string render_bench_page(const std::vector<BenchRecord>& records);

}  // namespace assay::reports
