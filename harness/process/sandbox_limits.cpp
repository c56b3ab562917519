#include "harness/process/sandbox_limits.h"

#include <dirent.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <thread>

#include "harness/base/text.h"
#include "harness/base/unique_fd.h"

namespace assay::process {
namespace {

constexpr int kWatchPeriodMs = 100;
// Close to the limit: at it, what would be counted could not be made.
constexpr std::uint64_t kTaskMargin = 8;

std::string in_mebibytes(std::uint64_t bytes) {
  return fmt::format("{} MiB", bytes >> 20U);
}

// Processes in sight. Quick: among thousands that never sleep, this thread has milliseconds in a second.
std::uint64_t count_processes() {
  std::uint64_t count = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  for (const dirent* one = nullptr; folder && (one = ::readdir(folder.get())) != nullptr;) {
    if (one->d_name[0] >= '1' && one->d_name[0] <= '9') ++count;
  }
  return count;
}

// The limit that is reached, as words; empty when none is.
std::string reached_limit(const SandboxLimits& limits) {
  std::uint64_t tasks = 0, memory = 0;
  if (count_processes() + kTaskMargin >= limits.tasks)
    return fmt::format("{} processes and threads", limits.tasks);
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (name.empty() || name.front() < '0' || name.front() > '9') continue;
    const auto status = read_file("/proc/" + name + "/status");
    if (!status || !is_nested(*status)) continue;
    tasks += status_number(*status, "\nThreads:");
    memory += (status_number(*status, "\nRssAnon:") + status_number(*status, "\nVmSwap:")) << 10U;
  }
  if (tasks + kTaskMargin >= limits.tasks) return fmt::format("{} processes and threads", limits.tasks);
  if (memory > limits.memory) return in_mebibytes(limits.memory) + " of memory";
  struct statvfs files {};
  if (::statvfs("/tmp", &files) == 0 && files.f_blocks > 0 && files.f_bavail == 0)
    return in_mebibytes(files.f_blocks * files.f_frsize) + " of files in /tmp, /var/tmp and /dev/shm";
  if (files.f_files > 0 && files.f_ffree == 0)
    return fmt::format("{} files in /tmp, /var/tmp and /dev/shm", files.f_files);
  return {};
}

}  // namespace

std::uint64_t status_number(const std::string& status, const char* name) {
  const auto at = status.find(name);
  if (at == std::string::npos) return 0;
  auto text = std::string_view(status).substr(at + std::string_view(name).size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A process has a number in each namespace (NSpid).
bool is_nested(const std::string& status) {
  const auto at = status.find("\nNSpid:");
  if (at == std::string::npos) return false;
  const auto line = std::string_view(status).substr(at + 1, status.find('\n', at + 1) - at - 1);
  return std::count(line.begin(), line.end(), '\t') > 1;
}

// The shadow memory of a sanitizer is terabytes of data by that limit's count, and little of it is used.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kShadowed = true;
#else
constexpr bool kShadowed = false;
#endif

bool set_limits(const SandboxLimits& limits) noexcept {
  const auto set = [](__rlimit_resource resource, std::uint64_t value) {
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return false;
    const rlimit wanted{std::min<rlim_t>(value, now.rlim_max), std::min<rlim_t>(value, now.rlim_max)};
    return ::setrlimit(resource, &wanted) == 0;
  };
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return false;
  descriptors.rlim_max = std::min<rlim_t>(descriptors.rlim_max, limits.descriptors);
  descriptors.rlim_cur = std::min(descriptors.rlim_cur, descriptors.rlim_max);
  // SIGXCPU first, which the verdict can name.
  rlimit cpu{limits.cpu_seconds, limits.cpu_seconds + 5};
  return ::setrlimit(RLIMIT_CPU, &cpu) == 0 && set(RLIMIT_NPROC, limits.tasks) &&
         (kShadowed || set(RLIMIT_DATA, 4 * limits.memory)) && set(RLIMIT_CORE, 0) &&
         ::setrlimit(RLIMIT_NOFILE, &descriptors) == 0;
}

struct LimitWatch::State {
  UniqueFd wake{::eventfd(0, EFD_CLOEXEC)};
  std::thread thread;
};

LimitWatch::LimitWatch(const SandboxLimits& limits, std::function<void(std::string)> reached)
    : state_(std::make_unique<State>()) {
  state_->thread = std::thread([wake = state_->wake.get(), limits, reached = std::move(reached)] {
    pollfd wait{wake, POLLIN, 0};
    while (::poll(&wait, 1, kWatchPeriodMs) <= 0) {
      if (std::string limit = reached_limit(limits); !limit.empty()) return reached(std::move(limit));
    }
  });
}

LimitWatch::~LimitWatch() {
  const std::uint64_t one = 1;
  (void)!::write(state_->wake.get(), &one, sizeof one);
  state_->thread.join();
}

}  // namespace assay::process
