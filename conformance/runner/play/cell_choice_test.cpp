#include "conformance/runner/play/cell_choice.h"

#include <gmock/gmock.h>

namespace assay::conformance {
namespace {

using process::CellsAnswer;
using testing::HasSubstr;

auto answers(CellsAnswer::Kind kind, const std::string& reason = {}) {
  return [answer = CellsAnswer{kind, reason}] { return answer; };
}

TEST(CellChoice, WithoutCellsOnlyWhereTheyAreForbidden) {
  const auto choice = choose_cells(CellWish::wanted, answers(CellsAnswer::forbidden, "no cell: not here"));
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->cells);
  EXPECT_EQ(choice->without, "no cell: not here");
  EXPECT_EQ(
      choose_cells(CellWish::required, answers(CellsAnswer::forbidden, "no cell: not here")).error().message,
      "no cell: not here");
}

TEST(CellChoice, AMachineThatOnlyFailsNowIsAnError) {
  for (const CellWish wish : {CellWish::wanted, CellWish::required}) {
    const auto choice = choose_cells(wish, answers(CellsAnswer::failing, "no cell: timed out"));
    ASSERT_FALSE(choice);
    EXPECT_THAT(choice.error().message, HasSubstr("no cell: timed out; this machine does not forbid cells"));
  }
}

TEST(CellChoice, CellsWherePossible) {
  for (const CellWish wish : {CellWish::wanted, CellWish::required}) {
    const auto choice = choose_cells(wish, answers(CellsAnswer::possible));
    ASSERT_TRUE(choice);
    EXPECT_TRUE(choice->cells);
    EXPECT_EQ(choice->without, "");
  }
}

TEST(CellChoice, UnwantedOnesAreNotAskedFor) {
  bool asked = false;
  const auto choice = choose_cells(CellWish::unwanted, [&] {
    asked = true;
    return CellsAnswer{};
  });
  ASSERT_TRUE(choice);
  EXPECT_FALSE(asked);
  EXPECT_FALSE(choice->cells);
  EXPECT_EQ(choice->without, "--no-cells");
}

}  // namespace
}  // namespace assay::conformance
