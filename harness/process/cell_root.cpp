#include "harness/process/cell_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "harness/base/text.h"
#include "harness/process/copied_mount.h"

namespace assay::process {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFirstStranger = 0x70000000;

// What every cell shows whole. Where one is a link (/bin → usr/bin) so it is inside.
constexpr const char* kSystem[] = {"/usr",   "/bin",    "/sbin", "/lib", "/lib32",
                                   "/lib64", "/libx32", "/opt",  "/nix"};

// What programs read of /etc that names no person, no key and no other machine.
constexpr const char* kEtcFolders[] = {"alternatives",
                                       "ca-certificates",
                                       "chromium",
                                       "chromium.d",
                                       "crypto-policies",
                                       "fonts",
                                       "java-11-openjdk",
                                       "java-17-openjdk",
                                       "java-21-openjdk",
                                       "ld.so.conf.d",
                                       "perl",
                                       "pki",
                                       "profile.d",
                                       "python3",
                                       "python3.11",
                                       "ssl",
                                       "terminfo",
                                       "xdg"};
constexpr const char* kEtcFiles[] = {
    "bash.bashrc", "debian_version", "gai.conf",    "host.conf",  "inputrc",       "ld.so.cache",
    "ld.so.conf",  "locale.alias",   "locale.conf", "locale.gen", "localtime",     "login.defs",
    "lsb-release", "magic",          "mime.types",  "networks",   "nsswitch.conf", "os-release",
    "profile",     "protocols",      "rpc",         "services",   "shells",        "timezone"};
constexpr std::uintmax_t kLargestEtcFile = 1U << 20U;
constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom", "tty"};

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/') || folder == "/";
}

bool in_system(const std::string& path) {
  return std::any_of(std::begin(kSystem), std::end(kSystem),
                     [&](const char* one) { return lies_in(path, one); });
}

bool is_in_memory(const std::string& path) {
  return lies_in(path, "/tmp") || lies_in(path, "/var/tmp") || lies_in(path, "/dev/shm");
}

// The mount points of this process (proc(5), mountinfo; only blanks are escaped in names that we compare).
std::vector<std::string> mount_points() {
  std::vector<std::string> out;
  const auto text = read_file("/proc/self/mountinfo");
  if (!text) return out;
  for (const auto line : split(*text, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() > 4) out.emplace_back(fields[4]);
  }
  return out;
}

tl::unexpected<NoCell> cannot(std::string what) {
  return tl::unexpected(NoCell{std::move(what), errno});
}
tl::unexpected<NoCell> never(std::string sentence) {
  return tl::unexpected(NoCell{std::move(sentence), 0, true});
}

// A mount point below `folder`, which then cannot be a layer of an overlay; empty = none.
std::string mount_below(const std::string& folder) {
  const auto points = mount_points();
  const auto found = std::find_if(points.begin(), points.end(), [&](const std::string& point) {
    return point != folder && lies_in(point, folder);
  });
  return found == points.end() ? "" : *found;
}

// What is bound as it is, because of the mount `below`, must hold nothing that the client could talk to.
Prepared<void> no_special_files(const std::string& folder, const std::string& below) {
  if (below.empty()) return {};
  const std::string special = special_file_below(folder);
  if (special.empty()) return {};
  return never(
      fmt::format("{} would give the client {}, a socket or a FIFO of the machine: it can be shown only as "
                  "it is, for {} is mounted below it. Unmount that, or move the client",
                  folder, special, below));
}

// A user namespace in which the owner of a folder is the cell's user. Needs root.
Prepared<UniqueFd> owner_map(uid_t uid, gid_t gid, const OutsideUser& user) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
  if (pid == 0) {
    while (true) ::pause();
  }
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (pid < 0) return cannot("make a user namespace for mapped owners");
  const std::string proc = fmt::format("/proc/{}/", pid);
  const auto write_map = [&](const char* file, std::uint64_t inside, std::uint64_t outside) {
    const UniqueFd fd(::open((proc + file).c_str(), O_WRONLY | O_CLOEXEC));
    const std::string text = fmt::format("{} {} 1", inside, outside);
    return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  };
  const bool mapped = write_map("uid_map", uid, user.uid) && write_map("gid_map", gid, user.gid);
  UniqueFd out(mapped ? ::open((proc + "ns/user").c_str(), O_RDONLY | O_CLOEXEC) : -1);
  const int why = errno;
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  errno = why;
  if (!out) return cannot("map the owner of a folder");
  return out;
}

}  // namespace

