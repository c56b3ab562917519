// CellRoot: the root of a cell's file system, made of what is shown in it and of nothing else: /usr and its
// kin, a cleaned /etc, a /dev of the usual nodes, memory for /tmp, /var/tmp and /dev/shm, and the folders
// that the caller names. Prepared here, where memory may be allocated, and made by make_cell_root() in the
// cell's pid 1.
//
// Shown folders are read-only overlays, so that a socket or a FIFO in them is not the machine's: a client can
// open its name, but nobody listens. A folder with a mount below cannot be a layer of an overlay in a user
// namespace; it is bound as it is, unless there is a socket or a FIFO in it: then there is no cell.
//
// As root the cell's user is none of the machine's, and folders that only root may read are shown through
// mounts with mapped owners (mount_setattr(2), MOUNT_ATTR_IDMAP). On a file system that has none they are
// bound as they are when everybody may read them, else copied (copied_mount.h), else there is no cell.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "harness/base/unique_fd.h"
#include "harness/process/cell_attempts.h"

namespace assay::process {

// For make_cell_root(): pointers into a CellRoot. Targets are below the new root, sources in the old one.
struct RootMount {
  const char* source = nullptr;
  const char* target = nullptr;
  const char* keep = nullptr;  // a second place, for what lies below /tmp and is hidden by a case's own /tmp
  int fd = -1;                 // a detached mount; -1 = `source` is opened
  bool directory = false;
  bool overlay = false;    // else bound
  bool recursive = false;  // with the mounts below it
  bool optional = false;   // it may be missing
  bool writable = false;
  const char* inside = nullptr;  // name of the one file of `fd`; null = the mount itself
};
struct RootText {
  const char* path = nullptr;
  const char* text = nullptr;
  bool link = false;  // a symbolic link to `text`, not a file that holds it
};
struct RootPlan {
  const char* const* folders = nullptr;  // in the order in which they are made; ends with nullptr
  const RootText* texts = nullptr;       // ends with a null path
  const RootMount* mounts = nullptr;     // ends with a null target
  const char* memory = nullptr;          // options of the tmpfs for what is written
};

// Who a cell's user is outside. As root nobody whom the machine knows, where that can be had.
struct OutsideUser {
  uid_t uid = 0;
  gid_t gid = 0;
  bool other = false;  // not the caller: the caller must map it, and the cell must become it
};
OutsideUser outside_user();

struct RootOptions {
  std::vector<std::string> shows;   // absolute paths of files and folders; what is not there is left out
  std::vector<std::string> writes;  // absolute paths of folders that are there
  std::uint64_t memory_bytes = 0;
  bool network = false;  // the machine's name servers and hosts
};

template <typename Value>
using Prepared = tl::expected<Value, NoCell>;

class CellRoot {
 public:
  // Fails when a mount cannot be made.
  static Prepared<CellRoot> prepare(RootOptions options, const OutsideUser& user);
  CellRoot(CellRoot&&) = default;
  CellRoot& operator=(CellRoot&&) = default;

  // Valid as long as this lives and is not moved.
  RootPlan plan() const;
  // The detached mounts that the cell's pid 1 must inherit.
  std::vector<int> descriptors() const;

 private:
  CellRoot() = default;
  const char* keep(std::string text);
  void add_folder(const std::string& path);
  void add_text(const std::string& path, const std::string& text, bool link);
  void add_system();
  void add_etc(bool network);
  void add_devices();
  Prepared<void> show(const std::string& path, const OutsideUser& user);
  Prepared<void> share(const std::string& path, const OutsideUser& user);
  // False where the file system cannot.
  Prepared<bool> map_owner(int mount, unsigned recursive, uid_t uid, gid_t gid, const OutsideUser& user);
  void keep_mount(RootMount mount, UniqueFd fd);
  Prepared<void> show_all(std::vector<std::string> shows, const OutsideUser& user);

  std::deque<std::string> strings_;
  std::vector<std::string> made_;  // paths of folders
  std::vector<const char*> folders_;
  std::vector<RootText> texts_;
  std::vector<RootMount> mounts_;
  std::vector<UniqueFd> fds_;
  std::vector<std::pair<std::pair<uid_t, gid_t>, UniqueFd>> maps_;  // owner → user namespace that maps it
  std::string below_tmp_;                                           // "number path" lines of what is kept
};

// In the cell's pid 1: makes it and moves there. nullptr when done; what could not be done otherwise, with
// errno. System calls only.
const char* make_cell_root(const RootPlan& plan);

}  // namespace assay::process
