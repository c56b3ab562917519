#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "conformance/mutants/mutant.h"

namespace assay::reference {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> mutant_files() {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(ASSAY_SOURCE_DIR) / "conformance/mutants"))
    if (entry.path().extension() == ".cpp" && entry.path().stem().string().find('_') == std::string::npos)
      files.push_back(entry.path());
  return files;
}

TEST(Mutants, AreOneSmallFileEachThatSaysWhatItBreaks) {
  const auto files = mutant_files();
  EXPECT_EQ(files.size(), all_mutants().size());
  for (const fs::path& file : files) {
    const auto text = read_file(file);
    ASSERT_TRUE(text) << text.error().text();
    EXPECT_LE(std::count(text->begin(), text->end(), '\n'), 25) << file;
    EXPECT_TRUE(text->starts_with("// ")) << file;
    EXPECT_NE(text->find("\nvoid mutate(Parts& parts) {\n"), std::string::npos) << file;
    const auto known = [&](const Mutant& mutant) { return mutant.name == file.stem().string(); };
    EXPECT_TRUE(std::any_of(all_mutants().begin(), all_mutants().end(), known)) << file;
  }
}

TEST(Mutants, AreSortedAndTakeTheWholeClient) {
  EXPECT_TRUE(std::is_sorted(all_mutants().begin(), all_mutants().end(),
                             [](const Mutant& a, const Mutant& b) { return a.name < b.name; }));
  for (const Mutant& mutant : all_mutants()) {
    Parts parts = right_parts();
    mutant.mutate(parts);
    EXPECT_TRUE(parts.open && parts.bind && parts.read_callback && parts.route_callback && parts.exchange &&
                parts.mint && parts.lock && parts.write_file && parts.refresh && parts.discover &&
                parts.transport && parts.error_text && parts.retry_after && parts.open_stream &&
                parts.write_request && parts.may_run)
        << mutant.name;
  }
}

}  // namespace
}  // namespace assay::reference
