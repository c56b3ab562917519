#include "conformance/serve/scenarios.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "conformance/runner/case/account.h"
#include "conformance/runner/case/case_file.h"
#include "harness/base/strict.h"
#include "harness/base/yaml.h"

namespace assay::serve {
namespace {

constexpr const char* kNamed = "/conformance/scenarios.yaml";

Result<void> read_named(const std::string& path, std::vector<Scenario>& out) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};  // a data folder may have cases alone
  auto document = load_yaml_file(path);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader file(*document, problems);
  for (ObjectReader& one : file.objects("scenarios")) {
    Scenario scenario;
    scenario.name = one.required<std::string>("name");
    scenario.title = one.required<std::string>("title");
    scenario.file = document->file;
    scenario.line = one.line();
    one.object("world");
    if (const auto* world = one.raw("world")) scenario.world = *world;
    one.done();
    const bool taken =
        std::any_of(out.begin(), out.end(), [&](const Scenario& s) { return s.name == scenario.name; });
    if (taken) one.problem("name", "there is a scenario " + scenario.name + " already");
    out.push_back(std::move(scenario));
  }
  file.done();
  return first_problem(problems);
}

Result<void> read_cases(const std::string& data_folder, std::vector<Scenario>& out) {
  auto cases = conformance::load_cases(data_folder + "/conformance/cases");
  if (!cases) return tl::unexpected(cases.error());
  // A case for clients with an account is served as it is for those that name none.
  auto generic = conformance::load_account(data_folder, conformance::kGenericAccount);
  for (conformance::Case& one : *cases) {
    if (conformance::needs_account(one)) {
      if (!generic) return tl::unexpected(generic.error());
      one.world = conformance::world_of(*generic, one.world);
    }
    out.push_back({one.id, one.title, true, std::move(one.world), one.file, one.line});
  }
  return {};
}

}  // namespace

Result<std::vector<Scenario>> load_scenarios(const std::string& data_folder) {
  std::vector<Scenario> out;
  if (auto read = read_named(data_folder + kNamed, out); !read) return tl::unexpected(read.error());
  if (auto read = read_cases(data_folder, out); !read) return tl::unexpected(read.error());
  return out;
}

Result<Scenario> find_scenario(const std::string& data_folder, const std::string& name,
                               const std::string& provider) {
  // The cases are many: they are read only for a name that is none of the few.
  std::vector<Scenario> all;
  if (auto read = read_named(data_folder + kNamed, all); !read) return tl::unexpected(read.error());
  const auto named = [&](const Scenario& s) { return s.name == name; };
  auto found = std::find_if(all.begin(), all.end(), named);
  if (found == all.end()) {
    if (auto read = read_cases(data_folder, all); !read) return tl::unexpected(read.error());
    found = std::find_if(all.begin(), all.end(), named);
  }
  if (found == all.end()) {
    const auto ends_so = [&](const Scenario& s) { return s.of_case && s.name.ends_with("/" + name); };
    const auto matching = std::count_if(all.begin(), all.end(), ends_so);
    if (matching > 1) return fail(fmt::format("{} cases end in \"{}\": give the whole id", matching, name));
    found = std::find_if(all.begin(), all.end(), ends_so);
  }
  if (found == all.end()) {
    std::vector<std::string> known, first;
    for (const Scenario& s : all) {
      known.push_back(s.name);
      if (!s.of_case) first.push_back(s.name);
    }
    const std::string near = nearest(name, known);
    constexpr std::size_t kShown = 100;
    const std::string shown = name.size() > kShown ? name.substr(0, kShown) + "..." : name;
    return fail(fmt::format("unknown scenario '{}'{} ({}, or the id of a case: `assay list`)", shown,
                            near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                            fmt::join(first, ", ")));
  }
  if (!found->world.is_object()) found->world = nlohmann::json::object();
  if (!found->world.contains("provider")) found->world["provider"] = provider;
  return std::move(*found);
}

}  // namespace assay::serve
