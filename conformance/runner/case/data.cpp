#include "conformance/runner/case/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool holds_data(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "conformance" / "cases", ignored) &&
         fs::is_directory(folder / "fixtures", ignored);
}

}  // namespace

Result<std::string> data_folder() {
  if (const char* named = std::getenv("ASSAY_DATA"); named != nullptr && *named != '\0') {
    if (!holds_data(named))
      return fail("ASSAY_DATA names a folder without conformance/cases and fixtures", named);
    return std::string(named);
  }
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = self.parent_path(); !error && folder != folder.root_path();
       folder = folder.parent_path()) {
    if (holds_data(folder)) return folder.string();
    if (holds_data(folder / "share" / "assay")) return (folder / "share" / "assay").string();
  }
  return fail(
      "cannot find the data files (conformance/cases, fixtures): set ASSAY_DATA to the folder that holds "
      "them");
}

Result<json> load_provider(const std::string& data_folder, const std::string& name) {
  const fs::path folder = fs::path(data_folder) / "conformance" / "providers";
  const bool path = name.find('/') != std::string::npos;
  const fs::path file = path ? fs::path(name) : folder / (name + ".yaml");
  std::error_code error;
  if (!path && !fs::exists(file, error)) {
    std::vector<std::string> known;
    for (const auto& entry : fs::directory_iterator(folder, error))
      known.push_back(entry.path().stem().string());
    std::sort(known.begin(), known.end());
    return fail(unknown_word("provider", name, known));
  }
  auto document = load_yaml_file(file.string());
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader map(*document, problems);
  (void)map.required<std::string>("id");
  for (const char* text : {"display_name", "oauth_family", "default_api", "api_base_path", "key_prefix"})
    (void)map.optional<std::string>(text);
  for (const char* list : {"aliases", "auth_modes", "seeds"})
    (void)map.optional<std::vector<std::string>>(list);
  for (const char* object : {"discovery", "login", "quirks"}) (void)map.maybe_object(object);
  map.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return document->value;
}

}  // namespace assay::conformance
