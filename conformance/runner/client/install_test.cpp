// Installing a client, with an npm that is a shell script.
#include "conformance/runner/client/install.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::HasSubstr;

class InstallTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-install-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    cache_ = name;
    if (const char* before = std::getenv("XDG_CACHE_HOME")) before_ = before;
    setenv("XDG_CACHE_HOME", cache_.c_str(), 1);
    client_.name = "tool";
    client_.packages = {"@maker/tool@1.2.3"};
    client_.node = "9.9.9";
  }
  void TearDown() override {
    if (before_) {
      setenv("XDG_CACHE_HOME", before_->c_str(), 1);
    } else {
      unsetenv("XDG_CACHE_HOME");
    }
    fs::remove_all(cache_);
  }
  // The client's own Node.js is there already, and brings this npm; it is run as `npm install --prefix
  // FOLDER`.
  void npm(const std::string& script) const {
    const fs::path bin = fs::path(cache_) / "assay/clients/node@9.9.9/node_modules/node/bin";
    fs::create_directories(bin);
    std::ofstream(bin / "npm") << "#!/bin/sh\n" << script;
    fs::permissions(bin / "npm", fs::perms::owner_all);
  }
  Result<void> run() {
    return install(client_, [this](const std::string& line) { said_.push_back(line); });
  }

  std::string cache_;
  std::optional<std::string> before_;
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
  const std::string folder = package_folder(client_.packages).value();
  EXPECT_EQ(folder, cache_ + "/assay/clients/@maker-tool@1.2.3");
  std::ifstream in(folder + "/arguments");
  std::string arguments;
  std::getline(in, arguments);
  EXPECT_THAT(arguments, HasSubstr(" @maker/tool@1.2.3"));
  EXPECT_THAT(path_for(client_).value(), testing::StartsWith(cache_ + "/assay/clients/node@9.9.9/"));
  // What is there is not fetched again.
  said_.clear();
  npm("exit 1\n");
  EXPECT_TRUE(run());
  EXPECT_TRUE(said_.empty());
}

TEST_F(InstallTest, AFailureLeavesNothingAndIsQuoted) {
  npm("mkdir -p $3/node_modules\necho 'npm error code ETARGET' >&2\nexit 7\n");
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text(),
              AllOf(HasSubstr("npm install @maker/tool@1.2.3: exit 7"), HasSubstr("ETARGET")));
  EXPECT_FALSE(is_installed(client_));
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(cache_ + "/assay/clients")) folders += entry.is_directory();
  EXPECT_EQ(folders, 1U);  // that of Node.js
}

}  // namespace
}  // namespace assay::conformance
