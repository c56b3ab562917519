#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <thread>

#include "harness/base/text.h"
#include "harness/base/unique_fd.h"

namespace assay {
namespace {

class WrittenFile : public testing::Test {
 protected:
  WrittenFile() { std::filesystem::create_directories(folder_); }
  ~WrittenFile() override { std::filesystem::remove_all(folder_); }
  std::string at(const std::string& name) const { return folder_ + "/" + name; }

  const std::string folder_ = testing::TempDir() + "assay-files-test-" + std::to_string(::getpid());
};

// `--out /dev/null` as root once made a regular file of it.
TEST_F(WrittenFile, LeavesADeviceOne) {
  ASSERT_TRUE(write_file_atomically("/dev/null", "gone"));
  struct stat what {};
  ASSERT_EQ(::stat("/dev/null", &what), 0);
  EXPECT_TRUE(S_ISCHR(what.st_mode));
  EXPECT_EQ(what.st_rdev, makedev(1, 3));
  const auto full = write_file_atomically("/dev/full", "x");
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().text().find("No space left"), std::string::npos) << full.error().text();
}

TEST_F(WrittenFile, FollowsLinks) {
  std::filesystem::create_directories(at("real"));
  std::filesystem::create_symlink("real/there", at("relative"));
  std::filesystem::create_symlink(at("relative"), at("twice"));
  for (const char* bytes : {"one", "two"}) {  // first to nothing, then to a file
    ASSERT_TRUE(write_file_atomically(at("twice"), bytes));
    EXPECT_TRUE(std::filesystem::is_symlink(at("twice")));
    EXPECT_TRUE(std::filesystem::is_symlink(at("relative")));
    EXPECT_EQ(read_file(at("real/there")).value(), bytes);
  }
  std::filesystem::create_symlink(at("loop"), at("loop"));
  EXPECT_NE(write_file_atomically(at("loop"), "x").error().text().find("Too many levels"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(at("real")), {}), 1);
}

// What a shell makes of `>(cmd)`: a pipe behind /dev/fd.
TEST_F(WrittenFile, WritesIntoAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    ASSERT_TRUE(write_file_atomically(folder + std::to_string(in.get()), "through"));
    std::array<char, 64> buffer{};
    ASSERT_EQ(::read(out.get(), buffer.data(), buffer.size()), 7);
    EXPECT_STREQ(buffer.data(), "through");
  }
}

// A second description of the file behind stdout would begin at its front again.
TEST_F(WrittenFile, GoesOnWhereAnOpenFileStands) {
  UniqueFd fd(::open(at("out").c_str(), O_CREAT | O_RDWR, 0600));
  ASSERT_EQ(::write(fd.get(), "a", 1), 1);
  ASSERT_TRUE(write_file_atomically("/dev/fd/" + std::to_string(fd.get()), "b"));
  ASSERT_EQ(::write(fd.get(), "c", 1), 1);
  EXPECT_EQ(read_file(at("out")).value(), "abc");
}

// The mode of a new file is the kernel's work: no moment in which another thread sees umask 0.
TEST_F(WrittenFile, HasTheModeOfANewFile) {
  const mode_t before = ::umask(027);
  const auto written = write_file_atomically(at("new"), "x");
  ::umask(before);
  ASSERT_TRUE(written);
  struct stat what {};
  ASSERT_EQ(::stat(at("new").c_str(), &what), 0);
  EXPECT_EQ(what.st_mode & 0777U, 0640U);
}

TEST_F(WrittenFile, IsReadFromAPipeAndNotFromAnEndlessDevice) {
  EXPECT_NE(read_file("/dev/zero").error().text().find("a device without an end"), std::string::npos);
  EXPECT_EQ(read_file("/dev/null").value(), "");
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  std::thread writer([&] {
    UniqueFd fd(::open(at("pipe").c_str(), O_WRONLY));
    const std::string much(200'000, 'x');
    std::size_t done = 0;
    while (done < much.size())
      done += static_cast<std::size_t>(::write(fd.get(), much.data() + done, much.size() - done));
  });
  EXPECT_EQ(read_file(at("pipe")).value().size(), 200'000U);
  writer.join();
  EXPECT_NE(read_file(at("pipe")).error().text().find("no program writes into this pipe"), std::string::npos);
}

}  // namespace
}  // namespace assay
