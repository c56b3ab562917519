#include "harness/process/mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "harness/base/text.h"
#include "harness/base/unique_fd.h"

namespace assay::process {
namespace {

tl::unexpected<Error> failed(std::string_view doing, const std::string& what) {
  return fail(fmt::format("cannot {} {}: {}", doing, what, std::generic_category().message(errno)));
}

// Root outside of a cell could mount for the whole machine: the user namespace and the host's name of
// cell_init.cpp tell where we are.
Result<void> need_cell() {
  utsname system{};
  const auto map = read_file("/proc/self/uid_map");
  std::string last;
  for (const auto word : split(map ? trim(*map) : std::string_view(), ' ')) last = word;
  if (::uname(&system) == 0 && std::string_view(system.nodename) == "cell" && last == "1") return {};
  return fail("not inside a cell");
}

}  // namespace

Mounted& Mounted::operator=(Mounted&& other) noexcept {
  if (this != &other) {
    end();
    target_ = std::exchange(other.target_, {});
    source_ = std::exchange(other.source_, {});
  }
  return *this;
}

void Mounted::end() noexcept {
  if (!target_.empty()) ::umount2(target_.c_str(), MNT_DETACH);
  if (!source_.empty()) ::unlink(source_.c_str());
}

Result<Mounted> replace_file(const std::string& target, std::string_view contents) {
  if (auto inside = need_cell(); !inside) return tl::unexpected(inside.error());
  std::string source = "/tmp/.replaced-XXXXXX";
  const UniqueFd file(::mkostemp(source.data(), O_CLOEXEC));
  if (!file) return failed("replace", target);
  while (!contents.empty()) {
    const auto n = ::write(file.get(), contents.data(), contents.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      auto error = failed("replace", target);
      ::unlink(source.c_str());
      return error;
    }
    contents.remove_prefix(static_cast<std::size_t>(n));
  }
  ::fchmod(file.get(), 0644);
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    auto error = failed("replace", target);
    ::unlink(source.c_str());
    return error;
  }
  return Mounted(target, source);
}

Result<Mounted> mount_memory(const std::string& directory, std::uint64_t bytes) {
  if (auto inside = need_cell(); !inside) return tl::unexpected(inside.error());
  const std::string options = fmt::format("size={},mode=700", bytes);
  if (::mount("tmpfs", directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return failed("mount memory over", directory);
  }
  return Mounted(directory);
}

std::string hosts_file(const std::map<std::string, std::string>& names) {
  std::string out = "127.0.0.1 localhost cell\n::1 localhost\n";
  for (const auto& [name, address] : names) out.append(address).append(" ").append(name).append("\n");
  return out;
}

std::vector<std::string> ca_bundles() {
  std::vector<std::string> out;
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/cert.pem", "/usr/lib/ssl/cert.pem"}) {
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error).string();  // they link to each other
    if (!error && std::find(out.begin(), out.end(), real) == out.end()) out.push_back(real);
  }
  return out;
}

}  // namespace assay::process
