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
  const auto choice =
      choose_cells(CellWish::wanted, {}, answers(CellsAnswer::forbidden, "no cell: not here"));
  ASSERT_TRUE(choice);
  EXPECT_FALSE(choice->cells);
  EXPECT_EQ(choice->without, "no cell: not here");
  EXPECT_EQ(choose_cells(CellWish::required, {}, answers(CellsAnswer::forbidden, "no cell: not here"))
                .error()
                .message,
            "no cell: not here");
}

ClientSpec client_called(const std::string& name, bool without_cell = false) {
  ClientSpec out;
  out.name = name;
  out.without_cell = without_cell;
  return out;
}

TEST(CellChoice, OnlyOurOwnClientsRunOutsideUntold) {
  const auto forbidden = answers(CellsAnswer::forbidden,
                                 "no cell: cannot make namespaces: No space left on device "
                                 "(user.max_user_namespaces is 0)");
  for (const char* ours : {"reference", "mutant:drops-first-delta"})
    EXPECT_TRUE(choose_cells(CellWish::wanted, {client_called(ours)}, forbidden)) << ours;
  EXPECT_TRUE(choose_cells(CellWish::wanted, {client_called("mine.yaml", true)}, forbidden));
  EXPECT_TRUE(choose_cells(CellWish::unwanted, {client_called("mine.yaml")}, forbidden));
  const auto refused =
      choose_cells(CellWish::wanted, {client_called("reference"), client_called("mine.yaml")}, forbidden);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().message,
      "no cell: cannot make namespaces: No space left on device (user.max_user_namespaces is 0); outside of "
      "a cell mine.yaml would run with your rights: allow it with `sysctl user.max_user_namespaces=10000`, "
      "or say --no-cells where the machine is a container that holds nothing else");
}

TEST(CellChoice, AMachineThatOnlyFailsNowIsAnError) {
  for (const CellWish wish : {CellWish::wanted, CellWish::required}) {
    const auto choice = choose_cells(wish, {}, answers(CellsAnswer::failing, "no cell: timed out"));
    ASSERT_FALSE(choice);
    EXPECT_THAT(choice.error().message, HasSubstr("no cell: timed out; this machine does not forbid cells"));
  }
}

TEST(CellChoice, CellsWherePossible) {
  for (const CellWish wish : {CellWish::wanted, CellWish::required}) {
    const auto choice = choose_cells(wish, {}, answers(CellsAnswer::possible));
    ASSERT_TRUE(choice);
    EXPECT_TRUE(choice->cells);
    EXPECT_EQ(choice->without, "");
  }
}

TEST(CellChoice, UnwantedOnesAreNotAskedFor) {
  bool asked = false;
  const auto choice = choose_cells(CellWish::unwanted, {}, [&] {
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
