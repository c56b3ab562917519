// assay: proves that a client of LLM providers survives what providers really do.
#include <cstdio>
#include <exception>

#include "cli/options.h"
#include "cli/verbs.h"
#include "harness/time/start.h"

int main(int argc, char** argv) {
  using assay::ExitCode;
  if (const auto code = assay::casetime::timed_main(argc, argv)) return *code;
  CLI::App app("Proves that a client of LLM providers survives what providers really do.", "assay");
  app.require_subcommand(1);
  app.set_version_flag("--version", ASSAY_VERSION);
  assay::cli::Action action;
  assay::cli::add_bench(app, action);
  assay::cli::add_decode(app, action);
  const std::vector<std::string> command(argv, argv + argc);
  assay::cli::add_run(app, action, command);
  assay::cli::add_backtest(app, action, command);
  assay::cli::add_list(app, action);
  assay::cli::add_explain(app, action);
  assay::cli::add_selftest(app, action);
  assay::cli::add_serve(app, action, command);
  assay::cli::add_client(app, action);
  assay::cli::add_clients(app, action);
  assay::cli::add_fixture(app, action);
  assay::cli::add_import(app, action);
  assay::cli::add_login(app, action);
  assay::cli::add_probe(app, action, command);
  assay::cli::add_record(app, action, command);
  assay::cli::add_report(app, action);
  assay::cli::add_repro(app, action);
  assay::cli::add_accept(app, action);
  assay::cli::add_completion(app, action);
  assay::cli::add_doctor(app, action);
  assay::cli::add_cell_worker(app, action);
  assay::cli::show_examples(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "%s\n", assay::cli::explain_usage(app, {argv + 1, argv + argc}, error).c_str());
    return static_cast<int>(ExitCode::usage);
  }
  try {
    return static_cast<int>(action());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "assay: broken: %s\n", error.what());
    return static_cast<int>(ExitCode::incomplete);
  }
}
