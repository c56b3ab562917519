#include "conformance/runner/client/registries.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kUv = "uv==0.13.9";

// When each version of one package was published, from the registry's own index; ISO 8601 sorts by itself.
using Dates = std::map<std::string, std::string>;

Result<Dates> npm_dates(const Installation& one, const std::string& name) {
  const auto out = one.run(
      {"npm", "view", name, "time", "--json", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"}, {});
  if (!out) return tl::unexpected(out.error());
  json whole = json::parse(*out, nullptr, false);
  if (whole.is_array() && !whole.empty()) whole = whole.back();
  Dates dates;
  if (whole.is_object()) {
    for (const auto& [version, date] : whole.items())
      if (date.is_string()) dates[version] = date.get<std::string>();
  }
  return dates;
}

// pip has no word for it; this is the index that pip and uv read.
constexpr const char* kPypiDates = R"(
import json, os, sys, urllib.request
index = os.environ.get('UV_DEFAULT_INDEX') or os.environ.get('UV_INDEX_URL') or os.environ.get('PIP_INDEX_URL') or 'https://pypi.org/simple'
ask = urllib.request.Request(index.rstrip('/') + '/' + sys.argv[1] + '/', headers={'Accept': 'application/vnd.pypi.simple.v1+json'})
dates = {}
try:
    for file in json.load(urllib.request.urlopen(ask, timeout=60))['files']:
        version = file['filename'].removesuffix('.tar.gz').split('-')[1]
        dates[version] = max(dates.get(version, ''), file.get('upload-time', ''))
except Exception as error:
    sys.exit(f'{ask.full_url}: {error}')
json.dump(dates, sys.stdout)
)";

Result<Dates> pypi_dates(const Installation& one, const std::string& name) {
  const auto out = one.run({"python3", "-c", kPypiDates, name}, {});
  if (!out) return tl::unexpected(out.error());
  const json whole = json::parse(*out, nullptr, false);
  return whole.is_object() ? whole.get<Dates>() : Dates();
}

// The day as of which the set is resolved: that on which the newest of as_of was published. A package that is
// pinned to something newer is then taken as it was on that day.
Result<std::string> dated(PackageSet& set, const std::function<Result<Dates>(const std::string&)>& dates_of) {
  std::string day;
  std::map<std::string, Dates> known;
  for (const Package& package : set.packages) {
    auto dates = dates_of(package.name);
    if (!dates) return tl::unexpected(dates.error());
    known[package.name] = *dates;
  }
  for (const Package& package : set.as_of) {
    const Dates& dates = known[package.name];
    const auto found = dates.find(package.version);
    if (found == dates.end()) return fail(fmt::format("the registry does not list {}", package.text()));
    day = std::max(day, found->second);
  }
  for (Package& package : set.packages) {
    const auto found = known[package.name].find(package.version);
    const bool asked = std::find(set.as_of.begin(), set.as_of.end(), package) != set.as_of.end();
    if (!asked && (found == known[package.name].end() || found->second > day)) package.version.clear();
  }
  return day;
}

// Monorepos publish one package after the other: what appeared within the hour belongs together.
std::string an_hour_later(const std::string& day) {
  std::tm time{};
  if (strptime(day.c_str(), "%Y-%m-%dT%H:%M:%S", &time) == nullptr) return day;
  const std::time_t later = timegm(&time) + 3600;
  gmtime_r(&later, &time);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &time);
  return out;
}

std::vector<std::string> with_pins(std::vector<std::string> argv, const PackageSet& set,
                                   std::string_view by) {
  for (const Package& package : set.packages)
    argv.push_back(package.version.empty() ? package.name
                                           : fmt::format("{}{}{}", package.name, by, package.version));
  return argv;
}

// Names of packages that npm's list marks as having install scripts.
std::vector<std::string> with_scripts(const std::string& hidden_lock) {
  const json whole = json::parse(hidden_lock, nullptr, false);
  std::vector<std::string> out;
  for (const auto& [path, entry] : whole.at("packages").items()) {
    const auto found = entry.find("hasInstallScript");
    if (found != entry.end() && *found == true) out.push_back(path.substr(path.rfind("node_modules/") + 13));
  }
  return out;
}

