// assay bench client: how a client reads streams, from outside.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/client/machine.h"
#include "bench/client/measure.h"
#include "cli/bench.h"
#include "cli/client_choice.h"
#include "cli/say.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/play/cell_choice.h"
#include "conformance/runner/play/execute.h"
#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/stream/turn.h"

namespace assay::cli {
namespace {

using nlohmann::json;

constexpr Micros kCellPatience = std::chrono::minutes(60);  // of one play the client's deadline is less

struct BenchClientArguments {
  std::string client;
  std::vector<std::string> adapter, command, packages;
  std::vector<std::string> cuts = {"whole", "1400", "event", "64"};
  std::string protocol, pace = "5ms", deadline = "2m";
  BenchOutput output;
  std::size_t events = 20'000, paced_events = 100, longer = 10;
  int rounds = 3;
  bool no_cells = false;
};

json to_wire(const bench::ClientBench& bench) {
  json cuts = json::array();
  for (const bench::Cut& cut : bench.cuts) cuts.push_back(to_string(cut));
  return {{"client", bench.play.client},
          {"data_folder", bench.play.data_folder},
          {"protocol", bench.play.protocol},
          {"deadline_us", bench.play.deadline.count()},
          {"cuts", cuts},
          {"events", bench.events},
          {"paced_events", bench.paced_events},
          {"pace_us", bench.pace.count()},
          {"rounds", bench.rounds},
          {"longer", bench.longer}};
}

bench::ClientBench from_wire(const json& wire) {
  bench::ClientBench out;
  wire.at("client").get_to(out.play.client);
  wire.at("data_folder").get_to(out.play.data_folder);
  wire.at("protocol").get_to(out.play.protocol);
  out.play.deadline = Micros(wire.at("deadline_us").get<std::int64_t>());
  out.cuts.clear();
  for (const json& cut : wire.at("cuts"))
    out.cuts.push_back(bench::parse_cut(cut.get<std::string>()).value());
  wire.at("events").get_to(out.events);
  wire.at("paced_events").get_to(out.paced_events);
  out.pace = Micros(wire.at("pace_us").get<std::int64_t>());
  wire.at("rounds").get_to(out.rounds);
  wire.at("longer").get_to(out.longer);
  return out;
}

// Inside a cell: one bench a line, answered with lines of progress and one with the record or an error.
ExitCode work_in_cell() {
  const auto tell = [](const json& line) { std::cout << line.dump() << '\n' << std::flush; };
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto record = bench::measure_client(from_wire(json::parse(line)), [&](const std::string& what) {
      tell({{"progress", what}});
    });
    tell(record ? json{{"record", bench::to_lines(*record, nullptr)}}
                : json{{"error", record.error().text()}});
  }
  return ExitCode::ok;
}

Result<bench::ClientRecord> measure_in_cell(const bench::ClientBench& bench,
                                            const std::function<void(const std::string&)>& progress) {
  process::CellOptions options;
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"};
  options.shows = conformance::shown_to({bench.play.client}, bench.play.data_folder);
  auto cell = process::Cell::start(options, {process::own_executable(), "bench-client-worker"});
  if (!cell) return tl::unexpected(cell.error());
  if (auto sent = cell->send(to_wire(bench).dump(), std::chrono::seconds(10)); !sent)
    return tl::unexpected(sent.error());
  while (true) {
    const auto line = cell->receive(kCellPatience);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return fail("the worker of the cell ended without a record");
    const json told = json::parse(**line);
    if (told.contains("error")) return fail(told["error"].get<std::string>());
    if (told.contains("record"))
      return bench::client_record_from(told["record"].get<std::string>(), "the cell's record");
    progress(told.at("progress").get<std::string>());
  }
}

Result<bench::ClientBench> bench_of(const BenchClientArguments& arguments) {
  bench::ClientBench out;
  std::vector<std::string> adapter = arguments.adapter;
  if (auto taken = take_adapter(adapter); !taken) return tl::unexpected(taken.error());
  auto client = client_under_test(arguments.client, adapter, arguments.command, arguments.packages);
  if (!client) return tl::unexpected(client.error());
  out.play.client = std::move(*client);
  const auto data = conformance::data_folder();
  if (!data) return tl::unexpected(data.error());
  out.play.data_folder = *data;
  out.cuts.clear();
  for (const std::string& text : arguments.cuts) {
    const auto cut = bench::parse_cut(text);
    if (!cut) return fail("--cuts: " + cut.error().message);
    out.cuts.push_back(*cut);
  }
  const auto pace = parse_duration(arguments.pace);
  if (!pace) return fail("--pace: " + pace.error().message);
  if (*pace <= Micros(0)) return fail("--pace: expected a time between events such as 5ms, found 0");
  out.pace = *pace;
  const auto deadline = parse_duration(arguments.deadline);
  if (!deadline) return fail("--deadline: " + deadline.error().message);
  out.play.deadline = std::max(*deadline, out.play.client.patience);
  if (!arguments.protocol.empty() && !stream::protocol_from_name(arguments.protocol))
    return fail("--protocol: expected openai-chat, openai-responses, anthropic or gemini, found \"" +
                arguments.protocol + "\"");
  out.play.protocol = arguments.protocol;
  out.events = arguments.events;
  out.paced_events = arguments.paced_events;
  out.longer = arguments.longer;
  out.rounds = arguments.rounds;
  if (out.events * out.longer > bench::kMostEvents)
    return fail(fmt::format("--events times --longer: expected at most {}", bench::kMostEvents));
  return out;
}

ExitCode run_bench_client(const BenchClientArguments& arguments) {
  const auto bench = bench_of(arguments);
  if (!bench) return say(bench.error());
  const auto choice = conformance::choose_cells(
      arguments.no_cells ? conformance::CellWish::unwanted : conformance::CellWish::wanted,
      {bench->play.client}, process::cells_available);
  if (!choice) return say(choice.error(), ExitCode::incomplete);
  const bool cell = choice->cells;
  if (!cell && !arguments.no_cells)
    fmt::print(stderr, "assay: {}; measuring without a cell\n", choice->without);
  const bool live = ::isatty(STDERR_FILENO) != 0;
  const auto progress = [&](const std::string& what) {
    if (live) fmt::print(stderr, "\r\033[K{}", what);
  };
  json machine = bench::machine();
  const auto record = cell ? measure_in_cell(*bench, progress) : bench::measure_client(*bench, progress);
  if (live) fmt::print(stderr, "\r\033[K");
  if (!record) return say(record.error(), ExitCode::incomplete);
  machine["load_after"] = bench::machine()["load"];
  fmt::print("{}", bench::table_text(*record));
  if (auto written = write_bench_output(bench::to_lines(*record, machine), arguments.output); !written)
    return say(written.error());
  const bool problems = std::any_of(record->rows.begin(), record->rows.end(),
                                    [](const bench::CutRow& row) { return !row.problem.empty(); });
  return problems ? ExitCode::failed : ExitCode::ok;
}

}  // namespace