// The numbers of this user namespace are those of the machine or a range of them; the process's own number
// keeps cells of different runs apart.
OutsideUser outside_user() {
  const OutsideUser own{::geteuid(), ::getegid(), false};
  if (own.uid != 0) return own;
  const auto pick = [](const char* file) -> std::uint64_t {
    const auto text = read_file(file);
    std::uint64_t last = 0;
    const std::uint64_t wanted = kFirstStranger + static_cast<std::uint64_t>(::getpid());
    for (const auto line : split(text ? std::string_view(*text) : std::string_view(), '\n')) {
      std::vector<std::uint64_t> numbers;
      for (const auto word : split(line, ' ')) {
        std::uint64_t number = 0;
        if (std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc() &&
            !word.empty())
          numbers.push_back(number);
      }
      if (numbers.size() != 3 || numbers[2] == 0) continue;
      if (wanted >= numbers[0] && wanted - numbers[0] < numbers[2]) return wanted;
      last = std::max(last, numbers[0] + numbers[2] - 1);
    }
    return last == 65534 ? last - 1 : last;  // 65534 is what the unmapped look like
  };
  const auto uid = pick("/proc/self/uid_map"), gid = pick("/proc/self/gid_map");
  if (uid < 1000 || gid < 1000) return own;  // a container whose only user is root, who is somebody outside
  return {static_cast<uid_t>(uid), static_cast<gid_t>(gid), true};
}

const char* CellRoot::keep(std::string text) {
  return strings_.emplace_back(std::move(text)).c_str();
}

void CellRoot::add_folder(const std::string& path) {
  if (path.empty() || path == "/" || std::find(made_.begin(), made_.end(), path) != made_.end()) return;
  add_folder(fs::path(path).parent_path().string());
  made_.push_back(path);
  folders_.push_back(keep(path));
}

void CellRoot::add_text(const std::string& path, const std::string& text, bool link) {
  add_folder(fs::path(path).parent_path().string());
  texts_.push_back({keep(path), keep(text), link});
}

void CellRoot::add_system() {
  std::error_code error;
  for (const char* path : kSystem) {
    if (fs::is_symlink(path, error)) {
      add_text(path, fs::read_symlink(path, error).string(), true);
    } else if (fs::is_directory(path, error)) {
      add_folder(path);
      mounts_.push_back({path, path, nullptr, -1, true, true, false, false});
    }
  }
  for (const char* path : {"/proc", "/sys", "/run/assay", "/tmp", "/var/tmp", "/var/lib", "/var/cache",
                           "/var/log", "/home", "/root", "/mnt", "/srv"}) {
    add_folder(path);
  }
  add_text("/var/run", "/run", true);
  // How many processors there are; programs that size their pools read it.
  const char* processors = "/sys/devices/system/cpu";
  if (fs::is_directory(processors, error)) {
    add_folder(processors);
    mounts_.push_back({processors, processors, nullptr, -1, true, false, true, true});
  }
}

void CellRoot::add_etc(bool network) {
  std::error_code error;
  add_folder("/etc");
  for (const char* name : kEtcFolders) {
    const std::string path = std::string("/etc/") + name;
    if (!fs::is_directory(fs::symlink_status(path, error))) continue;
    add_folder(path);
    mounts_.push_back({keep(path), keep(path), nullptr, -1, true, false, false, true});
  }
  for (const char* name : kEtcFiles) {
    const std::string path = std::string("/etc/") + name;
    const auto status = fs::symlink_status(path, error);
    if (fs::is_symlink(status)) {
      add_text(path, fs::read_symlink(path, error).string(), true);
    } else if (fs::is_regular_file(status) && fs::file_size(path, error) <= kLargestEtcFile) {
      // Bound, for some are binary.
      mounts_.push_back({keep(path), keep(path), nullptr, -1, false, false, false, true});
    }
  }
  add_text("/etc/passwd",
           "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n"
           "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
           false);
  add_text("/etc/group", "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n", false);
  add_text("/etc/hostname", "cell\n", false);
  add_text("/etc/machine-id", "00000000000000000000000000000ce1\n", false);
  // The resolver of a cell is put over these; where the machine has none the C library must find none.
  for (const char* path : {"/etc/hosts", "/etc/resolv.conf"}) {
    if (fs::exists(path, error)) add_text(path, network ? read_file(path).value_or("") : "", false);
  }
  add_text("/etc/mtab", "/proc/self/mounts", true);
}

