#include "conformance/runner/gate/requirements.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "harness/base/strict.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

std::optional<Level> level_named(std::string_view name) {
  for (const Level level : {Level::must, Level::should, Level::may})
    if (to_string(level) == name) return level;
  return std::nullopt;
}

}  // namespace

std::string freeze(const std::vector<Case>& cases) {
  std::string out =
      "# A frozen requirement set: level and id of every case. Made by `assay list cases --freeze`.\n";
  for (const Case& one : cases) out += fmt::format("{} {}\n", to_string(one.level), one.id);
  return out;
}

Result<std::vector<Case>> required_cases(const std::vector<Case>& cases, std::string_view set,
                                         const std::string& file) {
  struct Frozen {
    Level level = Level::must;
    int line = 0;
    bool found = false;
  };
  std::map<std::string, Frozen, std::less<>> frozen;
  int number = 0;
  for (const std::string_view whole : split(set, '\n')) {
    ++number;
    const std::string_view line = trim(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    const auto space = line.find(' ');
    const auto level = level_named(line.substr(0, space));
    const std::string_view id = space == std::string_view::npos ? "" : trim(line.substr(space));
    if (!level || id.empty())
      return fail("expected LEVEL ID, such as \"must chat/stream/line-ends\"", file, number);
    if (!frozen.emplace(id, Frozen{*level, number, false}).second)
      return fail("a second line for this case", file, number);
  }
  std::vector<Case> out;
  std::vector<std::string> ids;
  for (const Case& one : cases) {
    ids.push_back(one.id);
    const auto at = frozen.find(one.id);
    if (at == frozen.end()) continue;
    at->second.found = true;
    out.push_back(one);
    out.back().level = at->second.level;
    out.back().level_of_kind.clear();
    // A cell reads the case again from its source.
    out.back().source["level"] = to_string(at->second.level);
  }
  for (const auto& [id, entry] : frozen) {
    if (entry.found) continue;
    const std::string near = nearest(id, ids);
    return fail(
        fmt::format("the frozen case {} does not exist{}", id, near.empty() ? "" : "; nearest: " + near),
        file, entry.line);
  }
  if (out.empty()) return fail("names no case", file);
  return out;
}

Result<std::string> requirements_file(const std::string& data_folder, const std::string& name) {
  const fs::path folder = fs::path(data_folder) / "conformance" / "requirements";
  std::vector<std::string> known;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".txt") known.push_back(entry.path().stem().string());
  std::sort(known.begin(), known.end());
  if (std::find(known.begin(), known.end(), name) == known.end())
    return fail(unknown_word("requirement set", name, known));
  return (folder / (name + ".txt")).string();
}

}  // namespace assay::conformance
