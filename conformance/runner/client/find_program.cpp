#include "conformance/runner/client/find_program.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/base/text.h"

namespace assay::conformance {

namespace fs = std::filesystem;

namespace {

bool can_run(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> find_program(const std::string& name, const std::string& folder,
                                 const std::string& path) {
  if (name.find('/') != std::string::npos) {
    // Not normalized beyond dots: a link stays the name under which the program is started.
    const fs::path file = (fs::path(folder) / name).lexically_normal();
    std::error_code ignored;
    if (can_run(file)) return file.string();
    return fail(fs::exists(file, ignored) ? "is not an executable file" : "there is no such program",
                file.string());
  }
  for (const std::string_view one : split(path, ':')) {
    const fs::path file = fs::path(one.empty() ? "." : one) / name;
    if (can_run(file)) return fs::absolute(file).lexically_normal().string();
  }
  return fail("there is no program " + name + " in PATH (" + path + ")");
}

std::string path_of_caller() {
  const char* path = std::getenv("PATH");
  return path == nullptr || *path == '\0' ? kMachinePath : path;
}

std::string path_with_folder_of(const std::string& found, const std::string& path) {
  const std::string folder = fs::path(found).parent_path().string();
  const auto folders = split(path, ':');
  if (std::find(folders.begin(), folders.end(), folder) != folders.end()) return path;
  return folder + ":" + path;
}

}  // namespace assay::conformance