void CellRoot::add_devices() {
  for (const char* name : kDevices) {
    const char* path = keep(std::string("/dev/") + name);
    mounts_.push_back({path, path, nullptr, -1, false, false, false, true});
  }
  for (const char* path : {"/dev", "/dev/pts", "/dev/shm"}) add_folder(path);
  add_text("/dev/fd", "/proc/self/fd", true);
  add_text("/dev/stdin", "/proc/self/fd/0", true);
  add_text("/dev/stdout", "/proc/self/fd/1", true);
  add_text("/dev/stderr", "/proc/self/fd/2", true);
  add_text("/dev/ptmx", "pts/ptmx", true);
}

// One real path that no other covers.
Prepared<void> CellRoot::show(const std::string& path, const OutsideUser& user) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  RootMount mount;
  mount.source = mount.target = keep(path);
  mount.directory = S_ISDIR(info.st_mode);
  mount.overlay = true;
  if (!mount.directory && !S_ISREG(info.st_mode)) return {};
  const std::string below = mount.directory ? mount_below(path) : "";
  mount.recursive = !below.empty();
  add_folder(mount.directory ? path : fs::path(path).parent_path().string());
  if (is_in_memory(path)) {
    const auto number = std::count(below_tmp_.begin(), below_tmp_.end(), '\n');
    mount.keep = keep(fmt::format("/run/assay/shown/{}", number));
    below_tmp_ += fmt::format("{}\t{}\n", number, path);
  }
  if (!user.other) {
    if (auto safe = no_special_files(path, below); !safe) return safe;
    mounts_.push_back(mount);
    return {};
  }
  // The cell's user may not pass the folders above it: root opens it here.
  const unsigned recursive = mount.recursive ? AT_RECURSIVE : 0;
  UniqueFd fd(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive)));
  if (!fd) return cannot("show " + path);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (::syscall(SYS_mount_setattr, fd.get(), "", AT_EMPTY_PATH | recursive, &attributes, sizeof attributes) !=
      0)
    return cannot("show " + path);
  const auto mapped = map_owner(fd.get(), recursive, info.st_uid, info.st_gid, user);
  if (!mapped) return tl::unexpected(mapped.error());
  if (!*mapped) {
    auto copied = copied_mount(path, user.uid, user.gid);
    if (!copied) return never(copied.error().message);
    if (*copied) {
      fd = std::move(**copied);
      mount.recursive = false;
      if (!mount.directory) mount.inside = keep("/" + fs::path(path).filename().string());
    }
  }
  if (mount.recursive) {
    if (auto safe = no_special_files(path, below); !safe) return safe;
  }
  keep_mount(mount, std::move(fd));
  return {};
}

