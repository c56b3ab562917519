// What a cell's worker changes about the files that its clients see. Works inside a cell only (it takes the
// worker's capabilities); outside every function fails and changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/result.h"

namespace assay::process {

// Whether this is the worker of a cell: root outside of one could mount for the whole machine.
Result<void> need_cell();

// Something that was mounted; unmounted when it goes.
class Mounted {
 public:
  Mounted() = default;
  // `source` is removed with it; empty = none.
  explicit Mounted(std::string target, std::string source = {})
      : target_(std::move(target)), source_(std::move(source)) {}
  Mounted(Mounted&& other) noexcept
      : target_(std::exchange(other.target_, {})), source_(std::exchange(other.source_, {})) {}
  Mounted& operator=(Mounted&& other) noexcept;
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  ~Mounted() { end(); }

 private:
  void end() noexcept;

  std::string target_, source_;
};

// Lets `target`, a file that exists, have other contents: /etc/hosts, /etc/resolv.conf, a bundle of
// certificates.
Result<Mounted> replace_file(const std::string& target, std::string_view contents);
// A file system of `bytes` bytes (rounded up to pages) over `directory`: a private HOME, or a disk that is
// full soon (ENOSPC).
Result<Mounted> mount_memory(const std::string& directory, std::uint64_t bytes);

// Fresh memory of `bytes` bytes for /tmp, /var/tmp and /dev/shm together, empty but for what the cell shows
// there (CellOptions::shows); what was there is hidden until it goes.
class CaseMemory {
 public:
  static Result<CaseMemory> mount(std::uint64_t bytes);

 private:
  std::vector<Mounted> mounted_;
};

// The text of /etc/hosts: localhost, and `names` (name → literal address).
std::string hosts_file(const std::map<std::string, std::string>& names);

// Where programs of this system look for certificate authorities: the bundle files that exist, each once.
std::vector<std::string> ca_bundles();

}  // namespace assay::process
