#include "conformance/runner/play/unseen.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "conformance/runner/play/test_home.h"

namespace assay::conformance {
namespace {

class UnseenFile : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(home_.path() + "/.config/mine");
    std::ofstream(home_.path() + "/.config/mine/settings") << "x";
  }
  TestHome home_;
};

TEST_F(UnseenFile, IsNamedAsItsReaderKnowsIt) {
  const std::string file = home_.path() + "/.config/mine/settings";
  EXPECT_EQ(unseen_file("Error: ENOENT: no such file or directory, open '" + file + "'\n", {}, ""), file);
  EXPECT_EQ(unseen_file("cannot read /tmp/assay-case-Ab12Cd/client/.config/mine/settings.", {}, home_.path()),
            "~/.config/mine/settings");
}

TEST_F(UnseenFile, IsNoneThatIsShownOrNotThereEither) {
  const std::string file = home_.path() + "/.config/mine/settings";
  EXPECT_EQ(unseen_file("open '" + file + "'", {home_.path() + "/.config"}, ""), "");
  EXPECT_EQ(unseen_file("open '" + file + ".bak'", {}, ""), "");
  EXPECT_EQ(unseen_file("/tmp/assay-case-Ab12Cd/client/.config/other", {}, home_.path()), "");
  EXPECT_EQ(unseen_file("https://example.com" + file + " /usr/bin/env", {}, ""), "");
}

}  // namespace
}  // namespace assay::conformance
