#include "conformance/runner/client/build_in_cell.h"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

#include "conformance/runner/client/cell_command.h"
#include "conformance/runner/client/find_program.h"
#include "conformance/runner/client/reads.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

// Of what a build leaves on the disk.
constexpr std::uintmax_t kMostBytes = std::uintmax_t{4} << 30U;

// Where a tool finds what it needs, when the caller keeps it elsewhere. Addresses of registries may hold
// passwords; those are not passed on.
constexpr const char* kPassedOn[] = {"RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "PYENV_ROOT", "PYENV_VERSION",
                                     "JAVA_HOME",   "GOROOT",           "NVM_DIR",    "VOLTA_HOME"};
constexpr const char* kPassedOnWithNetwork[] = {
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "SSL_CERT_FILE", "http_proxy",
    "https_proxy",      "HTTP_PROXY",   "HTTPS_PROXY",   "no_proxy",      "NO_PROXY"};

std::vector<std::string> environment_for(const Untrusted& command, const std::string& path) {
  std::vector<std::string> out = {"PATH=" + path, "LANG=C.UTF-8", "TERM=dumb"};
  const auto pass = [&](const char* name) {
    const char* value = std::getenv(name);
    if (value != nullptr && std::string_view(value).find('@') == std::string_view::npos)
      out.push_back(fmt::format("{}={}", name, value));
  };
  for (const char* name : kPassedOn) pass(name);
  if (command.network) {
    for (const char* name : kPassedOnWithNetwork) pass(name);
  }
  const char* home = std::getenv("HOME");
  std::error_code error;
  // rustup's proxies look there, and the cell's HOME is empty.
  if (std::getenv("RUSTUP_HOME") == nullptr && home != nullptr &&
      fs::is_directory(fs::path(home) / ".rustup", error))
    out.push_back(fmt::format("RUSTUP_HOME={}/.rustup", home));
  out.insert(out.end(), command.more.begin(), command.more.end());
  return out;
}

// What may stay on the caller's disk: files, folders and links.
void take_rights(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> special;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::end(at);
       at.increment(error)) {
    const auto status = at->symlink_status(error);
    constexpr auto kRights = fs::perms::set_uid | fs::perms::set_gid | fs::perms::sticky_bit;
    if (fs::is_symlink(status)) continue;
    if (!fs::is_regular_file(status) && !fs::is_directory(status))
      special.push_back(at->path());
    else if ((status.permissions() & kRights) != fs::perms::none)
      fs::permissions(at->path(), kRights, fs::perm_options::remove, error);
  }
  for (const fs::path& one : special) fs::remove(one, error);
}

}  // namespace

Result<process::Completed> build_in_cell(const Untrusted& command, const std::string& folder,
                                         const std::string& path) {
  CellCommand out;
  out.argv = command.argv;
  out.environment = environment_for(command, path);
  out.directory = folder;
  out.writes = command.writes;
  out.network = command.network;
  ClientSpec tool;
  tool.argv = command.argv;
  tool.environment = out.environment;
  tool.reads = {folder, folder + "/bin/python"};
  const char* home = std::getenv("HOME");
  out.shows = reads_of(tool, home != nullptr ? home : "");
  out.watch = [&folder]() -> Result<void> {
    if (bytes_below(folder) > kMostBytes)
      return fail(fmt::format("it wrote more than {} MiB", kMostBytes >> 20U));
    return {};
  };
  auto done = run_in_cell(out);
  for (const std::string& written : command.writes) take_rights(written);
  if (!done && done.error().message.starts_with("no cell"))
    return fail(
        done.error().message +
        "; outside of a cell its scripts would run with your rights: make cells possible (docs/cells.md), or "
        "say --no-cells where the machine is a container that holds nothing else");
  return done;
}

std::uintmax_t bytes_below(const fs::path& folder) {
  std::uintmax_t out = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::end(at);
       at.increment(error)) {
    std::error_code ignored;
    // Tools move files while they work: what is gone again has no size.
    if (!at->is_symlink(ignored) && at->is_regular_file(ignored)) {
      const auto size = at->file_size(ignored);
      if (!ignored) out += size;
    }
  }
  return out;
}

}  // namespace assay::conformance
