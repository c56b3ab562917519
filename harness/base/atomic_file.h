// A file that is written piece by piece and is there as a whole once commit() has succeeded, and not before.
// Without commit() nothing stays, and what was there is as it was. What is no regular file (a device, a pipe,
// /dev/fd/N) is written to at once. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"

namespace assay {

class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  Result<void> write(std::string_view bytes);
  Result<void> commit();

 private:
  AtomicFile() = default;
  Result<void> failed(int error) const;

  std::string path_;    // as it was given, for messages
  std::string target_;  // what it names once links are followed
  std::string name_;    // of the file beside it; "" = it has none
  bool through_ = false;
  UniqueFd fd_;
};

}  // namespace assay