Result<Lock> install_npm(const Installation& one) {
  PackageSet set = one.set;
  const std::vector<std::string> quiet = {
      "--prefix", one.folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
      // Off line it would try for ten minutes.
      "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"};
  std::vector<std::string> argv = {"npm", one.lock.empty() ? "install" : "ci"};
  argv.insert(argv.end(), quiet.begin(), quiet.end());
  std::string manifest = "{\"private\": true}\n", lock;
  if (!one.lock.empty()) {
    std::tie(manifest, lock) = npm_files(one.lock);
  } else {
    if (!set.as_of.empty()) {
      auto day = dated(set, [&](const std::string& name) { return npm_dates(one, name); });
      if (!day) return tl::unexpected(day.error());
      argv.push_back("--before=" + an_hour_later(*day));
      // Whoever asks for an inner package gets this version of it.
      json overrides = json::object();
      for (const Package& inner : set.inner) overrides[inner.name] = inner.version;
      manifest = json({{"private", true}, {"overrides", overrides}}).dump(1);
    }
    argv = with_pins(std::move(argv), set, "@");
  }
  if (auto done = write_file_atomically(one.folder + "/package.json", manifest); !done)
    return tl::unexpected(done.error());
  if (!lock.empty()) {
    if (auto done = write_file_atomically(one.folder + "/package-lock.json", lock); !done)
      return tl::unexpected(done.error());
  }
  if (auto done = one.run(argv, {}); !done) return tl::unexpected(done.error());
  const auto hidden = read_file(one.folder + "/node_modules/.package-lock.json");
  if (!hidden) return Lock{};  // nothing but links
  auto listed = lock_of_npm(*hidden);
  if (!listed) return listed;
  if (set.scripts == Scripts::none) {
    if (const auto with = with_scripts(*hidden); !with.empty())
      one.say(
          fmt::format("install scripts of {} were not run; `scripts: run` in the client file runs them in a "
                      "cell",
                      fmt::join(with, ", ")));
    return listed;
  }
  const bool network = set.scripts == Scripts::network;
  std::vector<std::string> more = {"npm_config_update_notifier=false"};
  if (!network) more.emplace_back("npm_config_offline=true");
  if (auto done = one.untrusted({{"npm", "rebuild", "--prefix", one.folder, "--loglevel=error"},
                                 more,
                                 {one.folder + "/node_modules"},
                                 network});
      !done)
    return tl::unexpected(done.error());
  return listed;
}

// As PyPI compares names: "Foo.Bar_baz" is foo-bar-baz.
std::string normal_name(const std::string& name) {
  std::string out;
  for (const char letter : name) {
    const bool dash = letter == '-' || letter == '_' || letter == '.';
    if (dash && !out.empty() && out.back() == '-') continue;
    out += dash ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return out;
}

// uv resolves as of a day; pip cannot. Taken from PATH, or from PyPI.
Result<std::string> find_uv(const Installation& one) {
  if (one.run({"uv", "--version"}, {})) return std::string("uv");
  const std::string program = one.tools + "/bin/uv";
  if (fs::exists(program)) return program;
  if (auto made = one.run({"python3", "-m", "venv", one.tools}, {}); !made)
    return fail("python3 cannot make a virtual environment (apt-get install python3-venv): " +
                made.error().message);
  if (auto done = one.run({one.tools + "/bin/pip", "install", "--quiet", "--only-binary=:all:", kUv}, {});
      !done)
    return tl::unexpected(done.error());
  return program;
}

// What lies in the site-packages of a virtual environment: folders NAME-VERSION.dist-info.
Result<Lock> lock_of_python(const std::string& folder) {
  Lock out;
  std::error_code error;
  for (const auto& python : fs::directory_iterator(folder + "/lib", error)) {
    for (const auto& entry : fs::directory_iterator(python.path() / "site-packages", error)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".dist-info")) continue;
      const auto text = read_file((entry.path() / "METADATA").string());
      std::string package, version;
      for (const std::string_view line : split(text ? std::string_view(*text) : std::string_view(), '\n')) {
        if (trim(line).empty()) break;
        if (line.starts_with("Name: ") && package.empty()) package = trim(line.substr(6));
        if (line.starts_with("Version: ") && version.empty()) version = trim(line.substr(9));
      }
      if (!package.empty()) out[normal_name(package)] = version;
    }
  }
  return out;
}

