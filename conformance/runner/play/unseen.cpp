#include "conformance/runner/play/unseen.h"

#include <algorithm>
#include <filesystem>

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCase = "/tmp/assay-case-";
// Shown in every cell, or another thing in it than outside.
constexpr const char* kOfTheCell[] = {"/usr", "/bin",  "/sbin", "/lib", "/lib64",          "/opt",
                                      "/nix", "/proc", "/dev",  "/sys", "/tmp/assay-case-"};
constexpr std::size_t kMostText = std::size_t{1} << 20U;

bool lies_below(const std::string& path, const std::string& folder) {
  return path == folder ||
         (path.starts_with(folder) && (folder.ends_with('-') || path[folder.size()] == '/'));
}

}  // namespace

std::string unseen_file(const std::string& output, const std::vector<std::string>& shows,
                        const std::string& home) {
  const std::string text = output.substr(0, kMostText);
  for (auto at = text.find('/'); at != std::string::npos; at = text.find('/', at + 1)) {
    // A path begins a word; one in the middle of a URL or of another path does not.
    if (at > 0 && std::string_view(" \t\n'\"`(=:[<").find(text[at - 1]) == std::string_view::npos) continue;
    std::string path = text.substr(at, text.find_first_of(" \t\n'\"`)]>:,;", at) - at);
    while (path.size() > 1 && (path.ends_with('.') || path.ends_with('/'))) path.pop_back();
    if (path.size() < 3 || path.starts_with("//")) continue;
    std::string name = path;
    if (path.starts_with(kCase)) {
      const auto folder = path.find('/', kCase.size());
      const auto below = folder == std::string::npos ? folder : path.find('/', folder + 1);
      if (below == std::string::npos || home.empty()) continue;
      name = "~" + path.substr(below);
      path = home + path.substr(below);
    } else if (std::any_of(std::begin(kOfTheCell), std::end(kOfTheCell),
                           [&](const char* one) { return lies_below(path, one); })) {
      continue;
    }
    const bool shown = std::any_of(shows.begin(), shows.end(),
                                   [&](const std::string& one) { return lies_below(path, one); });
    std::error_code error;
    if (!shown && fs::exists(path, error)) return name;
  }
  return {};
}

}  // namespace assay::conformance
