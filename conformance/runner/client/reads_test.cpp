// What a cell shows of where people keep their programs, and what it does not.
#include "conformance/runner/client/reads.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Each;
using testing::Not;

class ReadsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-reads-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    home_ = fs::canonical(name);
  }
  void TearDown() override { fs::remove_all(home_); }

  std::string program(const std::string& path, const std::string& text = "#!/bin/sh\n") const {
    fs::create_directories(fs::path(home_ + path).parent_path());
    std::ofstream(home_ + path) << text;
    fs::permissions(home_ + path, fs::perms(0755));
    return home_ + path;
  }
  std::vector<std::string> reads(const std::string& program) const {
    ClientSpec client;
    client.argv = {program};
    return reads_of(client, home_);
  }

  std::string home_;
};

// Both keep logins beside their programs: credentials.toml.
TEST_F(ReadsTest, OfCargoAndUvTheProgramsAreShownAndTheLoginsAreNot) {
  program("/.cargo/credentials.toml");
  EXPECT_THAT(reads(program("/.cargo/bin/tool")), Contains(home_ + "/.cargo/bin"));
  EXPECT_THAT(reads(program("/.cargo/bin/tool")), Not(Contains(home_ + "/.cargo")));
  program("/.local/share/uv/credentials/credentials.toml");
  const auto shown = reads(program("/.local/share/uv/tools/chat/bin/chat"));
  EXPECT_THAT(shown, Contains(home_ + "/.local/share/uv/tools"));
  EXPECT_THAT(shown, Not(Contains(home_ + "/.local/share/uv")));
}

TEST_F(ReadsTest, AHomeIsNeverShownWhole) {
  for (const char* place : {"/chat", "/bin/chat", "/.local/bin/chat", "/go/bin/chat", "/project/chat"})
    EXPECT_THAT(reads(program(place)), Each(Not(home_))) << place;
  EXPECT_THAT(reads(home_ + "/project/chat"), Contains(home_ + "/project"));
  EXPECT_THAT(reads(home_ + "/go/bin/chat"), Contains(home_ + "/go/bin/chat"));
}

}  // namespace
}  // namespace assay::conformance
