// assay list: what there is to run, to inject and to attach.
#include <fmt/format.h>

#include <map>

#include "cli/say.h"
#include "cli/verbs.h"
#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/data.h"
#include "conformance/runner/client/clients.h"
#include "conformance/runner/gate/requirements.h"
#include "harness/wire/fault.h"

namespace assay::cli {
namespace {

using namespace conformance;

ExitCode list_cases(bool frozen) {
  const auto data = data_folder();
  if (!data) return say(data.error());
  const auto cases = load_cases(*data + "/conformance/cases");
  if (!cases) return say(cases.error());
  if (frozen) {
    fmt::print("{}", freeze(*cases));
    return ExitCode::ok;
  }
  std::string suite;
  std::size_t width = 0;
  for (const Case& one : *cases) width = std::max(width, one.id.size());
  for (const Case& one : *cases) {
    if (one.suite != suite) fmt::print("{}{}\n", suite.empty() ? "" : "\n", one.suite);
    suite = one.suite;
    fmt::print("  {:<{}}  {:<6}  {}\n", one.id, width, to_string(one.level), one.title);
  }
  fmt::print("\n{} cases\n", cases->size());
  return ExitCode::ok;
}

ExitCode list_faults() {
  constexpr const char* kLevels[] = {"exchange", "script", "listener"};
  std::size_t width = 0;
  for (const wire::Fault& fault : wire::all_faults()) width = std::max(width, fault.name.size());
  for (int level = 0; level < 3; ++level) {
    fmt::print("{}Faults of the {}:\n", level == 0 ? "" : "\n", kLevels[level]);
    for (const wire::Fault& fault : wire::all_faults()) {
      if (static_cast<int>(fault.level) != level) continue;
      fmt::print("  {:<{}}  {}{}\n", fault.name, width, fault.description,
                 fault.lossless ? " (lossless)" : "");
      if (!fault.parameters.empty()) fmt::print("  {:<{}}  {}\n", "", width, fault.parameters);
    }
  }
  return ExitCode::ok;
}

ExitCode list_mutants() {
  const auto names = mutant_names();
  if (!names) return say(names.error());
  for (const std::string& name : *names) fmt::print("{}\n", name);
  return ExitCode::ok;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  auto what = std::make_shared<std::string>("cases");
  CLI::App* verb = app.add_subcommand("list", "Show the cases, faults or mutants that there are");
  verb->add_option("what", *what, "cases, faults or mutants")
      ->check(CLI::IsMember({"cases", "faults", "mutants"}))
      ->capture_default_str();
  auto frozen = std::make_shared<bool>(false);
  verb->add_flag("--freeze", *frozen, "The cases as a frozen requirement set (conformance/requirements)");
  verb->callback([what, frozen, &action] {
    action = [what, frozen] {
      return *what == "faults" ? list_faults() : *what == "mutants" ? list_mutants() : list_cases(*frozen);
    };
  });
}

}  // namespace assay::cli
