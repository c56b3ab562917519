#include "conformance/backtest/bugs.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "harness/base/text.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

// "./old.yaml" as an absolute path, seen from the file that names it.
std::string placed(const std::string& client, const std::string& file) {
  if (!client.ends_with(".yaml")) return client;
  return (std::filesystem::absolute(file).parent_path() / client).lexically_normal().string();
}

void read_clients(ObjectReader& in, Bug& bug) {
  const std::string& file = in.document().file;
  const nlohmann::json* value = in.raw("client");
  if (value != nullptr && value->is_object()) {
    ObjectReader sides = in.object("client");
    bug.bad_client = placed(sides.required<std::string>("bad"), file);
    bug.good_client = placed(sides.required<std::string>("good"), file);
    sides.done();
  } else {
    bug.bad_client = bug.good_client = placed(in.required<std::string>("client"), file);
    if (bug.not_attached.empty() && !in.has("package"))
      in.problem("client", "expected package, or a client for each side: {bad: ..., good: ...}");
  }
}

Bug read_bug(ObjectReader& in) {
  Bug bug;
  bug.line = in.line();
  bug.name = in.required<std::string>("name");
  bug.title = in.required<std::string>("title");
  bug.sources = in.optional<std::vector<std::string>>("sources");
  bug.not_attached = in.optional<std::string>("not_attached");
  if (const auto package = in.maybe<std::string>("package")) {
    bug.bad = in.required<std::string>("bad");
    bug.good = in.required<std::string>("good");
    if (auto parsed = parse_package(*package + "@" + (bug.bad.empty() ? "0" : bug.bad)))
      bug.package = *parsed;
    else
      in.problem("package", parsed.error().message);
    if (bug.bad == bug.good) in.problem("good", "expected another version than bad");
  }
  bug.with = in.optional<std::vector<std::string>>("with");
  if (bug.not_attached.empty()) {
    read_clients(in, bug);
    bug.case_id = in.required<std::string>("case");
    bug.check = in.required<std::string>("check");
    bug.control = in.required<std::string>("control");
  } else if (!bug.package) {
    in.problem("not_attached", "expected package beside it");
  }
  in.done();
  return bug;
}

}  // namespace

std::vector<std::string> Bug::versions(const std::string& version) const {
  std::vector<std::string> out;
  if (package) out.push_back(package->name + "@" + version);
  out.insert(out.end(), with.begin(), with.end());
  return out;
}

std::string language_of(const Bug& bug) {
  if (!bug.package) return "-";
  switch (bug.package->registry) {
    case Registry::npm:
      return "JavaScript";
    case Registry::pypi:
      return "Python";
    case Registry::go:
      return "Go";
    case Registry::maven:
      return "Java";
    case Registry::cargo:
      return "Rust";
  }
  return "-";
}

std::string registry_of(const Bug& bug) {
  if (!bug.package) return "-";
  switch (bug.package->registry) {
    case Registry::npm:
      return "npm";
    case Registry::pypi:
      return "PyPI";
    case Registry::go:
      return "Go";
    case Registry::maven:
      return "Maven";
    case Registry::cargo:
      return "crates.io";
  }
  return "-";
}

Result<std::vector<Bug>> parse_bugs(const Document& document) {
  std::vector<Error> problems;
  ObjectReader file(document, problems);
  std::vector<Bug> out;
  for (ObjectReader& one : file.objects("bugs")) {
    Bug bug = read_bug(one);
    const auto same = [&](const Bug& other) { return other.name == bug.name; };
    if (const auto taken = std::find_if(out.begin(), out.end(), same);
        taken != out.end() && !bug.name.empty())
      one.problem("name", "\"" + bug.name + "\" is taken, in line " + std::to_string(taken->line));
    out.push_back(std::move(bug));
  }
  if (out.empty()) file.problem("bugs", "expected at least one bug");
  file.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

Result<std::vector<Bug>> load_bugs(const std::string& path) {
  const auto document = load_yaml_file(path);
  if (!document) return tl::unexpected(document.error());
  return parse_bugs(*document);
}

Result<std::vector<Bug>> bugs_named(const std::vector<Bug>& bugs, const std::vector<std::string>& words) {
  if (words.empty()) return bugs;
  std::vector<Bug> out;
  for (const std::string& word : words) {
    const std::size_t before = out.size();
    bool known = false;
    for (const Bug& bug : bugs) {
      if (fnmatch(word.c_str(), bug.name.c_str(), 0) != 0) continue;
      known = true;
      const auto same = [&](const Bug& other) { return other.name == bug.name; };
      if (std::none_of(out.begin(), out.end(), same)) out.push_back(bug);
    }
    if (known || out.size() != before) continue;
    std::vector<std::string> names;
    for (const Bug& bug : bugs) names.push_back(bug.name);
    const std::string near = nearest(word, names);
    return fail("no bug is named '" + word + "'" + (near.empty() ? "" : ", did you mean '" + near + "'?"));
  }
  return out;
}

}  // namespace assay::conformance
