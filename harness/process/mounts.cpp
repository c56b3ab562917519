#include "harness/process/mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

}  // namespace

// The user namespace and the host's name of cell_init.cpp tell where we are.
Result<void> need_cell() {
  utsname system{};
  const auto map = read_file("/proc/self/uid_map");
  std::string last;
  for (const auto word : split(map ? trim(*map) : std::string_view(), ' ')) last = word;
  if (::uname(&system) == 0 && std::string_view(system.nodename) == "cell" && last == "1") return {};
  return fail("not inside a cell");
}

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
  std::string source = "/run/assay/.replaced-XXXXXX";
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
  // Its owner is who the clients are.
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  Mounted out(target, source);
  if (::syscall(SYS_mount_setattr, AT_FDCWD, target.c_str(), 0, &read_only, sizeof read_only) != 0)
    return failed("protect", target);
  return out;
}

Result<Mounted> mount_memory(const std::string& directory, std::uint64_t bytes) {
  if (auto inside = need_cell(); !inside) return tl::unexpected(inside.error());
  const std::string options = fmt::format("size={},mode=700", bytes);
  if (::mount("tmpfs", directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return failed("mount memory over", directory);
  }
  return Mounted(directory);
}

Result<CaseMemory> CaseMemory::mount(std::uint64_t bytes) {
  if (auto inside = need_cell(); !inside) return tl::unexpected(inside.error());
  CaseMemory out;
  const std::string base = "/run/assay/case";
  ::mkdir(base.c_str(), 0700);
  const std::string options = fmt::format("size={},mode=755", bytes);
  if (::mount("tmpfs", base.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
    return failed("mount memory over", base);
  const Mounted whole(base);  // its parts stay
  for (const auto& [part, target] :
       {std::pair("/tmp", "/tmp"), std::pair("/var-tmp", "/var/tmp"), std::pair("/shm", "/dev/shm")}) {
    const std::string source = base + part;
    if (::mkdir(source.c_str(), 0777) != 0 || ::chmod(source.c_str(), 01777) != 0 ||
        ::mount(source.c_str(), target, nullptr, MS_BIND, nullptr) != 0)
      return failed("mount memory over", target);
    out.mounted_.emplace_back(target);
  }
  const auto shown = read_file("/run/assay/below-tmp");
  for (const auto line : split(shown ? std::string_view(*shown) : std::string_view(), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() < 2) continue;
    const std::string target(fields[1]);
    if (fields.size() == 3) {
      std::error_code ignored;
      std::filesystem::create_directories(std::filesystem::path(target).parent_path(), ignored);
      std::filesystem::create_symlink(std::string(fields[2]), target, ignored);
      continue;
    }
    const std::string source = "/run/assay/shown/" + std::string(fields[0]);
    std::error_code error;
    const bool folder = std::filesystem::is_directory(source, error);
    std::filesystem::create_directories(
        folder ? target : std::filesystem::path(target).parent_path().string(), error);
    if (!folder) (void)UniqueFd(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
      return failed("show", target);
  }
  return out;
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
