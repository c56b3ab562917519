// The verbs of the command line, one file each. A verb adds its subcommand to `app` and, when that is chosen,
// sets `action`. Parsing errors are CLI11's; what an action prints on stderr is one clear line an error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/exit_code.h"

namespace assay::cli {

using Action = std::function<ExitCode()>;

void add_accept(CLI::App& app, Action& action);
void add_backtest(CLI::App& app, Action& action, const std::vector<std::string>& command);
void add_bench(CLI::App& app, Action& action);
// Prints scripts for shells and the manual page, made from the other verbs.
void add_completion(CLI::App& app, Action& action);
void add_decode(CLI::App& app, Action& action);
// What this machine can do.
void add_doctor(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action, const std::vector<std::string>& command);
void add_list(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_selftest(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action, const std::vector<std::string>& command);
void add_client(CLI::App& app, Action& action);
void add_clients(CLI::App& app, Action& action);
void add_fixture(CLI::App& app, Action& action);
void add_import(CLI::App& app, Action& action);
// Plays the login of a client by hand and shows both sides as they talk.
void add_login(CLI::App& app, Action& action);
void add_probe(CLI::App& app, Action& action, const std::vector<std::string>& command);
void add_record(CLI::App& app, Action& action, const std::vector<std::string>& command);
void add_report(CLI::App& app, Action& action);
void add_repro(CLI::App& app, Action& action);
// Hidden: the loop inside a cell.
void add_cell_worker(CLI::App& app, Action& action);

}  // namespace assay::cli
