// Plays the corpus of a room's libFuzzer target to it, a test each file (see assay_room_fuzz in
// cmake/AssayBuild.cmake, which compiles this into the tests of such a room). What does not hold aborts, and
// the name of the test tells the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::string> kept_inputs() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_FUZZ_CORPUS))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

class FuzzCorpus : public testing::TestWithParam<std::string> {};

TEST_P(FuzzCorpus, StillHolds) {
  const auto bytes = assay::read_file(GetParam());
  ASSERT_TRUE(bytes) << bytes.error().text();
  EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Kept, FuzzCorpus, testing::ValuesIn(kept_inputs()), [](const auto& info) {
  std::string name = std::filesystem::path(info.param).filename().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
});

TEST(FuzzCorpusFolder, IsThere) {
  EXPECT_FALSE(kept_inputs().empty()) << ASSAY_FUZZ_CORPUS;
}

}  // namespace
