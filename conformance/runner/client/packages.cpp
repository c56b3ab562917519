#include "conformance/runner/client/packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "harness/base/strict.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kRegistries = {"npm", "pypi", "go", "maven", "cargo"};
constexpr std::string_view kOwn = " > ";
constexpr std::string_view kModules = "node_modules/";

}  // namespace

std::string_view to_string(Registry registry) {
  return kRegistries[static_cast<std::size_t>(registry)];
}

std::string Package::pinned() const {
  return version.empty() ? name : name + "@" + version;
}

std::string Package::text() const {
  return registry == Registry::npm ? pinned() : fmt::format("{}:{}", to_string(registry), pinned());
}

Result<Package> parse_package(std::string_view text) {
  Package out;
  const std::string whole(text);
  for (std::size_t at = 0; at < kRegistries.size(); ++at) {
    const std::string prefix = std::string(kRegistries[at]) + ":";
    if (!text.starts_with(prefix)) continue;
    out.registry = static_cast<Registry>(at);
    text.remove_prefix(prefix.size());
    break;
  }
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size())
    return fail("expected a pinned package such as name@1.2.3, found \"" + whole + "\"");
  out.name = text.substr(0, at);
  out.version = text.substr(at + 1);
  if (out.registry == Registry::maven) {
    if (std::count(out.name.begin(), out.name.end(), ':') != 1)
      return fail("expected maven:group:artifact@version, found \"" + whole + "\"");
  } else if (out.name.find(':') != std::string::npos) {
    return fail(unknown_word("registry", out.name.substr(0, out.name.find(':')),
                             {kRegistries.begin(), kRegistries.end()}));
  }
  return out;
}

Result<PackageSet> with_versions(PackageSet set, const std::vector<std::string>& versions) {
  for (const std::string& text : versions) {
    auto package = parse_package(text);
    // "com.openai:openai-java@4.34.0" of a Maven client is not of a registry named com.openai.
    if (!package || package->registry == Registry::npm)
      package = parse_package(
          set.registry() == Registry::npm ? text : fmt::format("{}:{}", to_string(set.registry()), text));
    if (!package) return tl::unexpected(package.error());
    if (package->registry != set.registry())
      return fail(fmt::format("{} is no package of {}, where this client's are", package->text(),
                              to_string(set.registry())));
    // "pydantic-ai-slim[openai]" is the package pydantic-ai-slim, with extras.
    const auto same = [&](const Package& one) {
      return one.name.substr(0, one.name.find('[')) == package->name.substr(0, package->name.find('['));
    };
    const auto found = std::find_if(set.packages.begin(), set.packages.end(), same);
    if (found != set.packages.end()) {
      found->version = package->version;
      package->name = found->name;
    } else {
      set.packages.push_back(*package);
      set.inner.push_back(*package);
    }
    set.as_of.push_back(*package);
  }
  return set;
}

Lock parse_lock(std::string_view text) {
  Lock out;
  for (const std::string_view line : split(text, '\n')) {
    const auto space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    out[std::string(line.substr(0, space))] = line.substr(space + 1);
  }
  return out;
}

std::string format_lock(const Lock& lock) {
  std::string out;
  for (const auto& [place, version] : lock) out += place + " " + version + "\n";
  return out;
}

Result<Lock> lock_of_npm(std::string_view hidden_lock) {
  const json whole = json::parse(hidden_lock, nullptr, false);
  if (whole.is_discarded() || !whole.is_object() || !whole.contains("packages") ||
      !whole["packages"].is_object())
    return fail("expected npm's list of what it installed");
  Lock out;
  for (const auto& [path, entry] : whole["packages"].items()) {
    if (path.empty() || !entry.contains("version")) continue;
    std::string place;
    // "node_modules/a/node_modules/b" is b, for a alone.
    for (std::size_t from = 0; from < path.size();) {
      const std::size_t name =
          path.compare(from, kModules.size(), kModules) == 0 ? from + kModules.size() : from;
      const std::size_t to = std::min(path.find("/" + std::string(kModules), name), path.size());
      if (!place.empty()) place += kOwn;
      place += path.substr(name, to - name);
      from = to + 1;
    }
    out[place] = entry["version"].get<std::string>();
  }
  return out;
}

std::pair<std::string, std::string> npm_files(const Lock& lock) {
  // npm prunes what nobody depends on. So each package depends on what lies below it, and the root on the
  // rest: what is installed is the lock, whatever the packages themselves would ask for.
  json packages = {{"", {{"dependencies", json::object()}}}};
  for (const auto& [place, version] : lock) {
    std::string path, parent, name;
    for (std::size_t from = 0; from < place.size();) {
      const std::size_t to = std::min(place.find(kOwn, from), place.size());
      name = place.substr(from, to - from);
      parent = path;
      path += (path.empty() ? "" : "/") + std::string(kModules) + name;
      from = to + kOwn.size();
    }
    packages[path]["version"] = version;
    packages[parent]["dependencies"][name] = version;
  }
  const json manifest = {{"private", true}, {"dependencies", packages[""]["dependencies"]}};
  return {manifest.dump(1),
          json({{"lockfileVersion", 3}, {"requires", true}, {"packages", packages}}).dump(1)};
}

}  // namespace assay::conformance
