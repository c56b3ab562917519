// What `assay probe` was asked for, and what is read from it before anything is sent.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/gate/gate.h"
#include "probe/clients/needs.h"
#include "probe/report/report.h"
#include "probe/run/probe.h"

namespace assay::cli {

struct ProbeArguments {
  std::vector<std::string> urls;
  std::vector<std::string> protocols;
  std::vector<std::string> models;
  std::string key_env;
  std::string key_file;
  std::string budget = "200k-tokens";
  std::int64_t requests = 1000;
  std::vector<std::string> checks;
  int repeat = 3;
  std::uint64_t seed = 1;
  std::string timeout = "60s";
  std::string ca_file;
  std::string max_tokens_field;
  std::vector<std::string> headers;
  std::vector<std::string> clients;
  std::string out;
  std::string save;
  std::string against;
  std::string known;
  std::string shard = "1/1";
  bool bearer = false;
  bool dry_run = false;
  bool list = false;
};

// Everything that a probe needs, read before anything is sent.
struct PreparedProbe {
  std::vector<probe::Check> checks;
  probe::Shapes shapes;
  std::vector<probe::Target> targets;
  probe::Cost limit;
  std::vector<probe::ClientNeeds> clients;
  conformance::KnownFailures known;
  std::uint64_t shard = 1, shards = 1;
  std::optional<probe::Report> before;  // --against FILE
};

Result<PreparedProbe> prepare_probe(const ProbeArguments& arguments);

void add_probe_options(CLI::App& verb, ProbeArguments& arguments);

}  // namespace assay::cli
