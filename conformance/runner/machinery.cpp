#include "conformance/runner/machinery.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/case_file.h"
#include "conformance/runner/journal_query.h"
#include "conformance/runner/world_spec.h"
#include "fakes/fakes.h"
#include "harness/base/strict.h"
#include "harness/browser/browser.h"
#include "harness/process/emulate.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

// `emulate:` of a case: the shims by name.
Result<std::vector<std::string>> emulation(const std::vector<std::string>& names, const std::string& program) {
  process::Emulation wanted;
  wanted.shims = names;
  auto environment = process::emulation_environment(wanted);
  if (!environment) return environment;
  if (auto able = process::can_preload(program, {"PATH=/usr/local/bin:/usr/bin:/bin"}); !able) return tl::unexpected(able.error());
  return environment;
}

json browse(const std::string& url, const json& plan, Journal& journal) {
  const auto read = browser::read_plan(plan.empty() ? json() : plan);
  if (!read) return {{"error", read.error().message}, {"status", 0}};
  return browser::to_json(browser::visit(url, *read, journal));
}

// The plainest search: the secret as it stands. Auth headers are where it belongs; everything else that a client gives off is not.
std::vector<Finding> search(const Observation& seen, const std::vector<std::pair<std::string, std::string>>& secrets) {
  std::vector<Finding> out;
  auto look = [&](const std::string& text, const char* where, const std::string& place) {
    for (const auto& [name, value] : secrets) {
      if (text.find(value) != std::string::npos) out.push_back({name, where, place});
    }
  };
  for (const ProcessOutcome& process : seen.processes) {
    look(process.out, "stdout", process.actor);
    look(process.err, "stderr", process.actor);
    for (const std::string& argument : process.argv) look(argument, "argv", process.actor);
  }
  for (const auto& [path, text] : seen.files) look(text, "files", path);
  for (const auto& [label, outcomes] : seen.outcomes) {
    for (const Outcome& outcome : outcomes) {
      if (outcome.result.is_object() && outcome.result.contains("error")) look(outcome.result["error"].dump(), "messages", label);
    }
  }
  for (const auto& entry : seen.journal) {
    if (!entry->request) continue;
    look(entry->request->target, "urls", entry->text);
    look(entry->request->body, "requests", entry->text);
  }
  return out;
}

}  // namespace

SessionOptions machinery(const std::string& data_folder) {
  SessionOptions options;
  options.data_folder = data_folder;
  options.emulation = emulation;
  options.browse = [](const std::string& url, const json& plan, Journal& journal, const Clock&) { return browse(url, plan, journal); };
  options.search = search;
  return options;
}

Result<void> check_case(const Case& one, const std::string& data_folder) {
  auto wrong = [&](const std::string& why) { return fail(one.id + ": " + why, one.file, one.line); };
  auto plan = plan_world(one, data_folder, 1);
  if (!plan) return tl::unexpected(plan.error());
  if (auto world = World::check(std::move(plan->spec), fakes::make_factory(data_folder + "/fixtures"), path_aliases()); !world) return wrong(world.error().text());
  if (!one.browser.empty()) {
    if (auto read = browser::read_plan(one.browser); !read) return wrong(read.error().message);
  }
  std::vector<std::string> known;
  for (const process::ShimInfo& shim : process::shims()) known.emplace_back(shim.name);
  for (const std::string& name : one.emulate) {
    if (std::find(known.begin(), known.end(), name) == known.end()) return wrong("emulate: " + unknown_word("shim", name, known));
  }
  return {};
}

Result<std::vector<Case>> load_checked_cases(const std::string& data_folder) {
  auto cases = load_cases(data_folder + "/conformance/cases");
  if (!cases) return cases;
  for (const Case& one : *cases) {
    if (auto ok = check_case(one, data_folder); !ok) return tl::unexpected(ok.error());
  }
  return cases;
}

}  // namespace assay::conformance
