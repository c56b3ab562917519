#include "conformance/runner/client/clients.h"

#include <algorithm>
#include <filesystem>

#include "conformance/runner/case/data.h"
#include "conformance/runner/client/applies.h"
#include "conformance/runner/client/client_file.h"
#include "conformance/runner/client/find_program.h"
#include "conformance/runner/client/install.h"
#include "conformance/runner/client/reads.h"
#include "conformance/runner/client/start_client.h"
#include "harness/base/shell_words.h"
#include "harness/base/strict.h"
#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"

namespace assay::conformance {

namespace fs = std::filesystem;

Result<std::string> mutant_program() {
  const fs::path self = process::own_executable();
  for (const fs::path& candidate :
       {self.parent_path() / "assay-mutant",
        self.parent_path().parent_path() / "conformance" / "mutants" / "assay-mutant"}) {
    std::error_code ignored;
    if (fs::exists(candidate, ignored)) return candidate.string();
  }
  return fail("cannot find the program assay-mutant beside " + self.string());
}

Result<std::vector<std::string>> mutant_names() {
  const auto program = mutant_program();
  if (!program) return tl::unexpected(program.error());
  process::ChildOptions options;
  options.argv = {*program, "--list"};
  const auto listed = process::run_program(std::move(options), std::chrono::seconds(10));
  if (!listed) return tl::unexpected(listed.error());
  if (!listed->status.ok()) return fail(*program + " --list: " + listed->status.text());
  std::vector<std::string> out;
  for (const std::string_view line : split(listed->out, '\n')) {
    if (!line.empty()) out.emplace_back(line.substr(0, line.find_first_of(" \t")));
  }
  return out;
}

namespace {

// The program of `client`, and PATH so that it and what stands beside it are found there. `path` is what the
// client has for PATH (path_for: it ends with the machine's folders). A program that no package brings is
// where the caller's shell finds it.
Result<void> place_program(ClientSpec& client, const std::string& path) {
  const std::string name = client.argv.front();
  if (name.find("${") != std::string::npos) return {};
  // What packages and the client file bring comes first, the machine's folders last.
  const std::string own = path.substr(0, path.size() - std::string_view(kMachinePath).size());
  auto found = find_program(name, "/", own + path_of_caller());
  if (!found) found = find_program(name, "/", path);
  if (!found) return tl::unexpected(found.error());
  client.argv.front() = *found;
  set_variable(client.environment, "PATH=" + path_with_folder_of(*found, path));
  return {};
}

Result<ClientSpec> spec_of(const ClientFile& original, const std::string& name,
                           const std::string& data_folder, const std::vector<std::string>& versions) {
  const auto changed = original.with(versions);
  if (!changed) return tl::unexpected(changed.error());
  const ClientFile& file = *changed;
  if (!is_installed(file)) {
    std::string command = "assay clients install " + name;
    for (const std::string& version : versions) command += " --package " + version;
    return fail("the client " + file.name + " is not installed; `" + command + "` does it");
  }
  const auto path = path_for(file);
  if (!path) return tl::unexpected(path.error());
  ClientSpec out;
  out.name = file.name;
  out.arguments = {"--client", name};
  for (const std::string& version : versions)
    out.arguments.insert(out.arguments.end(), {"--package", version});
  out.version = installed_version(file);
  out.patience = file.patience;
  out.time = file.time;
  out.kind = file.kind;
  out.fake = file.fake;
  out.protocols = file.adapter.empty() ? protocols_of(capabilities_of(file.recipe)) : file.protocols;
  out.hosts = file.hosts;
  out.public_address = file.public_address;
  out.without_cell = file.without_cell;
  const char* variable = std::getenv("HOME");
  const std::string home = variable != nullptr ? variable : "";
  for (const std::string& path : file.reads) {
    out.reads.push_back(path.starts_with("~/") ? home + path.substr(1) : path);
    if (path.starts_with("~/")) out.home_reads[path.substr(2)] = out.reads.back();
  }
  if (const std::string folder = surrounding_folder(file.folder, home); !folder.empty())
    out.reads.push_back(folder);
  for (const auto& [place, version] : installed(file)) out.packages.push_back(place + " " + version);
  for (const PackageSet& set : package_sets(file)) out.reads.push_back(package_folder(set).value_or(""));
  if (file.adapter.empty()) {
    out.argv = file.recipe.argv;
    out.recipe = file.recipe;
    if (auto placed = place_program(out, *path); !placed) return tl::unexpected(placed.error());
    return out;
  }
  const std::map<std::string, std::string> values = {{"adapters", data_folder + "/conformance/adapters"},
                                                     {"packages", packages_place(file)}};
  for (const std::string& word : file.adapter) out.argv.push_back(filled_in(word, values).value());
  for (const auto& [variable, text] : file.recipe.environment)
    out.environment.push_back(variable + "=" + filled_in(text, values).value());
  if (auto placed = place_program(out, *path); !placed) return tl::unexpected(placed.error());
  return out;
}

}  // namespace

Result<ClientSpec> find_client(const std::string& name, const std::vector<std::string>& versions) {
  if (!versions.empty() && (name == "reference" || name.starts_with("mutant:")))
    return fail("the client " + name + " has no packages: --package " + versions.front());
  if (name == "reference") {
    ClientSpec out = adapter_client(name, {process::own_executable(), "client", "adapter"});
    out.as_program = program_of({process::own_executable(), "client"});
    out.protocols = reference_protocols();
    return out;
  }
  if (name.starts_with("mutant:")) {
    const auto names = mutant_names();
    if (!names) return tl::unexpected(names.error());
    const std::string mutant = name.substr(7);
    if (std::find(names->begin(), names->end(), mutant) == names->end())
      return fail(unknown_word("mutant", mutant, *names));
    ClientSpec out = adapter_client(name, {*mutant_program(), mutant});
    out.as_program = program_of({*mutant_program(), mutant});
    out.protocols = reference_protocols();
    return out;
  }
  const auto data = data_folder();
  if (!data) return tl::unexpected(data.error());
  if (name.ends_with(".yaml")) {
    const auto file = load_client_file(name);
    return file ? spec_of(*file, name, *data, versions) : tl::unexpected(file.error());
  }
  const auto files = load_client_files(*data);
  if (!files) return tl::unexpected(files.error());
  if (const ClientFile* file = client_named(*files, name)) return spec_of(*file, file->name, *data, versions);
  std::vector<std::string> known = {"reference", "mutant:NAME"};
  for (const ClientFile& file : *files) known.push_back(file.name);
  return fail(unknown_word("client", name, known));
}

const std::vector<std::string>& reference_protocols() {
  static const std::vector<std::string> kAll = {"openai-chat", "openai-responses", "anthropic", "gemini",
                                                "ollama",      "cohere",           "bedrock"};
  return kAll;
}

Recipe program_of(std::vector<std::string> argv) {
  Recipe out;
  out.argv = std::move(argv);
  out.argv.emplace_back("run");
  out.argv.emplace_back(R"({"op": "chat", "provider": {"id": "worldrouter", "default_api": "openai-chat", )"
                        R"("api_base_path": "/v1"}, "urls": {"inference": "${inference.url}"}, )"
                        R"("home": "${home}/state", "model": "${model}", "limits": {"backoff_ms": 10}, )"
                        R"("messages": [{"role": "user", "content": "${prompt}"}]})");
  out.environment = {{"ASSAY_API_KEY", "${key}"}};
  out.capabilities = {"chat", "stream"};
  out.reports = {"text", "error.message", "exit"};
  out.name = "reference";
  return out;
}

Result<ClientSpec> caller_adapter(std::vector<std::string> argv) {
  const std::string folder = fs::current_path().string();
  auto found = find_program(argv.front(), folder, path_of_caller());
  if (!found) return tl::unexpected(found.error());
  // Of an interpreter the name says nothing: then it is that of the script.
  std::string named = argv.front();
  if (named.find('/') == std::string::npos) {
    const auto script = std::find_if(argv.begin() + 1, argv.end(), [](const std::string& word) {
      std::error_code ignored;
      return fs::is_regular_file(word, ignored);
    });
    if (script != argv.end()) named = *script;
  }
  ClientSpec out = adapter_client(fs::path(named).filename().string(), std::move(argv));
  out.arguments = {"--adapter", shell_line(out.argv)};
  out.argv.front() = *found;
  out.directory = folder;
  out.environment = {"PATH=" + path_with_folder_of(*found, kMachinePath)};
  return out;
}

ClientSpec adapter_client(const std::string& name, std::vector<std::string> argv) {
  ClientSpec out;
  out.name = name;
  out.argv = std::move(argv);
  const char* home = std::getenv("HOME");
  std::error_code error;
  const std::string folder =
      surrounding_folder(fs::current_path(error).string(), home != nullptr ? home : "");
  if (!folder.empty()) out.reads.push_back(folder);
  return out;
}

}  // namespace assay::conformance
