// Files that change are told by their names, once a save.
#include "conformance/serve/watch.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <filesystem>
#include <fstream>

namespace assay::serve {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class Watching : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-watch-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name) const { std::ofstream(folder_ + "/" + name) << "x"; }
  static bool readable(const Watch& watch) {
    pollfd asked{watch.descriptor(), POLLIN, 0};
    return ::poll(&asked, 1, 10'000) > 0;
  }
  std::string folder_;
};

TEST_F(Watching, AFileThatIsWrittenRenamedOverOrRemoved) {
  write("w.yaml");
  auto watch = Watch::start({folder_ + "/w.yaml"});
  ASSERT_TRUE(watch) << watch.error().text();
  EXPECT_THAT(watch->changed(), IsEmpty());
  write("other.yaml");
  EXPECT_THAT(watch->changed(), IsEmpty());
  write("w.yaml");
  ASSERT_TRUE(readable(*watch));
  EXPECT_THAT(watch->changed(), ElementsAre(folder_ + "/w.yaml"));
  write("new~");
  fs::rename(folder_ + "/new~", folder_ + "/w.yaml");
  ASSERT_TRUE(readable(*watch));
  EXPECT_THAT(watch->changed(), ElementsAre(folder_ + "/w.yaml"));
  fs::remove(folder_ + "/w.yaml");
  ASSERT_TRUE(readable(*watch));
  EXPECT_THAT(watch->changed(), ElementsAre(folder_ + "/w.yaml"));
}

TEST_F(Watching, EverythingBelowAFolderAlsoWhatIsMadeLater) {
  fs::create_directories(folder_ + "/a/b");
  auto watch = Watch::start({folder_});
  ASSERT_TRUE(watch) << watch.error().text();
  write("a/b/one.yaml");
  write("a/b/.one.yaml.swp");
  ASSERT_TRUE(readable(*watch));
  EXPECT_THAT(watch->changed(), ElementsAre(folder_ + "/a/b/one.yaml"));
  fs::create_directories(folder_ + "/c");
  ASSERT_TRUE(readable(*watch));
  EXPECT_THAT(watch->changed(), IsEmpty());
  write("c/two.yaml");
  ASSERT_TRUE(readable(*watch));
  EXPECT_THAT(watch->changed(), ElementsAre(folder_ + "/c/two.yaml"));
}

TEST_F(Watching, AMissingFileIsAnError) {
  const auto watch = Watch::start({folder_ + "/nothing"});
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().text(), folder_ + "/nothing: there is no such file");
}

}  // namespace
}  // namespace assay::serve
