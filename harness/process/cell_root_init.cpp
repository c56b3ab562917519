// The system calls by which pid 1 of a cell makes its root. Runs in a forked copy of a process that may have
// had many threads: nothing is allocated.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/process/cell_root.h"

namespace assay::process {
namespace {

// From here to the end of make_cell_root() the root is a tmpfs with these four folders.
constexpr const char* kBase = "/tmp";
constexpr const char* kLayer = "/layer";

// `first` + `second` in `out`; false when it does not fit.
using Path = std::array<char, 4096>;
bool join(Path& out, const char* first, const char* second) {
  const std::size_t a = std::strlen(first), b = std::strlen(second);
  if (a + b + 1 > out.size()) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::memcpy(out.data(), first, a);
  std::memcpy(out.data() + a, second, b + 1);
  return true;
}

bool attach(int mount, const char* target) {
  return ::syscall(SYS_move_mount, mount, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

bool touch(const char* path) {
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return errno == EEXIST;
  ::close(fd);
  return true;
}

// A detached copy of what is at `source`, read-only.
int clone_of(const RootMount& mount, bool& recursive) {
  Path source;
  if (!join(source, "/old", mount.source)) return -1;
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  recursive = mount.recursive;
  int fd = -1;
  if (!recursive) {
    fd = static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, source.data(), flags));
    // Mounts below it are locked to it in a user namespace.
    if (fd < 0 && errno == EINVAL) recursive = true;
  }
  if (recursive)
    fd = static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, source.data(), flags | AT_RECURSIVE));
  if (fd < 0) return -1;
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | (mount.writable ? MOUNT_ATTR_NODEV : MOUNT_ATTR_RDONLY);
  if (::syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
                sizeof attributes) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

bool show(const RootMount& mount) {
  Path target;
  if (!join(target, "/new", mount.target)) return false;
  bool recursive = mount.recursive;
  const int fd = mount.fd >= 0 ? mount.fd : clone_of(mount, recursive);
  if (fd < 0) return mount.optional && (errno == ENOENT || errno == EACCES);
  if (!mount.directory && !touch(target.data())) return false;
  bool shown = false;
  if (mount.inside != nullptr) {
    Path file;
    shown = attach(fd, kLayer) && join(file, kLayer, mount.inside) &&
            ::mount(file.data(), target.data(), nullptr, MS_BIND, nullptr) == 0;
    ::umount2(kLayer, MNT_DETACH);
  } else if (mount.directory && mount.overlay && !recursive) {
    shown = attach(fd, kLayer) && ::mount("overlay", target.data(), "overlay",
                                          MS_RDONLY | MS_NOSUID | MS_NODEV, "lowerdir=/layer:/empty") == 0;
    // A kernel or a stack of file systems that has no overlay of it.
    if (!shown) shown = ::mount(kLayer, target.data(), nullptr, MS_BIND, nullptr) == 0;
    ::umount2(kLayer, MNT_DETACH);
  } else {
    shown = attach(fd, target.data());
  }
  const int error = errno;
  ::close(fd);
  if (shown && mount.keep != nullptr) {
    Path keep;
    return join(keep, "/new", mount.keep) &&
           (mount.directory ? ::mkdir(keep.data(), 0755) == 0 : touch(keep.data())) &&
           ::mount(target.data(), keep.data(), nullptr, MS_BIND | MS_REC, nullptr) == 0;
  }
  errno = error;
  return shown;
}

bool write_file(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  std::size_t left = std::strlen(text);
  while (left > 0) {
    const ssize_t n = ::write(fd, text, left);
    if (n <= 0) break;
    text += n;
    left -= static_cast<std::size_t>(n);
  }
  ::close(fd);
  return left == 0;
}

bool make_memory(const char* options) {
  constexpr unsigned long kSafe = MS_NOSUID | MS_NODEV;
  if (::mount("tmpfs", "/new/run/assay", "tmpfs", kSafe, options) != 0) return false;
  struct Place {
    const char* memory;
    const char* target;
  };
  for (const Place& place :
       {Place{"/new/run/assay/tmp", "/new/tmp"}, Place{"/new/run/assay/var-tmp", "/new/var/tmp"},
        Place{"/new/run/assay/shm", "/new/dev/shm"}}) {
    if (::mkdir(place.memory, 01777) != 0 || ::chmod(place.memory, 01777) != 0 ||
        ::mount(place.memory, place.target, nullptr, MS_BIND, nullptr) != 0)
      return false;
  }
  return ::mkdir("/new/run/assay/shown", 0755) == 0;
}

bool is_below_memory(const char* path) {
  return std::strncmp(path, "/tmp/", 5) == 0 || std::strncmp(path, "/var/tmp/", 9) == 0 ||
         std::strncmp(path, "/dev/shm/", 9) == 0 || std::strncmp(path, "/run/assay/", 11) == 0;
}

bool make_folders(const RootPlan& plan, bool below_memory) {
  Path path;
  for (const char* const* folder = plan.folders; *folder != nullptr; ++folder) {
    if (is_below_memory(*folder) != below_memory) continue;
    if (!join(path, "/new", *folder) || (::mkdir(path.data(), 0755) != 0 && errno != EEXIST)) return false;
  }
  return true;
}

bool make_texts(const RootPlan& plan) {
  Path path;
  for (const RootText* one = plan.texts; one->path != nullptr; ++one) {
    if (!join(path, "/new", one->path)) return false;
    if (one->link ? ::symlink(one->text, path.data()) != 0 && errno != EEXIST
                  : !write_file(path.data(), one->text))
      return false;
  }
  return true;
}

}  // namespace

const char* make_cell_root(const RootPlan& plan) {
  ::umask(0022);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "make mounts private";
  if (::mount("tmpfs", kBase, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0 || ::chdir(kBase) != 0)
    return "mount a tmpfs over /tmp";
  if (::mkdir("old", 0755) != 0 || ::mkdir("new", 0755) != 0 || ::mkdir("layer", 0755) != 0 ||
      ::mkdir("empty", 0755) != 0)
    return "make a directory in memory";
  if (::syscall(SYS_pivot_root, ".", "old") != 0 || ::chdir("/") != 0) return "leave the machine's root";
  if (::mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m") != 0)
    return "mount a tmpfs as root";
  if (!make_folders(plan, false)) return "make a directory in the root";
  if (!make_memory(plan.memory)) return "mount a tmpfs for what is written";
  if (!make_folders(plan, true)) return "make a directory in memory";
  if (!make_texts(plan)) return "make a file in the root";
  for (const RootMount* one = plan.mounts; one->target != nullptr; ++one) {
    if (!show(*one)) return one->target;
  }
  // While the machine's own is still in sight: the kernel allows it to those alone who see one.
  if (::mount("proc", "/new/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return "mount /proc";
  if (::chdir("/new") != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 || ::umount2(".", MNT_DETACH) != 0 ||
      ::chdir("/") != 0)
    return "enter the cell's root";
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  if (::syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only) != 0)
    return "make the root read-only";
  return nullptr;
}

}  // namespace assay::process
