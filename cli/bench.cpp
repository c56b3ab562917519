// assay bench, and of it stream: how fast streams are read, beside floors, limits and peers.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/client/machine.h"
#include "bench/stream/contestants.h"
#include "bench/stream/table.h"
#include "cli/bench.h"
#include "cli/say.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

struct BenchOptions {
  bench::StreamBench bench;
  std::string peers;
  std::string write_corpora;
  bool json = false;
  BenchOutput output;
};

// The same bytes as files, for the peers that are not C++.
Result<void> write_corpora(const BenchOptions& options) {
  for (const std::string& name : bench::corpus_names()) {
    const bench::Corpus corpus = bench::make_corpus(name, options.bench.megabytes, options.bench.seed);
    Result<void> done = write_file_atomically(options.write_corpora + "/" + name + ".sse", corpus.bytes);
    if (!done) return done;
  }
  return {};
}

std::string record_of(const BenchOptions& options, const std::vector<bench::Row>& rows,
                      const nlohmann::json& machine) {
  std::string out = nlohmann::json{{"bench", "stream"},
                                   {"format", 1},
                                   {"megabytes", options.bench.megabytes},
                                   {"rounds", options.bench.rounds},
                                   {"seed", options.bench.seed},
                                   {"kernel", bench::ondemand_kernel()},
                                   {"machine", machine}}
                        .dump() +
                    "\n";
  for (const nlohmann::json& row : bench::table_json(rows)) out += row.dump() + "\n";
  return out;
}

ExitCode run_bench(const BenchOptions& options) {
  if (!options.write_corpora.empty()) {
    const Result<void> done = write_corpora(options);
    return done ? ExitCode::ok : say(done.error());
  }
  nlohmann::json machine = bench::machine();
  Result<std::vector<bench::Row>> rows = bench::run_stream_bench(options.bench);
  if (!rows) return say(rows.error());
  if (!options.peers.empty()) {
    const Result<std::vector<bench::Row>> peers = bench::read_peer_rows(options.peers);
    if (!peers) return say(peers.error());
    if (const Result<void> joined = bench::join_peers(*rows, *peers); !joined) return say(joined.error());
  }
  machine["load_after"] = bench::machine()["load"];
  if (const auto written = write_bench_output(record_of(options, *rows, machine), options.output); !written)
    return say(written.error());
  if (options.json) {
    std::puts(bench::table_json(*rows).dump(1).c_str());
  } else {
    std::printf("kernel of the limit: %s\n\n%s", std::string(bench::ondemand_kernel()).c_str(),
                bench::table_text(*rows).c_str());
  }
  return ExitCode::ok;
}

}  // namespace

void add_bench_stream(CLI::App& bench, Action& action) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* stream = bench.add_subcommand(
      "stream", "Throughput of stream decoding: lower bounds, limits, ours, other libraries");
  stream->add_option("--corpus", options->bench.corpora,
                     "chat, messages, responses, chat-restless (default: all)");
  stream->add_option("--reads", options->bench.reads, "Read sizes in bytes")->check(CLI::PositiveNumber);
  stream->add_option("--megabytes", options->bench.megabytes, "Size of each corpus")
      ->check(CLI::Range(1, 1024));
  stream->add_option("--rounds", options->bench.rounds, "Number of rounds; the median is reported")
      ->check(CLI::Range(1, 1000));
  stream->add_option("--seed", options->bench.seed, "Seed for the corpora");
  stream->add_option("--peers", options->peers, "Results of bench/stream/peers/run to show next to ours");
  stream->add_option("--write-corpora", options->write_corpora, "Write the corpora to this folder and exit");
  stream->add_flag("--json", options->json, "Print the rows as JSON");
  add_bench_output(*stream, options->output);
  stream->callback([options, &action] { action = [options] { return run_bench(*options); }; });
}

void add_bench(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("bench", "Run benchmarks");
  verb->require_subcommand(1);
  add_bench_stream(*verb, action);
  add_bench_client(app, *verb, action);
  add_bench_render(*verb, action);
}

}  // namespace assay::cli
