#include "cli/run_defaults.h"

#include <filesystem>

#include "harness/base/shell_words.h"
#include "harness/base/yaml.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

// A path of the file, as the caller would write it; other words stay.
std::string placed_path(const std::string& word, const fs::path& folder, bool always) {
  if (!always && !word.starts_with("./") && !word.starts_with("../")) return word;
  const fs::path path = (folder / word).lexically_normal();
  std::error_code error;
  const fs::path here = fs::relative(path, error);
  return error || here.empty() ? path.string() : "./" + here.string();
}

}  // namespace

std::string defaults_file(const std::string& folder) {
  std::error_code error;
  for (fs::path at = fs::absolute(folder).lexically_normal();; at = at.parent_path()) {
    if (fs::is_regular_file(at / "assay.yaml", error)) return (at / "assay.yaml").string();
    if (fs::exists(at / ".git", error) || at == at.parent_path()) return {};
  }
}

Result<void> take_defaults(RunArguments& arguments, const std::string& file,
                           const std::function<bool(const std::string&)>& given) {
  auto document = load_yaml_file(file);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader map(*document, problems);
  const fs::path folder = fs::path(file).parent_path();
  const auto client = map.optional<std::string>("client");
  const auto adapter = map.optional<std::string>("adapter");
  const auto cases = map.optional<std::vector<std::string>>("cases");
  const auto exclude = map.optional<std::vector<std::string>>("exclude");
  const auto known = map.optional<std::string>("known");
  const auto manifest = map.optional<std::string>("manifest");
  const auto requirements = map.optional<std::string>("requirements");
  constexpr const char* kLevels[] = {"must", "should", "may"};
  const char* level = kLevels[map.choice("level", {"must", "should", "may"}, 0)];
  const auto watch = map.optional<std::vector<std::string>>("watch");
  if (!client.empty() && !adapter.empty()) map.problem("adapter", "expected either client or adapter");
  map.done();
  if (auto ok = first_problem(problems); !ok) return ok;

  if (!given("--client") && !given("--adapter")) {
    if (!client.empty()) arguments.clients = {placed_path(client, folder, false)};
    if (!adapter.empty()) {
      auto words = split_shell_line(adapter);
      if (!words) return tl::unexpected(words.error());
      for (std::string& word : *words) word = placed_path(word, folder, false);
      arguments.adapter = {shell_line(*words)};
    }
  }
  if (!given("case"))
    for (const std::string& word : cases) arguments.cases.push_back(placed_path(word, folder, false));
  if (!given("--exclude")) arguments.exclude = exclude;
  if (!given("--known") && !known.empty()) arguments.known = placed_path(known, folder, true);
  if (!given("--manifest") && !manifest.empty()) arguments.manifest = placed_path(manifest, folder, true);
  if (!given("--requirements")) arguments.requirements = requirements;
  if (!given("--level") && map.has("level")) arguments.count_level = level;
  for (const std::string& path : watch) arguments.watched.push_back(placed_path(path, folder, true));
  return {};
}

}  // namespace assay::cli
