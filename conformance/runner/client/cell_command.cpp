#include "conformance/runner/client/cell_command.h"

#include <signal.h>
#include <sys/stat.h>

#include <atomic>
#include <future>
#include <iostream>
#include <nlohmann/json.hpp>

#include "conformance/runner/client/find_program.h"
#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/sandbox.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr Micros kWatchPeriod = std::chrono::seconds(5);
constexpr const char* kHome = "/tmp/home";
constexpr std::size_t kMostSaid = std::size_t{1} << 20U;

json carried_out(const json& command) {
  auto filter = process::make_syscall_filter();
  if (!filter) return {{"error", filter.error().text()}};
  process::SandboxOptions sandbox_options;
  sandbox_options.filter = std::move(*filter);
  sandbox_options.limits.cpu_seconds = 3600;
  ::mkdir(kHome, 0700);
  auto sandbox = process::Sandbox::make(std::move(sandbox_options));
  if (!sandbox) return {{"error", sandbox.error().text()}};
  process::ChildOptions options;
  options.argv = command.at("argv").get<std::vector<std::string>>();
  options.environment = command.at("environment").get<std::vector<std::string>>();
  options.environment.push_back(std::string("HOME=") + kHome);
  options.directory = command.at("directory").get<std::string>();
  options.output_limit = kMostSaid;
  options.sandbox = sandbox->get();
  const auto done =
      process::run_program(std::move(options), Micros(command.at("deadline").get<Micros::rep>()));
  if (!done) return {{"error", done.error().text()}};
  if (const std::string limit = (*sandbox)->reached_limit(); !limit.empty())
    return {{"error", "reached a limit of its cell: " + limit}};
  return {{"code", done->status.code},
          {"signal", done->status.signal_number},
          {"timed_out", done->timed_out},
          {"out", done->out},
          {"err", done->err}};
}

}  // namespace

Result<process::Completed> run_in_cell(const CellCommand& command) {
  process::CellOptions options;
  options.shows = command.shows;
  options.writes = command.writes;
  options.network = command.network;
  options.environment = {std::string("PATH=") + kMachinePath, "LANG=C.UTF-8"};
  auto cell = process::Cell::start(options, {process::own_executable(), "cell-command"});
  if (!cell) return tl::unexpected(cell.error());
  const json order = {{"argv", command.argv},
                      {"environment", command.environment},
                      {"directory", command.directory},
                      {"deadline", command.deadline.count()}};
  auto answer = std::async(std::launch::async, [&] {
    return cell->request(order.dump(-1, ' ', false, json::error_handler_t::replace),
                         command.deadline + std::chrono::seconds(30));
  });
  while (answer.wait_for(kWatchPeriod) != std::future_status::ready) {
    if (!command.watch) continue;
    if (auto well = command.watch(); !well) {
      ::kill(cell->pid(), SIGKILL);
      answer.wait();
      return tl::unexpected(well.error());
    }
  }
  const auto line = answer.get();
  if (!line) return tl::unexpected(line.error());
  const json result = json::parse(*line, nullptr, false);
  if (!result.is_object()) return fail("the worker of the cell said no result");
  if (result.contains("error")) return fail(result.at("error").get<std::string>());
  process::Completed out;
  out.status = {result.at("code").get<int>(), result.at("signal").get<int>()};
  out.timed_out = result.at("timed_out").get<bool>();
  out.out = result.at("out").get<std::string>();
  out.err = result.at("err").get<std::string>();
  return out;
}

int work_on_command() {
  std::string line;
  if (!std::getline(std::cin, line)) return 2;
  const json command = json::parse(line, nullptr, false);
  if (!command.is_object()) return 2;
  std::cout << carried_out(command).dump(-1, ' ', false, json::error_handler_t::replace) << '\n'
            << std::flush;
  return 0;
}

}  // namespace assay::conformance
