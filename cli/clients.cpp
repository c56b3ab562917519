// assay clients: what client files there are; installs what they need from package registries.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/client_choice.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/runner/client/install.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

using namespace conformance;

Result<std::vector<ClientFile>> all_files() {
  const auto data = data_folder();
  if (!data) return tl::unexpected(data.error());
  return load_client_files(*data);
}

std::string state_of(const ClientFile& file) {
  if (is_installed(file)) return "yes";
  const std::string missing = missing_tools(file);
  return missing.empty() ? "no" : "needs " + missing.substr(0, missing.find(' '));
}

ExitCode list() {
  const auto files = all_files();
  if (!files) return say(files.error());
  fmt::print("{:<26} {:<12} {:<10} {:<13} {:<8} {}\n", "NAME", "VERSION", "FROM", "INSTALLED", "KIND",
             "CAPABILITIES");
  std::vector<std::string> missing;
  for (const ClientFile& file : *files) {
    fmt::print("{:<26} {:<12} {:<10} {:<13} {:<8} {}\n", file.name, file.packages ? file.version() : "-",
               file.packages ? to_string(file.packages->registry()) : "-", state_of(file),
               file.adapter.empty() ? "exec" : "adapter",
               file.adapter.empty() ? fmt::format("{}", fmt::join(capabilities_of(file.recipe), " "))
                                    : "says so itself");
    const std::string tools = is_installed(file) ? "" : missing_tools(file);
    if (!tools.empty() && std::find(missing.begin(), missing.end(), tools) == missing.end())
      missing.push_back(tools);
  }
  for (const std::string& tools : missing) fmt::print("this machine lacks {}\n", tools);
  return ExitCode::ok;
}

// The client files that `names` mean: names of `assay clients`, or paths of files.
Result<std::vector<ClientFile>> chosen_files(const std::vector<std::string>& names,
                                             const std::vector<std::string>& versions) {
  const auto files = all_files();
  if (!files) return tl::unexpected(files.error());
  std::vector<ClientFile> out;
  for (const std::string& name : names) {
    std::optional<ClientFile> file;
    if (name.ends_with(".yaml")) {
      auto read = load_client_file(name);
      if (!read) return tl::unexpected(read.error());
      file = std::move(*read);
    } else if (const ClientFile* known = client_named(*files, name)) {
      file = *known;
    } else {
      std::vector<std::string> known_names;
      for (const ClientFile& one : *files) known_names.push_back(one.name);
      return fail(unknown_word("client", name, known_names));
    }
    auto changed = file->with(versions);
    if (!changed) return tl::unexpected(changed.error());
    out.push_back(std::move(*changed));
  }
  return out;
}

ExitCode install_all(const std::vector<std::string>& names, const std::vector<std::string>& versions,
                     BuildPlace place) {
  const auto chosen = chosen_files(names, versions);
  if (!chosen) return say(chosen.error());
  for (const ClientFile& file : *chosen) {
    const auto done = install(
        file, [](const std::string& line) { fmt::print(stderr, "assay: {}\n", line); }, place);
    if (!done) return say(done.error(), ExitCode::incomplete);
    fmt::print("{} {} is installed\n", file.name, installed_version(file));
  }
  return ExitCode::ok;
}

// Writes down what is installed, for the next machine to install exactly that.
ExitCode lock_all(const std::vector<std::string>& names) {
  const auto chosen = chosen_files(names, {});
  if (!chosen) return say(chosen.error());
  for (ClientFile file : *chosen) {
    file.node.clear();
    if (!file.packages) return say({"the client " + file.name + " has no packages", {}, 0});
    if (!is_installed(file))
      return say(
          {"the client " + file.name + " is not installed; `assay clients install " + file.name + "` does it",
           {},
           0});
    std::error_code ignored;
    std::filesystem::create_directories(file.locks, ignored);
    const std::string path = lock_path(file);
    if (auto written = write_file_atomically(path, format_lock(installed(file))); !written)
      return say(written.error());
    fmt::print("{}\n", path);
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
  auto packages = std::make_shared<std::vector<std::string>>();
  CLI::App* installer =
      verb->add_subcommand("install", "Install the packages of clients into the user cache");
  installer->add_option("name", *names, "Client names, as listed by `assay clients`, or client files")
      ->required()
      ->type_name("NAME");
  add_package_option(*installer, *packages);
  auto no_cells = std::make_shared<bool>(false);
  installer->add_flag("--no-cells", *no_cells,
                      "Run builds and install scripts outside of cells, with your rights");
  installer->callback([names, packages, no_cells, &action] {
    action = [names, packages, no_cells] {
      return install_all(*names, *packages, *no_cells ? BuildPlace::here : BuildPlace::cell);
    };
  });
  CLI::App* locker =
      verb->add_subcommand("lock", "Write what is installed into the lock beside the client file");
  locker->add_option("name", *names, "Client names, as listed by `assay clients`, or client files")
      ->required()
      ->type_name("NAME");
  locker->callback([names, &action] { action = [names] { return lock_all(*names); }; });
}

}  // namespace assay::cli
