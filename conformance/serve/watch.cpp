#include "conformance/serve/watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace assay::serve {
namespace {

namespace fs = std::filesystem;

constexpr int kPauseMs = 30;
constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE;

// Files of editors beside the one that is edited.
bool is_scratch(const std::string& name) {
  return name.ends_with('~') || name.ends_with(".swp") || name.ends_with(".swx") || name.starts_with(".#") ||
         name == "4913";
}

}  // namespace

Result<Watch> Watch::start(const std::vector<std::string>& paths) {
  Watch out;
  out.inotify_ = UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!out.inotify_) return fail(fmt::format("cannot watch files: {}", std::strerror(errno)));
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      if (auto added = out.add_folder(path, true); !added) return tl::unexpected(added.error());
      continue;
    }
    if (!fs::exists(path, error)) return fail("there is no such file", path);
    const fs::path parent = fs::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    if (auto added = out.add_folder(folder, false); !added) return tl::unexpected(added.error());
    for (auto& [watch, one] : out.folders_) {
      if (one.path == folder) one.files.insert(fs::path(path).filename());
    }
  }
  return out;
}

Result<void> Watch::add_folder(const std::string& folder, bool whole) {
  const int watch = ::inotify_add_watch(inotify_.get(), folder.c_str(), kChanges);
  if (watch < 0) return fail(fmt::format("cannot watch: {}", std::strerror(errno)), folder);
  Folder& known = folders_[watch];
  known.path = folder;
  known.whole = known.whole || whole;
  if (!whole) return {};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_directory(error)) continue;
    if (auto added = add_folder(entry.path(), true); !added) return added;
  }
  return {};
}

// Takes what the kernel has; false when that was nothing.
bool Watch::read(std::set<std::string>& into) {
  alignas(inotify_event) std::array<char, 16384> buffer{};
  const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  for (ssize_t offset = 0; offset < got;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + offset, sizeof event);
    const char* name = buffer.data() + offset + sizeof event;
    offset += static_cast<ssize_t>(sizeof event + event.len);
    const auto folder = folders_.find(event.wd);
    if (folder == folders_.end() || event.len == 0) continue;
    const std::string file(name);
    const std::string path = folder->second.path == "." ? file : folder->second.path + "/" + file;
    if ((event.mask & IN_ISDIR) != 0U) {
      if (folder->second.whole) (void)add_folder(path, true);
      continue;
    }
    // A file that was only made is told when it is written.
    if ((event.mask & IN_CREATE) != 0U || is_scratch(file)) continue;
    if (folder->second.whole || folder->second.files.contains(file)) into.insert(path);
  }
  return true;
}

std::vector<std::string> Watch::changed() {
  std::set<std::string> out;
  pollfd asked{inotify_.get(), POLLIN, 0};
  while (read(out) || ::poll(&asked, 1, kPauseMs) > 0) {
  }
  return {out.begin(), out.end()};
}

}  // namespace assay::serve
