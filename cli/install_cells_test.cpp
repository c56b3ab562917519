// assay clients install: what runs code of packages runs in a cell. The registry's tool is a shell script,
// which stands for the scripts of the packages too.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "harness/base/text.h"
#include "harness/process/cell.h"
#include "harness/process/child.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class InstallCellsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-install-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    for (const char* part : {"/bin", "/home", "/cache"}) fs::create_directories(folder_ + part);
    std::ofstream(folder_ + "/home/.npmrc") << "//registry.example/:_authToken=secret\n";
    std::ofstream(folder_ + "/mine.yaml")
        << "name: mine\ntitle: Mine\npackages: [\"tool@1.2.3\"]\nscripts: run\n"
           "capabilities: [chat]\nargv: [tool]\n";
  }
  void TearDown() override { fs::remove_all(folder_); }

  // `npm install` fetches, and `npm rebuild` runs the script of the package.
  process::Completed install(const std::string& script, const std::vector<std::string>& more = {},
                             const std::string& before = {}) const {
    std::ofstream(folder_ + "/bin/npm")
        << "#!/bin/sh\nif [ $1 = install ]; then\n  mkdir -p $3/node_modules/tool\n"
           "  echo '{\"packages\": {\"node_modules/tool\": {\"version\": \"1.2.3\", \"hasInstallScript\": "
           "true}}}' > "
           "$3/node_modules/.package-lock.json\n  exit 0\nfi\ncd $3/node_modules/tool\n"
        << script;
    fs::permissions(folder_ + "/bin/npm", fs::perms(0755));
    process::ChildOptions options;
    options.argv = {"/bin/sh", "-c",
                    (before.empty() ? "exec " : before) + ASSAY_PROGRAM " clients install ./mine.yaml \"$@\"",
                    "sh"};
    options.argv.insert(options.argv.end(), more.begin(), more.end());
    options.environment = {"PATH=" + folder_ + "/bin:/usr/bin:/bin", "HOME=" + folder_ + "/home",
                           "XDG_CACHE_HOME=" + folder_ + "/cache",
                           std::string("ASSAY_DATA=") + ASSAY_SOURCE_DIR, "SECRET_TOKEN=of-the-caller"};
    options.directory = folder_;
    return process::run_program(options, std::chrono::seconds(60)).value();
  }
  std::string installed() const { return folder_ + "/cache/assay/clients/tool@1.2.3~scripts"; }
  std::string said() const { return read_file(installed() + "/node_modules/tool/said").value_or("nothing"); }

  std::string folder_;
};

TEST_F(InstallCellsTest, AScriptSeesNoCredentialAndNoNetworkAndWritesInItsPackagesAlone) {
  if (process::cells_available().kind != process::CellsAnswer::possible) GTEST_SKIP() << "no cells";
  const std::string home = folder_ + "/home";
  const auto done = install("(id -u; ls -A $HOME | wc -l; cat " + home +
                            "/.npmrc; env; cat /proc/net/dev\n"
                            "touch " +
                            home +
                            "/written ../../written /usr/written) > said 2>&1\n"
                            "cp /bin/true program; chmod 4755 program; mkfifo pipe; exit 0\n");
  ASSERT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("tool@1.2.3: npm runs in a cell\n"));
  EXPECT_THAT(said(), AllOf(testing::StartsWith("1000\n0\n"), Not(HasSubstr("secret")),
                            Not(HasSubstr("of-the-caller")), Not(HasSubstr("eth0"))));
  EXPECT_FALSE(fs::exists(home + "/written"));
  EXPECT_FALSE(fs::exists(installed() + "/written"));
  // What it leaves is the caller's, without rights that a program could lend.
  struct stat info {};
  ASSERT_EQ(::stat((installed() + "/node_modules/tool/program").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, ::geteuid());
  EXPECT_EQ(info.st_mode & 07777U, 0755U);
  EXPECT_FALSE(fs::exists(installed() + "/node_modules/tool/pipe"));
}

TEST_F(InstallCellsTest, TheNetworkIsThereWhenTheClientFileAsks) {
  if (process::cells_available().kind != process::CellsAnswer::possible) GTEST_SKIP() << "no cells";
  std::string text = read_file(folder_ + "/mine.yaml").value();
  text.replace(text.find("scripts: run"), 12, "scripts: network");
  std::ofstream(folder_ + "/mine.yaml") << text;
  const auto done = install("readlink /proc/self/ns/net > said\n");
  ASSERT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("npm runs in a cell with this machine's network\n"));
  EXPECT_EQ(said(), fs::read_symlink("/proc/self/ns/net").string() + "\n");
}

TEST_F(InstallCellsTest, AScriptThatFailsLeavesNothingAndIsQuoted) {
  if (process::cells_available().kind != process::CellsAnswer::possible) GTEST_SKIP() << "no cells";
  const auto done = install("echo 'this platform is not supported' >&2\nexit 3\n");
  EXPECT_EQ(done.status.code, 3);
  EXPECT_THAT(done.err,
              AllOf(HasSubstr("npm rebuild for tool@1.2.3: exit 3"), HasSubstr("is not supported")));
  EXPECT_TRUE(fs::is_empty(folder_ + "/cache/assay/clients"));
}

// In a user namespace whose owner allows no further ones.
TEST_F(InstallCellsTest, WhereCellsAreForbiddenScriptsRunOnlyWhenTold) {
  const std::string limited =
      "exec unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec \"$@\"' "
      "sh ";
  const auto run = [&](const std::vector<std::string>& more) {
    return install("echo here > said\n", more, limited);
  };
  const auto without = run({});
  EXPECT_EQ(without.status.code, 3) << without.out << without.err;
  EXPECT_THAT(without.err, AllOf(HasSubstr("max_user_namespaces is 0"), HasSubstr("say --no-cells")));
  EXPECT_EQ(said(), "nothing");
  const auto told = run({"--no-cells"});
  EXPECT_EQ(told.status.code, 0) << told.out << told.err;
  EXPECT_EQ(said(), "here\n");
}

}  // namespace
}  // namespace assay
