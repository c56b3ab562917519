#include "harness/process/copied_mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace assay::process {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostLookedAt = 1'000'000;

tl::unexpected<Error> no_copy(const std::string& what) {
  return fail(fmt::format("cannot {}: {}", what, std::generic_category().message(errno)));
}

tl::unexpected<Error> too_large(const std::string& path, const CopyLimits& limits) {
  return fail(fmt::format(
      "the file system of {} has no mounts with mapped owners (Linux 5.12, not every file system), and it is "
      "too large to be copied ({} MiB, {} files): let everybody read it (chmod -R o+rX), or keep the client "
      "on ext4, xfs or btrfs",
      path, limits.bytes >> 20U, limits.entries));
}

bool is_not_copied(mode_t mode) {
  return !S_ISDIR(mode) && !S_ISREG(mode) && !S_ISLNK(mode);
}

bool everybody_reads(const struct stat& info) {
  if (S_ISLNK(info.st_mode) || is_not_copied(info.st_mode)) return true;
  if ((info.st_mode & S_IROTH) == 0) return false;
  const bool runs = S_ISDIR(info.st_mode) || (info.st_mode & S_IXUSR) != 0;
  return !runs || (info.st_mode & S_IXOTH) != 0;
}

// Calls `each` for `path` and all that is below it; stops when that says no.
template <typename Each>
void walk_below(const std::string& path, Each each) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !each(path, info) || !S_ISDIR(info.st_mode)) return;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(path, options, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const std::string one = it->path().string();
    if (::lstat(one.c_str(), &info) == 0 && !each(one, info)) return;
  }
}

Result<UniqueFd> memory_for_copy(const CopyLimits& limits) {
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "tmpfs", 1U /* FSOPEN_CLOEXEC */)));
  // Folders and ends of files take pages too.
  const std::string size = fmt::format("{}", limits.bytes + limits.entries * 4096);
  const auto set = [&](unsigned command, const char* key, const char* value) {
    return ::syscall(SYS_fsconfig, context.get(), command, key, value, 0) == 0;
  };
  if (!context || !set(FSCONFIG_SET_STRING, "size", size.c_str()) ||
      !set(FSCONFIG_SET_STRING, "mode", "0755") || !set(FSCONFIG_CMD_CREATE, nullptr, nullptr))
    return no_copy("make memory for a copy");
  UniqueFd out(static_cast<int>(
      ::syscall(SYS_fsmount, context.get(), 1U /* FSMOUNT_CLOEXEC */, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)));
  if (!out) return no_copy("mount memory for a copy");
  return out;
}

bool copy_file(const std::string& from, const std::string& to, const struct stat& info) {
  const UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 0777U));
  if (!in || !out) return false;
  for (off_t left = info.st_size; left > 0;) {
    const ssize_t n = ::sendfile(out.get(), in.get(), nullptr, static_cast<std::size_t>(left));
    if (n < 0) return false;
    if (n == 0) break;  // it became shorter
    left -= n;
  }
  return ::fchmod(out.get(), info.st_mode & 0777U) == 0;
}

}  // namespace

Result<std::optional<UniqueFd>> copied_mount(const std::string& path, uid_t uid, gid_t gid,
                                             const CopyLimits& limits) {
  struct stat top {};
  if (::lstat(path.c_str(), &top) != 0) return no_copy("copy " + path);
  std::uint64_t bytes = 0, entries = 0;
  bool open = true;
  walk_below(path, [&](const std::string&, const struct stat& info) {
    open = open && everybody_reads(info);
    if (S_ISREG(info.st_mode)) bytes += static_cast<std::uint64_t>(info.st_size);
    return ++entries < kMostLookedAt;
  });
  if (open && entries < kMostLookedAt) return std::optional<UniqueFd>();
  if (bytes > limits.bytes || entries > limits.entries) return too_large(path, limits);

  auto memory = memory_for_copy(limits);
  if (!memory) return tl::unexpected(memory.error());
  const std::string root = fmt::format("/proc/self/fd/{}", memory->get());
  // A file alone keeps its name; the contents of a folder are those of the mount.
  const std::size_t cut = S_ISDIR(top.st_mode) ? path.size() : path.rfind('/');
  std::string failed;
  walk_below(path, [&](const std::string& from, const struct stat& info) {
    if (is_not_copied(info.st_mode)) return true;
    const std::string to = root + from.substr(cut);
    bool done = false;
    if (S_ISDIR(info.st_mode)) {
      done = from == path || ::mkdir(to.c_str(), info.st_mode & 0777U) == 0;
      done = done && ::chmod(to.c_str(), info.st_mode & 0777U) == 0;
    } else if (S_ISLNK(info.st_mode)) {
      std::error_code error;
      fs::copy_symlink(from, to, error);
      done = !error;
    } else {
      done = copy_file(from, to, info);
    }
    if (done && info.st_uid == top.st_uid)
      done =
          ::fchownat(AT_FDCWD, from == path && S_ISDIR(info.st_mode) ? (root + "/.").c_str() : to.c_str(),
                     uid, info.st_gid == top.st_gid ? gid : static_cast<gid_t>(-1), AT_SYMLINK_NOFOLLOW) == 0;
    if (!done) failed = fmt::format("{}: {}", from, std::generic_category().message(errno));
    return done;
  });
  if (!failed.empty()) return fail("cannot copy " + failed);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, memory->get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return no_copy("protect the copy of " + path);
  return std::optional<UniqueFd>(std::move(*memory));
}

std::string special_file_below(const std::string& path) {
  std::string found;
  std::uint64_t entries = 0;
  walk_below(path, [&](const std::string& one, const struct stat& info) {
    if (S_ISSOCK(info.st_mode) || S_ISFIFO(info.st_mode)) found = one;
    return found.empty() && ++entries < kMostLookedAt;
  });
  return found;
}

}  // namespace assay::process
