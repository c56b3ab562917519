// What `assay run` was asked for, and what is read and found from it before anything is played.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/case/plan.h"
#include "conformance/runner/gate/gate.h"
#include "conformance/runner/play/cell_choice.h"
#include "reports/record/record.h"

namespace assay::cli {

struct RunArguments {
  std::vector<std::string> cases;
  std::vector<std::string> clients;
  std::vector<std::string> adapter, packages;
  std::string out = "out/run";
  std::string level = "may";
  std::string count_level = "must";
  std::string shard = "1/1";
  std::uint64_t seed = 1;
  std::uint64_t repeat = 1;
  std::string known, manifest, requirements, minimum;
  std::uint64_t max_fail = 0;
  unsigned retries = 0;
  unsigned jobs = 0;
  bool no_cells = false;
  bool require_cells = false;
  bool no_start_check = false;
  std::vector<std::string> own_cases;
  std::vector<std::string> exclude;
  std::string order = "file";
  bool dry_run = false;
  bool all_protocols = false;
  bool watch = false;
  bool no_defaults = false;
  std::vector<std::string> watched;  // further paths for --watch, of assay.yaml
  std::string time;                  // --time; empty = as cases and clients say
};

conformance::Level level_named(const std::string& name);

// What --known, --manifest, --requirements and --min say.
struct GateFiles {
  conformance::KnownFailures known;
  std::optional<std::vector<std::string>> manifest;
  std::vector<conformance::Case> cases;  // what the run may take
  std::optional<conformance::Minimum> minimum;
};
Result<GateFiles> read_gate(const RunArguments& arguments, const std::string& data,
                            const std::vector<conformance::Case>& all);

// The clients that a command line names; the reference client when it names none. Fails when two have one
// name.
Result<std::vector<conformance::ClientSpec>> clients_of(const std::vector<std::string>& names,
                                                        const std::vector<std::string>& adapter,
                                                        const std::vector<std::string>& packages = {});

Result<conformance::Filter> filter_of(const RunArguments& arguments, std::vector<std::string> patterns);

// The time of day as records have it: "2026-11-20T07:20:14Z".
std::string now_utc();
// The machine and the environment, as the header of a record has them: "NAME=value" each.
HostInfo this_host();
std::vector<std::string> own_environment();

RunHeader header_of(const RunArguments& arguments, const std::vector<std::string>& command,
                    const std::vector<conformance::PlannedCase>& plan,
                    const std::vector<conformance::ClientSpec>& clients,
                    const conformance::CellChoice& cells);

}  // namespace assay::cli
