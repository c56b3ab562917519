#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;

namespace {

std::string store_path(const std::string& home) {
  return home + "/auth.json";
}

tl::unexpected<Failure> storage(std::string message) {
  return failure(Category::storage, std::move(message), "store");
}

tl::unexpected<Failure> storage_errno(std::string_view what, const std::string& path) {
  return storage(fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// One write into the blocks that the file has: the kernel copies a page in one go, so a reader and a kill see
// the old bytes or the new ones. Padded with blanks to the old length, so that nothing need be cut off after.
bool write_in_place(const std::string& path, std::string bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  struct stat info {};
  bool written = false;
  const long page = ::sysconf(_SC_PAGESIZE);
  if (::fstat(fd, &info) == 0 && info.st_size > 0 && info.st_blocks > 0 &&
      static_cast<long>(bytes.size()) <= page && info.st_size <= page) {
    bytes.resize(std::max(bytes.size(), static_cast<std::size_t>(info.st_size)), '\n');
    written = ::fchmod(fd, 0600) == 0 &&
              ::pwrite(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  }
  return ::close(fd) == 0 && written;
}

Outcome<void> make_home(const std::string& home) {
  struct stat info {};
  if (::stat(home.c_str(), &info) == 0) return {};
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(home).parent_path(), error);
  if (::mkdir(home.c_str(), 0700) != 0 && errno != EEXIST) return storage_errno("cannot make", home);
  return {};
}

}  // namespace

Outcome<StoreLock> lock_store(const std::string& home, const Deadline& deadline, const Cancel& cancel) {
  if (auto made = make_home(home); !made) return tl::unexpected(made.error());
  const int fd = ::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return storage_errno("cannot open", home);
  StoreLock lock{std::shared_ptr<void>(nullptr, [fd](void*) { ::close(fd); })};
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return storage_errno("cannot lock", home);
    const Wake wake = pause(Millis(5), deadline, cancel);
    if (wake == Wake::cancelled) return failure(Category::cancelled, "cancelled", "store");
    if (deadline.passed())
      return failure(Category::timeout,
                     "timed out waiting for another process to release " + store_path(home), "store");
  }
  return lock;
}

Outcome<json> load_store(const std::string& home) {
  const std::string path = store_path(home);
  if (::access(path.c_str(), F_OK) != 0) return json::object();
  const auto bytes = read_file(path);
  if (!bytes) return storage(bytes.error().text());
  json store = parse_untrusted(*bytes);
  if (store.is_discarded() || !store.is_object())
    return storage(path + " is not a JSON object: it is left as it is; repair or remove it");
  return store;
}

Outcome<void> write_private_file(const std::string& path, const std::string& bytes) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary = fmt::format("{}.{}.{}.tmp", path, ::getpid(), counter++);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool done = fd >= 0;
  if (done) done = ::fchmod(fd, 0600) == 0 && write_all(fd, bytes) && ::fsync(fd) == 0;
  int cause = done ? 0 : errno;
  if (fd >= 0 && ::close(fd) != 0 && cause == 0) cause = errno;
  if (cause == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) cause = errno;
  if (cause == 0) {
    const int directory =
        ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
      ::fsync(directory);
      ::close(directory);
    }
    return {};
  }
  ::unlink(temporary.c_str());
  if ((cause == ENOSPC || cause == EDQUOT) && write_in_place(path, bytes)) return {};
  errno = cause;
  return storage_errno("cannot write", path);
}

json entry_of(const json& store, const Provider& provider) {
  if (const auto found = store.find(provider.id); found != store.end()) return *found;
  for (const std::string& alias : provider.aliases)
    if (const auto found = store.find(alias); found != store.end()) return *found;
  return nullptr;
}

void set_entry(json& store, const Provider& provider, json entry) {
  for (const std::string& alias : provider.aliases) store.erase(alias);
  if (entry.is_null())
    store.erase(provider.id);
  else
    store[provider.id] = std::move(entry);
}

Outcome<void> update_store(const Call& call, const StoreLock&, const std::function<void(json&)>& change) {
  const std::string& home = call.context.home;
  auto store = call.parts->load_store(home);
  if (!store) return tl::unexpected(store.error());
  change(*store);
  return call.parts->write_file(store_path(home), store->dump(2) + '\n');
}

Outcome<void> update_store(const Call& call, const std::function<void(json&)>& change) {
  const auto lock = call.parts->lock(call.context.home, call.deadline, call.cancel);
  if (!lock) return tl::unexpected(lock.error());
  return update_store(call, *lock, change);
}

Outcome<json> current_credential(const Call& call) {
  if (call.context.credential.is_object()) return call.context.credential;
  auto store = call.parts->load_store(call.context.home);
  if (!store) return tl::unexpected(store.error());
  return entry_of(*store, call.context.provider);
}

}  // namespace assay::reference