Result<Lock> install_pypi(const Installation& one) {
  PackageSet set = one.set;
  const auto uv = find_uv(one);
  if (!uv) return tl::unexpected(uv.error());
  if (auto made = one.run(
          {*uv, "venv", "--quiet", "--relocatable", "--allow-existing", "--python", "python3", one.folder},
          {});
      !made)
    return tl::unexpected(made.error());
  const std::string python = one.folder + "/bin/python";
  std::vector<std::string> argv = {*uv, "pip", "install", "--quiet", "--python", python};
  if (set.scripts == Scripts::none) argv.emplace_back("--only-binary=:all:");
  if (!one.lock.empty()) {
    std::string pins;
    for (const auto& [name, version] : one.lock) pins += name + "==" + version + "\n";
    const std::string file = one.folder + "/requirements.txt";
    if (auto done = write_file_atomically(file, pins); !done) return tl::unexpected(done.error());
    argv.insert(argv.end(), {"--no-deps", "-r", file});
  } else {
    if (!set.as_of.empty()) {
      auto day = dated(
          set, [&](const std::string& name) { return pypi_dates(one, name.substr(0, name.find('['))); });
      if (!day) return tl::unexpected(day.error());
      argv.insert(argv.end(), {"--exclude-newer", an_hour_later(*day)});
    }
    argv = with_pins(std::move(argv), set, "==");
  }
  if (set.scripts == Scripts::none) {
    if (auto done = one.run(argv, {}); !done) return tl::unexpected(done.error());
    // By a Python that sees none of the packages: the environment's own would run code of theirs (*.pth).
    // What cannot be compiled is compiled when it is imported, or never.
    (void)one.run({"python3", "-I", "-S", "-m", "compileall", "-q", one.folder + "/lib"}, {});
  } else {
    argv.emplace_back("--compile-bytecode");
    // Archives of sources are built by code of their own, which fetches what it builds with.
    const bool network = set.scripts == Scripts::network;
    if (auto done =
            one.untrusted({argv, {"UV_CACHE_DIR=/tmp/home/uv", "UV_LINK_MODE=copy"}, {one.folder}, network});
        !done)
      return tl::unexpected(done.error());
  }
  return lock_of_python(one.folder);
}

Result<void> copy_sources(const Installation& one, const std::string& folder) {
  if (one.set.build.empty())
    return fail(fmt::format("packages of {} need build:, the folders of the program that uses them",
                            to_string(one.set.registry())));
  for (const std::string& sources : one.set.build) {
    std::error_code error;
    fs::copy(sources, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
    if (error) return fail("cannot copy the sources: " + error.message(), sources);
  }
  return {};
}

// The one program that a build has left in `built`, which it could fill as it liked.
Result<void> take_program(const std::string& built, const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(built, error)) {
    const std::string name = entry.path().filename().string();
    if (fs::is_regular_file(entry.symlink_status(error)) && entry.path().extension().empty() &&
        name.front() != '.') {
      fs::rename(entry.path(), folder + "/program", error);
      if (error) return fail("cannot move the program: " + error.message(), entry.path().string());
      fs::permissions(folder + "/program", fs::perms(0755), error);
      return {};
    }
  }
  return fail("the build left no program in " + built);
}

// What builds of several versions have in common, most of what there is to compile: a folder that only their
// cells write in, and nothing is run from.
std::string kept_for_builds(const Installation& one, std::string name) {
  std::replace(name.begin(), name.end(), '/', '-');
  std::string folder = fs::path(one.tools).parent_path() / ("tools-" + name);
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  return folder;
}

