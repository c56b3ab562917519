#include "conformance/runner/client/install.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "conformance/runner/client/find_program.h"
#include "harness/base/text.h"
#include "harness/process/child.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

constexpr Micros kInstallDeadline = std::chrono::minutes(15);
constexpr Micros kProgressPeriod = std::chrono::seconds(5);

// The package sets of a client: its Node.js, and its own.
std::vector<std::vector<std::string>> sets_of(const ClientFile& client) {
  std::vector<std::vector<std::string>> sets;
  if (!client.node.empty()) sets.push_back({"node@" + client.node});
  if (!client.packages.empty()) sets.push_back(client.packages);
  return sets;
}

std::uintmax_t bytes_below(const fs::path& folder) {
  std::uintmax_t out = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::end(at);
       at.increment(error)) {
    std::error_code ignored;
    // npm moves files while it works: what is gone again has no size.
    if (at->is_regular_file(ignored)) {
      const auto size = at->file_size(ignored);
      if (!ignored) out += size;
    }
  }
  return out;
}

// Runs npm, and says every few seconds how far it is.
Result<process::Completed> run_npm(process::ChildOptions options, const std::string& what,
                                   const fs::path& part, const std::function<void(const std::string&)>& say) {
  const auto began = std::chrono::steady_clock::now();
  auto child = process::Child::start(std::move(options));
  if (!child) return tl::unexpected(child.error());
  process::Completed done;
  while (true) {
    const auto status = child->wait(kProgressPeriod);
    const auto took = std::chrono::steady_clock::now() - began;
    const auto megabytes = bytes_below(part) / 1000000;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(took).count();
    if (!status && took < kInstallDeadline) {
      say(fmt::format("{}: {} MB after {} s", what, megabytes, seconds));
      continue;
    }
    done.timed_out = !status;
    if (const auto ended = status ? status : child->stop(Micros(0)))
      done.status = *ended;
    else
      return tl::unexpected(ended.error());
    if (done.status.ok()) say(fmt::format("{}: {} MB in {} s", what, megabytes, seconds));
    break;
  }
  done.out = child->text(process::Stream::out);
  done.err = child->text(process::Stream::err);
  return done;
}

// Some packages look at install time whether Node.js is new enough, so npm runs with `path`, the client's
// own.
Result<void> fetch(const std::vector<std::string>& packages, const fs::path& folder, const std::string& path,
                   const std::function<void(const std::string&)>& say) {
  // npm writes beside the final place; only what is whole is moved there.
  const fs::path part = fmt::format("{}.{}.part", folder.string(), getpid());
  std::error_code error;
  fs::remove_all(part, error);
  fs::create_directories(part, error);
  if (error) return fail("cannot make the folder: " + error.message(), part.string());
  process::ChildOptions options;
  options.argv = {"npm", "install", "--prefix", part.string(), "--no-audit", "--no-fund", "--loglevel=error"};
  options.argv.insert(options.argv.end(), packages.begin(), packages.end());
  options.environment = {"PATH=" + path};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("PATH=")) options.environment.emplace_back(*variable);
  }
  options.directory = part.string();
  auto written = write_file_atomically((part / "package.json").string(), "{\"private\": true}\n");
  auto done = written ? run_npm(std::move(options), fmt::format("{}", fmt::join(packages, " ")), part, say)
                      : Result<process::Completed>(tl::unexpected(written.error()));
  if (done && done->status.ok()) fs::rename(part, folder, error);
  if (!done || !done->status.ok() || error) {
    std::error_code ignored;
    fs::remove_all(part, ignored);
  }
  if (!done) return tl::unexpected(done.error());
  if (!done->status.ok()) {
    const std::string reason(trim(done->err).substr(0, 500));
    return fail(fmt::format("npm install {}: {}{}{}", fmt::join(packages, " "),
                            done->timed_out ? "took too long" : done->status.text(),
                            reason.empty() ? "" : ": ", reason));
  }
  // Another process may have been faster; then its folder serves.
  if (error && !fs::exists(folder)) return fail(error.message(), folder.string());
  return {};
}

}  // namespace

Result<std::string> package_folder(const std::vector<std::string>& packages) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (cache != nullptr && *cache == '/') {
    folder = cache;
  } else if (home != nullptr && *home == '/') {
    folder = fs::path(home) / ".cache";
  } else {
    return fail("neither XDG_CACHE_HOME nor HOME says where installed clients are");
  }
  std::string name = fmt::format("{}", fmt::join(packages, "+"));
  std::replace(name.begin(), name.end(), '/', '-');
  return (folder / "assay" / "clients" / name).string();
}

bool is_installed(const ClientFile& client) {
  const auto sets = sets_of(client);
  return std::all_of(sets.begin(), sets.end(), [](const auto& packages) {
    const auto folder = package_folder(packages);
    std::error_code ignored;
    return folder && fs::is_directory(*folder, ignored);
  });
}

Result<void> install(const ClientFile& client, const std::function<void(const std::string&)>& say) {
  auto path = path_for(client);
  if (!path) return tl::unexpected(path.error());
  if (const char* machine = std::getenv("PATH")) *path += fmt::format(":{}", machine);
  for (const auto& packages : sets_of(client)) {
    const auto folder = package_folder(packages);
    if (!folder) return tl::unexpected(folder.error());
    if (fs::exists(*folder)) continue;
    say(fmt::format("installing {} into {}", fmt::join(packages, " "), *folder));
    if (auto fetched = fetch(packages, *folder, *path, say); !fetched) return fetched;
  }
  return {};
}

Result<std::string> path_for(const ClientFile& client) {
  std::string path;
  for (const std::string& folder : client.path) path += folder + ":";
  for (const auto& packages : sets_of(client)) {
    auto folder = package_folder(packages);
    if (!folder) return folder;
    // The package `node` has its program in a place of its own.
    path +=
        packages == client.packages ? *folder + "/node_modules/.bin:" : *folder + "/node_modules/node/bin:";
  }
  return path + kMachinePath;
}

}  // namespace assay::conformance
