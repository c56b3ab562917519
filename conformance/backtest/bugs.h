// Bugs: what conformance/backtest.yaml holds. Each is a bug of a published package, the last version that has
// it, the first that has it no more, and the case that must tell the two apart. Values; copy freely.
//
//   bugs:
//     - name: pypi.openai.unicode-lines
//       title: U+2028 inside a text splits the line
//       package: pypi:openai                 as client files name packages, without a version
//       bad: 1.16.1
//       good: 1.16.2
//       client: openai-python                or {bad: ./old.yaml, good: ./new.yaml}, which may stand alone
//       with: [httpx@0.27.2]                 more packages of both sides
//       case: chat/framing/unicode           fails on bad, passes on good
//       check: text                          the check that fails on bad
//       control: any/chat/answers            passes on both
//       sources: ["https://github.com/openai/openai-python/issues/1"]
//     - name: npm.mcp-sdk.401-loop           what cannot be played says why, and needs no case
//       ...
//       not_attached: there is no role for MCP clients
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/runner/client/packages.h"
#include "harness/base/strict.h"

namespace assay::conformance {

struct Bug {
  std::string name, title;
  std::vector<std::string> sources;  // URLs
  std::optional<Package> package;    // of the bad version; none = the two sides are client files of their own
  std::string bad, good;             // versions
  std::vector<std::string> with;     // "httpx@0.27.2"
  // Names of clients or paths of client files; the same twice where only the version differs.
  std::string bad_client, good_client;
  std::string case_id, check, control;
  std::string not_attached;  // why it is not played; empty = it is
  int line = 0;

  // What --package is told for one of the two sides: {"openai@1.16.1", "httpx@0.27.2"}.
  std::vector<std::string> versions(const std::string& version) const;
};

// "Python" for PyPI, "JavaScript" for npm, ...; "-" for a bug without a package.
std::string language_of(const Bug& bug);
// "PyPI", "npm", "Go", "Maven", "crates.io"; "-" for a bug without a package.
std::string registry_of(const Bug& bug);

// Fails with file and line on an unknown key, a missing one, a name that is taken and a package that cannot
// be read. Paths of clients are relative to the file.
Result<std::vector<Bug>> parse_bugs(const Document& document);
Result<std::vector<Bug>> load_bugs(const std::string& path);

// Those that a name or a glob means; all of them without one. An unknown name is an error that names those
// that are near.
Result<std::vector<Bug>> bugs_named(const std::vector<Bug>& bugs, const std::vector<std::string>& words);

}  // namespace assay::conformance
