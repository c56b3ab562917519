#include "conformance/runner/play/opener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

// What browsers, and what opens them, are called.
constexpr const char* kOpeners[] = {"xdg-open",         "open",       "x-www-browser", "www-browser",
                                    "sensible-browser", "gnome-open", "kde-open",      "wslview"};

}  // namespace

Result<std::unique_ptr<Opener>> Opener::make(const std::string& folder,
                                             std::function<void(const std::string& url)> open) {
  std::unique_ptr<Opener> opener(new Opener);
  opener->folder_ = folder;
  opener->open_ = std::move(open);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(error.message(), folder);
  const std::string pipe = folder + "/urls";
  if (::mkfifo(pipe.c_str(), 0600) != 0 && errno != EEXIST) return fail(std::strerror(errno), pipe);
  // Open for both, so that neither side ever waits for the other or sees an end.
  opener->pipe_ = UniqueFd(::open(pipe.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  opener->stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (opener->pipe_.get() < 0 || opener->stop_.get() < 0) return fail(std::strerror(errno), pipe);
  // The last argument that is a URL: some are called with options.
  const std::string script =
      "#!/bin/sh\nfor one; do case \"$one\" in http*) url=$one ;; esac; done\n"
      "[ -z \"$url\" ] || printf '%s\\n' \"$url\" >> '" +
      pipe + "'\n";
  for (const char* name : kOpeners) {
    const std::string path = folder + "/" + name;
    if (auto written = write_file_atomically(path, script); !written) return tl::unexpected(written.error());
    fs::permissions(path, fs::perms::owner_all, error);
  }
  opener->thread_ = std::thread([raw = opener.get()] { raw->listen(); });
  return opener;
}

Opener::~Opener() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto told = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void Opener::listen() {
  std::string text;
  while (true) {
    pollfd watched[2] = {{pipe_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0) return;
    char buffer[4096];
    const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
    if (count <= 0) continue;
    text.append(buffer, static_cast<std::size_t>(count));
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      open_(text.substr(0, end));
      text.erase(0, end + 1);
    }
  }
}

std::vector<std::string> Opener::environment(const std::string& path) const {
  return {"BROWSER=" + folder_ + "/xdg-open", "PATH=" + folder_ + ":" + path};
}

}  // namespace assay::conformance
