// Reading and writing whole files: what is a device, a pipe or a link is treated as one.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <utility>

#include "harness/base/atomic_file.h"
#include "harness/base/text.h"
#include "harness/base/unique_fd.h"

namespace assay {
namespace {

constexpr int longest_chain_of_links = 40;
constexpr int patience_for_a_writer_ms = 5000;

tl::unexpected<Error> cannot(const char* what, const std::string& path, int error) {
  return fail(std::string("cannot ") + what + ": " + std::strerror(error), path);
}

// 0, or the error.
int write_all(int fd, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t n = ::write(fd, rest.data(), rest.size());
    if (n < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

// The open file that /dev/stdout, /dev/fd/63 and the like name: written to where it stands, for a second
// description of the same file would begin at its front again.
std::optional<int> named_descriptor(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int fd = -1;
    const char* const end = path.data() + path.size();
    const auto [at, error] = std::from_chars(path.data() + folder.size(), end, fd);
    if (error == std::errc() && at == end && fd >= 0) return fd;
  }
  return std::nullopt;
}

// The path that a chain of links ends at, whether something is there or not.
Result<std::string> behind_links(const std::string& path) {
  std::filesystem::path at = path;
  for (int i = 0; i < longest_chain_of_links; ++i) {
    std::error_code error;
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(at, error))) return at.string();
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    if (error) return cannot("write", path, error.value());
    at = target.is_absolute() ? target : at.parent_path() / target;
  }
  return cannot("write", path, ELOOP);
}

std::string temporary_name(const std::string& path) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string name = path + ".";
  for (int i = 0; i < 8; ++i) name += letters[random() % letters.size()];
  return name;
}

// A new file beside `path`: without a name where the file system can, so that nothing stays when the program
// is killed; else with the name that is put into `name`.
UniqueFd open_beside(const std::string& path, std::string& name) {
  constexpr int attempts = 16;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  UniqueFd fd(::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
  for (int i = 0; i < attempts && !fd; ++i) {
    name = temporary_name(path);
    fd = UniqueFd(::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
    if (errno != EEXIST) break;
  }
  return fd;
}

// Gives a file without a name one: `path` itself when it is free, else one beside it. 0, or the error.
int give_name(int fd, const std::string& path, std::string& name) {
  constexpr int attempts = 16;
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  const auto link_to = [&](const std::string& to) {
    return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0;
  };
  if (link_to(path)) return 0;
  for (int i = 0; i < attempts && errno == EEXIST; ++i) {
    name = temporary_name(path);
    if (link_to(name)) return 0;
  }
  return errno;
}

}  // namespace

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      name_(std::exchange(other.name_, {})),
      through_(other.through_),
      fd_(std::move(other.fd_)) {}

AtomicFile::~AtomicFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

Result<void> AtomicFile::failed(int error) const {
  return cannot("write", path_, error);
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  AtomicFile file;
  file.path_ = path;
  struct stat there {};
  const std::optional<int> named = named_descriptor(path);
  file.through_ =
      named || (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode));
  if (file.through_) {
    file.fd_ = UniqueFd(named ? ::fcntl(*named, F_DUPFD_CLOEXEC, 0)
                              : ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  } else {
    Result<std::string> target = behind_links(path);
    if (!target) return tl::unexpected(target.error());
    file.target_ = std::move(*target);
    file.fd_ = open_beside(file.target_, file.name_);
  }
  if (!file.fd_) return cannot("write", path, errno);
  return file;
}

Result<void> AtomicFile::write(std::string_view bytes) {
  if (const int error = write_all(fd_.get(), bytes); error != 0) return failed(error);
  return {};
}

Result<void> AtomicFile::commit() {
  if (through_) return {};
  struct stat before {};
  if (::stat(target_.c_str(), &before) == 0 && ::fchmod(fd_.get(), before.st_mode & 07777U) != 0)
    return failed(errno);
  if (::fsync(fd_.get()) != 0) return failed(errno);
  if (name_.empty()) {
    if (const int error = give_name(fd_.get(), target_, name_); error != 0) return failed(error);
    if (name_.empty()) return {};
  }
  if (::rename(name_.c_str(), target_.c_str()) != 0) return failed(errno);
  name_.clear();
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return tl::unexpected(file.error());
  if (Result<void> written = file->write(bytes); !written) return written;
  return file->commit();
}

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat what {};
  if (!fd || ::fstat(fd.get(), &what) != 0) return cannot("read", path, errno);
  if (S_ISDIR(what.st_mode)) return fail("expected a file, found a directory", path);
  if (S_ISBLK(what.st_mode)) return fail("expected a file, found a device", path);
  std::string out;
  if (S_ISREG(what.st_mode)) out.reserve(static_cast<std::size_t>(what.st_size));
  std::array<char, std::size_t{64} * 1024> buffer{};
  bool waited = !S_ISFIFO(what.st_mode);
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if ((n < 0 && errno == EAGAIN) || (n == 0 && !std::exchange(waited, true))) {
      // A pipe without a writer looks ended; one that comes is waited for.
      pollfd ready{fd.get(), POLLIN, 0};
      const bool unopened = n == 0;
      if (::poll(&ready, 1, unopened ? patience_for_a_writer_ms : -1) == 0 && unopened)
        return fail("no program writes into this pipe", path);
      continue;
    }
    if (n < 0) return cannot("read", path, errno);
    if (n == 0) return out;
    waited = true;
    out.append(buffer.data(), static_cast<std::size_t>(n));
    if (out.size() > max_file_bytes ||
        (S_ISCHR(what.st_mode) && out.find_first_not_of('\0') == std::string::npos &&
         out.size() >= buffer.size()))
      return fail(S_ISCHR(what.st_mode) ? "expected a file, found a device without an end"
                                        : "the file is larger than 1 GiB",
                  path);
  }
}

}  // namespace assay
