// assay serve --tls: the authority, and the file that clients are told to trust.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/serve.h"
#include "harness/base/text.h"

namespace assay::cli {

Result<ServeAuthority> ServeAuthority::make() {
  ServeAuthority out;
  auto authority = http::Authority::create();
  if (!authority) return tl::unexpected(authority.error());
  out.authority_ = std::move(*authority);
  std::string name = (std::filesystem::temp_directory_path() / "assay-ca-XXXXXX.pem").string();
  constexpr int kSuffix = 4;
  const int made = ::mkstemps(name.data(), kSuffix);
  if (made < 0) return fail(std::strerror(errno), name);
  ::close(made);
  out.file_ = name;
  if (auto written = write_file_atomically(name, out.authority_->certificate_pem()); !written)
    return tl::unexpected(written.error());
  return out;
}

ServeAuthority::ServeAuthority(ServeAuthority&& other) noexcept
    : authority_(std::move(other.authority_)), file_(std::move(other.file_)) {
  other.file_.clear();
}

ServeAuthority::~ServeAuthority() {
  if (!file_.empty()) ::unlink(file_.c_str());
}

}  // namespace assay::cli
