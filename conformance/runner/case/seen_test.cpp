// docs/seen.md says what each `seen_in` of a case stands for.
#include <gtest/gtest.h>

#include "conformance/runner/case/case.h"
#include "conformance/runner/play/machinery.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

TEST(Seen, EveryIdThatACaseNamesHasAnAnchor) {
  const auto page = read_file(ASSAY_SOURCE_DIR "/docs/seen.md");
  ASSERT_TRUE(page) << page.error().text();
  const auto cases = load_checked_cases(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(cases) << cases.error().text();
  std::size_t named = 0;
  for (const Case& one : *cases) {
    for (const std::string& id : one.seen_in) {
      ++named;
      EXPECT_NE(page->find("<a id=\"" + id + "\"></a>"), std::string::npos)
          << one.file << ":" << one.line << ": docs/seen.md does not say what " << id << " is";
    }
  }
  EXPECT_GT(named, 100u);
}

}  // namespace
}  // namespace assay::conformance
