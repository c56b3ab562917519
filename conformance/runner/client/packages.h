// Published packages that a client is made of, as client files and `--package` name them:
// "pypi:openai@2.52.0"; without a registry, npm. Values; copy freely.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay::conformance {

enum class Registry { npm, pypi, go, maven, cargo };
// "npm", "pypi", "go", "maven", "cargo".
std::string_view to_string(Registry registry);

struct Package {
  Registry registry = Registry::npm;
  std::string name;     // "@openai/codex", "github.com/openai/openai-go/v3", "com.openai:openai-java"
  std::string version;  // "" only inside an installation, where the newest of a date is wanted

  std::string pinned() const;  // "openai@2.52.0"; the form of the registry's own tools for npm and Go
  std::string text() const;    // as a client file has it: "pypi:openai@2.52.0"
  bool operator==(const Package&) const = default;
};

// Fails without a version, with an unknown registry, and on a Maven name that is not group:artifact.
Result<Package> parse_package(std::string_view text);

// What of the packages' own is run when they are installed: nothing, their scripts and builds in a cell
// without a network, or in one that has the machine's.
enum class Scripts { none, run, network };

// What one installation holds: packages of one registry, resolved together.
struct PackageSet {
  std::vector<Package> packages;  // the first decides the registry; never empty
  std::vector<Package> inner;  // of those, which a client does not name itself: forced on whoever needs them
  std::vector<std::string> build;  // folders of sources that are built against them, laid into one
  // Resolved as of the day on which the newest of these was published, whatever a lock says; empty = by lock,
  // or as the registry resolves today.
  std::vector<Package> as_of;
  Scripts scripts = Scripts::none;

  Registry registry() const { return packages.front().registry; }
};

// `set` with packages of other versions, or with inner ones added. A name without a registry is one of the
// set's. Fails as parse_package does, and on a package of another registry.
Result<PackageSet> with_versions(PackageSet set, const std::vector<std::string>& versions);

// A lock: everything that an installation holds, by place and version, one a line, sorted. For npm the place
// is that below node_modules ("openai", "a > b" for a copy of b that is a's own); elsewhere the name.
using Lock = std::map<std::string, std::string>;
Lock parse_lock(std::string_view text);
std::string format_lock(const Lock& lock);
// What npm wrote of an installation (node_modules/.package-lock.json). Fails when it is not such a file.
Result<Lock> lock_of_npm(std::string_view hidden_lock);
// package.json and package-lock.json that make `npm ci` install exactly what `lock` says.
std::pair<std::string, std::string> npm_files(const Lock& lock);

}  // namespace assay::conformance
