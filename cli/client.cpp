#include "cli/verbs.h"
#include "conformance/reference/client.h"
#include "conformance/reference/parts.h"
namespace assay::cli {
void add_client(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("client", "The reference client");
  CLI::App* adapter = verb->add_subcommand("adapter", "Adapter loop");
  adapter->callback([&action] { action = [] { return static_cast<ExitCode>(reference::run_adapter(reference::right_parts(), "assay-reference", 0, 1)); }; });
}
}