// A Go module takes the lowest versions that satisfy every go.mod: the same today as on the day of release.
Result<Lock> install_go(const Installation& one) {
  const std::string source = one.folder + "/source";
  if (auto copied = copy_sources(one, source); !copied) return tl::unexpected(copied.error());
  const std::vector<std::string> more = {"GOTOOLCHAIN=local", "GOFLAGS=-mod=mod", "CGO_ENABLED=0",
                                         "GOWORK=off"};
  const auto go = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"go", "-C", source});
    return one.run(words, more);
  };
  if (auto done = go({"mod", "init", "adapter"}); !done) return tl::unexpected(done.error());
  if (auto done = go(with_pins({"get"}, one.set, "@")); !done) return tl::unexpected(done.error());
  // Asking for a module brings no sums of what its packages import.
  if (auto done = go({"mod", "tidy"}); !done) return tl::unexpected(done.error());
  const auto listed = go({"list", "-m", "all"});
  if (!listed) return tl::unexpected(listed.error());
  if (auto done = go({"mod", "vendor"}); !done) return tl::unexpected(done.error());
  const std::string built = one.folder + "/built";
  fs::create_directory(built);
  const std::string compiled = kept_for_builds(one, "go");
  if (auto done = one.untrusted({{"go", "-C", source, "build", "-trimpath", "-o", built + "/program", "."},
                                 {"GOTOOLCHAIN=local", "GOFLAGS=-mod=vendor", "CGO_ENABLED=0", "GOWORK=off",
                                  "GOPROXY=off", "GOTELEMETRY=off", "GOCACHE=" + compiled},
                                 {built, compiled},
                                 false});
      !done)
    return tl::unexpected(done.error());
  if (auto taken = take_program(built, one.folder); !taken) return tl::unexpected(taken.error());
  return parse_lock(*listed);
}

// A pom names every version: what is beneath a release does not change after it.
Result<Lock> install_maven(const Installation& one) {
  const std::string source = one.folder + "/source", libraries = one.folder + "/lib";
  if (auto copied = copy_sources(one, source); !copied) return tl::unexpected(copied.error());
  std::string pom =
      "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>"
      "<groupId>assay</groupId><artifactId>adapter</artifactId><version>1</version>\n<dependencies>\n";
  for (const Package& package : one.set.packages) {
    const auto colon = package.name.find(':');
    pom += fmt::format(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>\n",
        package.name.substr(0, colon), package.name.substr(colon + 1), package.version);
  }
  pom += "</dependencies></project>\n";
  if (auto done = write_file_atomically(one.folder + "/pom.xml", pom); !done)
    return tl::unexpected(done.error());
  const std::vector<std::string> mvn = {"mvn",
                                        "-q",
                                        "-B",
                                        "-Dstyle.color=never",
                                        "-f",
                                        one.folder + "/pom.xml",
                                        "dependency:copy-dependencies",
                                        "-DoutputDirectory=" + libraries,
                                        "-DincludeScope=runtime"};
  // -U: it would remember that it once found nothing. It gives up on a file that came broken or late, and
  // keeps those that came whole: what is left comes the next time.
  auto fetched = one.run(mvn, {});
  for (int more = 2; !fetched && more > 0; --more) fetched = one.run(mvn, {});
  if (!fetched) return tl::unexpected(fetched.error());
  fs::create_directory(one.folder + "/classes");
  std::vector<std::string> argv = {"javac",          "-proc:none", "-cp",
                                   libraries + "/*", "-d",         one.folder + "/classes"};
  for (const auto& entry : fs::directory_iterator(source))
    if (entry.path().extension() == ".java") argv.push_back(entry.path().string());
  if (auto done = one.untrusted({argv, {}, {one.folder + "/classes"}, false}); !done)
    return tl::unexpected(done.error());
  Lock out;
  for (const auto& entry : fs::directory_iterator(libraries)) {
    const std::string name = entry.path().stem().string();
    std::size_t at = name.find('-');  // artifact-1.2.3: the version begins with the first digit after a dash
    while (at != std::string::npos &&
           (at + 1 >= name.size() || std::isdigit(static_cast<unsigned char>(name[at + 1])) == 0))
      at = name.find('-', at + 1);
    out[name.substr(0, at)] = at == std::string::npos ? "" : name.substr(at + 1);
  }
  return out;
}

