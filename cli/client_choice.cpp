#include "cli/client_choice.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "conformance/runner/client/clients.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using conformance::ClientSpec;

Result<ClientSpec> program_spec(const std::vector<std::string>& command) {
  ClientSpec out;
  out.name = fs::path(command.front()).filename().string();
  out.argv = command;
  out.program = true;
  out.directory = fs::current_path().string();
  const char* path = std::getenv("PATH");
  const std::string search = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  out.environment = {"PATH=" + search};
  if (command.front().find('/') != std::string::npos) {
    out.argv.front() = fs::absolute(command.front()).lexically_normal().string();
    if (::access(out.argv.front().c_str(), X_OK) != 0)
      return fail("there is no program there to run", command.front());
    return out;
  }
  for (const std::string_view folder : split(search, ':')) {
    const std::string candidate = std::string(folder) + "/" + command.front();
    if (::access(candidate.c_str(), X_OK) != 0) continue;
    out.argv.front() = candidate;
    return out;
  }
  return fail("there is no program " + command.front() + " in PATH");
}

}  // namespace

Result<ClientSpec> client_under_test(const std::string& name, const std::vector<std::string>& adapter,
                                     const std::vector<std::string>& command) {
  const int given = (name.empty() ? 0 : 1) + (adapter.empty() ? 0 : 1) + (command.empty() ? 0 : 1);
  if (given != 1)
    return fail("expected one client to play it against: -- COMMAND..., --client NAME or --adapter ARGV");
  if (!name.empty()) return conformance::find_client(name);
  if (!adapter.empty())
    return conformance::adapter_client(fs::path(adapter.front()).filename().string(), adapter);
  return program_spec(command);
}

void add_client_options(CLI::App& verb, std::string& name, std::vector<std::string>& adapter) {
  verb.add_option("--client", name, "reference, mutant:NAME, a client of `assay clients`, or a client file")
      ->type_name("NAME");
  verb.add_option("--adapter", adapter,
                  "Program and arguments that speak the adapter protocol, up to the next option")
      ->type_name("ARGV");
}

}  // namespace assay::cli