// What the cell may write: the caller's own, and so a mount with mapped owners or none.
Prepared<void> CellRoot::share(const std::string& path, const OutsideUser& user) {
  std::error_code error;
  const std::string real = fs::canonical(path, error).string();
  if (error || !fs::is_directory(real, error)) return never("cannot share " + path + ": it is no folder");
  RootMount mount;
  mount.source = mount.target = keep(real);
  mount.directory = mount.writable = true;
  add_folder(real);
  if (!user.other) {
    mounts_.push_back(mount);
    return {};
  }
  UniqueFd fd(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, real.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (!fd || ::syscall(SYS_mount_setattr, fd.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return cannot("share " + real);
  const auto mapped = map_owner(fd.get(), 0, ::geteuid(), ::getegid(), user);
  if (!mapped) return tl::unexpected(mapped.error());
  if (!*mapped)
    return never(
        fmt::format("cannot share {}: its file system has no mounts with mapped owners; choose another "
                    "with XDG_CACHE_HOME",
                    real));
  keep_mount(mount, std::move(fd));
  return {};
}

// Shows the files of one owner as the cell's user's.
Prepared<bool> CellRoot::map_owner(int mount, unsigned recursive, uid_t uid, gid_t gid,
                                   const OutsideUser& user) {
  const auto owner = std::make_pair(uid, gid);
  auto map = std::find_if(maps_.begin(), maps_.end(), [&](const auto& one) { return one.first == owner; });
  if (map == maps_.end()) {
    auto made = owner_map(uid, gid, user);
    if (!made) return tl::unexpected(made.error());
    map = maps_.insert(maps_.end(), {owner, std::move(*made)});
  }
  mount_attr mapped{};
  mapped.attr_set = MOUNT_ATTR_IDMAP;
  mapped.userns_fd = static_cast<std::uint64_t>(map->second.get());
  return ::syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | recursive, &mapped, sizeof mapped) == 0;
}

void CellRoot::keep_mount(RootMount mount, UniqueFd fd) {
  // Above the standard descriptors, which pid 1 closes.
  if (fd.get() <= 2) fd = UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  mount.fd = fd.get();
  fds_.push_back(std::move(fd));
  mounts_.push_back(mount);
}

// Links on the way to a path are made as they are outside, and what they lead to is shown.
Prepared<void> CellRoot::show_all(std::vector<std::string> shows, const OutsideUser& user) {
  std::vector<std::pair<std::string, std::string>> links;
  std::vector<std::string> real;
  for (const std::string& one : shows) {
    std::string path = fs::path(one).lexically_normal().string();
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (!path.starts_with('/') || path == "/") continue;
    for (int hops = 0; hops < 40; ++hops) {
      std::error_code error;
      fs::path so_far = "/";
      std::string next;
      const fs::path whole(path);
      for (auto part = std::next(whole.begin()); part != whole.end(); ++part) {
        so_far /= *part;
        if (!fs::is_symlink(so_far, error)) continue;
        const fs::path target = fs::read_symlink(so_far, error);
        links.emplace_back(so_far.string(), target.string());
        fs::path resolved = target.is_absolute() ? target : so_far.parent_path() / target;
        for (++part; part != whole.end(); ++part) resolved /= *part;
        next = resolved.lexically_normal().string();
        break;
      }
      if (next.empty()) {
        if (fs::exists(path, error)) real.push_back(path);
        break;
      }
      path = next;
    }
  }
  std::sort(real.begin(), real.end());
  std::vector<std::string> top;
  for (const std::string& path : real) {
    if (in_system(path)) continue;
    if (std::any_of(top.begin(), top.end(), [&](const std::string& one) { return lies_in(path, one); }))
      continue;
    top.push_back(path);
  }
  for (const std::string& path : top) {
    if (auto shown = show(path, user); !shown) return shown;
  }
  for (const auto& [place, target] : links) {
    const std::string& path = place;
    const bool covered =
        in_system(path) || lies_in(path, "/etc") ||
        std::any_of(top.begin(), top.end(), [&](const std::string& one) { return lies_in(path, one); }) ||
        std::find(made_.begin(), made_.end(), path) != made_.end();
    if (covered) continue;
    add_text(path, target, true);
    if (is_in_memory(path)) below_tmp_ += fmt::format("link\t{}\t{}\n", path, target);
  }
  return {};
}

Prepared<CellRoot> CellRoot::prepare(RootOptions options, const OutsideUser& user) {
  CellRoot out;
  out.add_system();
  out.add_etc(options.network);
  out.add_devices();
  if (auto shown = out.show_all(std::move(options.shows), user); !shown) return tl::unexpected(shown.error());
  for (const std::string& path : options.writes) {
    if (auto shared = out.share(path, user); !shared) return tl::unexpected(shared.error());
  }
  out.add_text("/run/assay/below-tmp", out.below_tmp_, false);
  out.strings_.push_back(fmt::format("size={},mode=755", options.memory_bytes));
  out.folders_.push_back(nullptr);
  out.texts_.push_back({});
  out.mounts_.push_back({});
  return out;
}

RootPlan CellRoot::plan() const {
  return {folders_.data(), texts_.data(), mounts_.data(), strings_.back().c_str()};
}

std::vector<int> CellRoot::descriptors() const {
  std::vector<int> out;
  for (const UniqueFd& fd : fds_) out.push_back(fd.get());
  return out;
}

}  // namespace assay::process
