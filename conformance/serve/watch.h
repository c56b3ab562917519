// Tells when files change (inotify): an event, not a poll. For the hot reload of `assay serve`.
//
// Thread-safety: one thread uses a Watch.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/http/socket.h"

namespace assay::serve {

class Watch {
 public:
  Watch() = default;  // of nothing; its descriptor is -1, which poll() passes over
  // `paths`: files, and folders with everything below them. A file may be replaced (renamed over), as editors
  // do; a folder that is made later below a watched one is watched too. Missing paths are an error.
  static Result<Watch> start(const std::vector<std::string>& paths);

  // Readable when something may have changed.
  int descriptor() const { return inotify_.get(); }
  // The files that changed since the last call, sorted; after this the descriptor is quiet until the next
  // change. Waits for a pause of 30 ms, so that one save is one change.
  std::vector<std::string> changed();

 private:
  Result<void> add_folder(const std::string& folder, bool whole);
  bool read(std::set<std::string>& into);

  struct Folder {
    std::string path;
    bool whole = false;           // every file in it counts
    std::set<std::string> files;  // else these
  };
  UniqueFd inotify_;
  std::map<int, Folder> folders_;  // by watch
};

}  // namespace assay::serve