void add_bench_client(CLI::App& app, CLI::App& bench, Action& action) {
  const auto arguments = std::make_shared<BenchClientArguments>();
  CLI::App* verb = bench.add_subcommand(
      "client",
      "Measure how a client reads streams: events per second, latency, time to first token, memory");
  verb->add_option("command", arguments->command,
                   "Program and arguments after --; it runs once per stream and its stdout is measured")
      ->type_name("COMMAND");
  add_client_options(*verb, arguments->client, arguments->adapter);
  add_package_option(*verb, arguments->packages);
  verb->add_option(
          "--protocol", arguments->protocol,
          "Protocol, if the client supports several: openai-chat, openai-responses, anthropic, gemini")
      ->type_name("NAME");
  verb->add_option("--cuts", arguments->cuts, "Size of a write: whole, event, or a number of bytes")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--events", arguments->events, "Number of events of a stream at full speed")
      ->check(CLI::Range(std::size_t{2}, bench::kMostEvents))
      ->capture_default_str();
  verb->add_option("--longer", arguments->longer,
                   "Length factor of the stream that measures memory growth; 0 = none")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  verb->add_option("--paced-events", arguments->paced_events,
                   "Number of events of the paced stream that measures latency")
      ->check(CLI::Range(10, 100'000))
      ->capture_default_str();
  verb->add_option("--pace", arguments->pace, "Time between events of the paced stream")
      ->capture_default_str();
  verb->add_option("--rounds", arguments->rounds,
                   "Number of rounds; medians and quantiles over all rounds are reported")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb->add_option("--deadline", arguments->deadline, "Deadline for one stream")->capture_default_str();
  add_bench_output(*verb, arguments->output);
  verb->add_flag("--no-cells", arguments->no_cells, "Run without cells, on the ports of this machine");
  verb->callback([arguments, &action] { action = [arguments] { return run_bench_client(*arguments); }; });
  CLI::App* worker = app.add_subcommand("bench-client-worker", "")->group("");
  worker->callback([&action] { action = [] { return work_in_cell(); }; });
}

}  // namespace assay::cli
