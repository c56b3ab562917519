// assay clients: what client files there are; installs what they need from npm.
#include <fmt/format.h>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/runner/client/install.h"

namespace assay::cli {
namespace {

using namespace conformance;

Result<std::vector<ClientFile>> all_files() {
  const auto data = data_folder();
  if (!data) return tl::unexpected(data.error());
  return load_client_files(*data);
}

ExitCode list() {
  const auto files = all_files();
  if (!files) return say(files.error());
  fmt::print("{:<22} {:<12} {:<10} {:<10} {}\n", "NAME", "VERSION", "INSTALLED", "KIND", "CAPABILITIES");
  for (const ClientFile& file : *files) {
    fmt::print("{:<22} {:<12} {:<10} {:<10} {}\n", file.name, file.packages.empty() ? "-" : file.version(),
               is_installed(file) ? "yes" : "no", file.adapter.empty() ? "exec" : "adapter",
               file.adapter.empty() ? fmt::format("{}", fmt::join(capabilities_of(file.recipe), " "))
                                    : "says so itself");
  }
  return ExitCode::ok;
}

ExitCode install_all(const std::vector<std::string>& names) {
  const auto files = all_files();
  if (!files) return say(files.error());
  std::vector<const ClientFile*> chosen;
  for (const std::string& name : names) {
    chosen.push_back(client_named(*files, name));
    if (chosen.back() != nullptr) continue;
    std::vector<std::string> known;
    for (const ClientFile& file : *files) known.push_back(file.name);
    return say({unknown_word("client", name, known), {}, 0});
  }
  for (const ClientFile* file : chosen) {
    const auto done =
        install(*file, [](const std::string& line) { fmt::print(stderr, "assay: {}\n", line); });
    if (!done) return say(done.error(), ExitCode::incomplete);
    fmt::print("{} {} is installed\n", file->name, file->version());
  }
  return ExitCode::ok;
}

}  // namespace

void add_clients(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("clients", "List the known clients");
  verb->callback([&action, verb] {
    if (verb->get_subcommands().empty()) action = [] { return list(); };
  });
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* installer = verb->add_subcommand("install", "Install clients from npm into the user cache");
  installer->add_option("name", *names, "Client names, as listed by `assay clients`")
      ->required()
      ->type_name("NAME");
  installer->callback([names, &action] { action = [names] { return install_all(*names); }; });
}

}  // namespace assay::cli
