#include "cli/client_choice.h"

#include <filesystem>

#include "conformance/runner/client/clients.h"
#include "conformance/runner/client/find_program.h"
#include "harness/base/shell_words.h"

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
  const std::string path = conformance::path_of_caller();
  out.environment = {"PATH=" + path};
  auto found = conformance::find_program(command.front(), out.directory, path);
  if (!found) return tl::unexpected(found.error());
  out.argv.front() = *found;
  return out;
}

}  // namespace

Result<ClientSpec> client_under_test(const std::string& name, const std::vector<std::string>& adapter,
                                     const std::vector<std::string>& command,
                                     const std::vector<std::string>& packages) {
  const int given = (name.empty() ? 0 : 1) + (adapter.empty() ? 0 : 1) + (command.empty() ? 0 : 1);
  if (given != 1)
    return fail("expected one client to play it against: -- COMMAND..., --client NAME or --adapter ARGV");
  if (!name.empty()) return conformance::find_client(name, packages);
  if (!adapter.empty()) return conformance::caller_adapter(adapter);
  return program_spec(command);
}

Result<AdapterWords> adapter_words(const std::vector<std::string>& given,
                                   const std::function<bool(const std::string&)>& is_other) {
  AdapterWords out;
  if (given.empty()) return out;
  std::error_code ignored;
  if (fs::is_regular_file(given.front(), ignored)) {
    out.argv = {given.front()};  // its path may hold blanks
  } else {
    auto split = split_shell_line(given.front());
    if (!split) return fail("--adapter: " + split.error().message);
    if (split->empty()) return fail("--adapter: expected a program");
    out.argv = std::move(*split);
  }
  const bool quoted = out.argv.size() > 1;
  std::size_t at = 1;
  if (!quoted) {
    for (; at < given.size() && !is_other(given[at]) && fs::is_regular_file(given[at], ignored); ++at)
      out.argv.push_back(given[at]);
  }
  out.rest.assign(given.begin() + static_cast<std::ptrdiff_t>(at), given.end());
  return out;
}

std::string adapter_hint(const AdapterWords& words) {
  std::vector<std::string> meant = words.argv;
  meant.insert(meant.end(), words.rest.begin(), words.rest.end());
  return "; an adapter with its arguments is one value: --adapter " + shell_word(shell_line(meant));
}

Result<void> take_adapter(std::vector<std::string>& adapter) {
  const auto words = adapter_words(adapter, [](const std::string&) { return false; });
  if (!words) return tl::unexpected(words.error());
  if (!words->rest.empty()) return fail("unexpected \"" + words->rest.front() + "\"" + adapter_hint(*words));
  adapter = words->argv;
  return {};
}

void add_package_option(CLI::App& verb, std::vector<std::string>& packages) {
  verb.add_option(
          "--package", packages,
          "Another version of one of the client's packages, or of one beneath them, with the rest as of "
          "the day of its release; may be repeated")
      ->type_name("NAME@VERSION")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_client_options(CLI::App& verb, std::string& name, std::vector<std::string>& adapter) {
  verb.add_option("--client", name, "reference, mutant:NAME, a client of `assay clients`, or a client file")
      ->type_name("NAME");
  add_adapter_option(verb, adapter);
}

void add_adapter_option(CLI::App& verb, std::vector<std::string>& adapter) {
  verb.add_option("--adapter", adapter,
                  "A program that speaks the adapter protocol, with its arguments as one value: "
                  "\"python3 ./my-adapter.py\"")
      ->type_name("COMMAND");
}

}  // namespace assay::cli
