// What a cell shows of file systems that cannot be shown as they are: a copy in memory where owners cannot be
// mapped, and the sockets and FIFOs that a plain bind would hand to the client.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"

namespace assay::process {

struct CopyLimits {
  std::uint64_t bytes = std::uint64_t{512} << 20U;
  std::uint64_t entries = 100'000;
};

// A detached mount with a copy of the folder `path`, or with one file of that name; what belongs to the owner
// of `path` belongs to `uid` and `gid`. Sockets, FIFOs and devices are left out. nullopt = everybody may read
// all of it, so no copy is needed. Needs root. Fails when it is too large.
Result<std::optional<UniqueFd>> copied_mount(const std::string& path, uid_t uid, gid_t gid,
                                             const CopyLimits& limits = {});

// The first socket or FIFO at or below `path`; empty = none. At most a million entries are looked at.
std::string special_file_below(const std::string& path);

}  // namespace assay::process