// The name by which a manifest calls a package that it renames (`rig = { package = "rig-core" …`), empty for
// others.
std::string renamed_in(const std::string& manifest, const std::string& package) {
  for (const std::string_view line : split(manifest, '\n')) {
    if (line.find(fmt::format("package = \"{}\"", package)) != std::string_view::npos)
      return std::string(trim(line.substr(0, line.find('='))));
  }
  return {};
}

// Cargo resolves to the newest that fits, and knows no date: Cargo.lock beside the sources holds what is
// beneath.
Result<Lock> install_cargo(const Installation& one) {
  const std::string source = one.folder + "/source", manifest = source + "/Cargo.toml";
  if (auto copied = copy_sources(one, source); !copied) return tl::unexpected(copied.error());
  const auto cargo = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "cargo");
    words.insert(words.end(), {"--manifest-path", manifest});
    return one.run(words, {});
  };
  for (const Package& package : one.set.packages) {
    std::vector<std::string> add = {"add", "--quiet", fmt::format("{}@={}", package.name, package.version)};
    const auto text = read_file(manifest);
    if (const std::string name = text ? renamed_in(*text, package.name) : ""; !name.empty())
      add.insert(add.end(), {"--rename", name});
    if (auto done = cargo(add); !done) return tl::unexpected(done.error());
  }
  const auto tree = cargo({"tree", "--quiet", "--prefix", "none", "--format", "{p}"});
  if (!tree) return tl::unexpected(tree.error());
  const std::string target = kept_for_builds(one, "cargo-" + one.set.packages.front().name);
  // In the same place for all versions: Cargo compiles again what lies elsewhere.
  const std::string vendor = target + "/vendor";
  if (auto done = one.run({"cargo", "vendor", "--quiet", "--versioned-dirs", "--no-delete", "--manifest-path",
                           manifest, vendor},
                          {});
      !done)
    return tl::unexpected(done.error());
  // Build scripts and procedural macros are programs.
  if (auto done =
          one.untrusted({{"cargo", "build", "--quiet", "--release", "--offline", "--manifest-path", manifest,
                          "--config", "source.crates-io.replace-with='vendored'", "--config",
                          fmt::format("source.vendored.directory='{}'", vendor)},
                         {"CARGO_TARGET_DIR=" + target, "CARGO_BUILD_JOBS=2", "CARGO_HOME=/tmp/home/cargo"},
                         {target},
                         false});
      !done)
    return tl::unexpected(done.error());
  if (auto taken = take_program(target + "/release", one.folder); !taken)
    return tl::unexpected(taken.error());
  Lock out;
  for (const std::string_view line : split(*tree, '\n')) {
    const auto by = line.find(" v");
    if (by == std::string_view::npos) continue;
    const auto rest = line.substr(by + 2);
    out[std::string(line.substr(0, by))] = rest.substr(0, rest.find(' '));
  }
  return out;
}

}  // namespace

std::vector<Tool> tools_of(Registry registry) {
  switch (registry) {
    case Registry::npm:
      return {{"npm", "apt-get install npm"}};
    case Registry::pypi:
      return {{"python3", "apt-get install python3-venv"}};
    case Registry::go:
      return {{"go", "apt-get install golang-go, or https://go.dev/dl"}};
    case Registry::maven:
      return {{"javac", "apt-get install default-jdk-headless"}, {"mvn", "apt-get install maven"}};
    case Registry::cargo:
      return {{"cargo", "apt-get install cargo, or https://rustup.rs"}};
  }
  return {};
}

Result<Lock> install_set(const Installation& one) {
  switch (one.set.registry()) {
    case Registry::npm:
      return install_npm(one);
    case Registry::pypi:
      return install_pypi(one);
    case Registry::go:
      return install_go(one);
    case Registry::maven:
      return install_maven(one);
    case Registry::cargo:
      return install_cargo(one);
  }
  return fail("an unknown registry");
}

}  // namespace assay::conformance
