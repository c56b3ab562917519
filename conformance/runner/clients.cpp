#include "conformance/runner/clients.h"

#include <algorithm>
#include <filesystem>

#include "harness/base/strict.h"
#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"

namespace assay::conformance {

namespace fs = std::filesystem;

Result<std::string> mutant_program() {
  const fs::path self = process::own_executable();
  for (const fs::path& candidate : {self.parent_path() / "assay-mutant", self.parent_path().parent_path() / "conformance" / "mutants" / "assay-mutant"}) {
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

Result<ClientSpec> find_client(const std::string& name) {
  if (name == "reference") return ClientSpec{name, {process::own_executable(), "client", "adapter"}, {}};
  if (name.starts_with("mutant:")) {
    const auto names = mutant_names();
    if (!names) return tl::unexpected(names.error());
    const std::string mutant = name.substr(7);
    if (std::find(names->begin(), names->end(), mutant) == names->end()) return fail(unknown_word("mutant", mutant, *names));
    return ClientSpec{name, {*mutant_program(), mutant}, {}};
  }
  return fail(unknown_word("client", name, {"reference", "mutant:NAME"}));
}

ClientSpec adapter_client(const std::string& name, std::vector<std::string> argv) { return {name, std::move(argv), {}}; }

}  // namespace assay::conformance
