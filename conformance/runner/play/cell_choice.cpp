#include "conformance/runner/play/cell_choice.h"

namespace assay::conformance {

Result<CellChoice> choose_cells(CellWish wish, const std::function<process::CellsAnswer()>& ask) {
  if (wish == CellWish::unwanted) return CellChoice{false, "--no-cells"};
  const process::CellsAnswer answer = ask();
  switch (answer.kind) {
    case process::CellsAnswer::possible:
      return CellChoice{};
    case process::CellsAnswer::failing:
      return fail(answer.reason +
                  "; this machine does not forbid cells, so nothing runs without them: try again, or say "
                  "--no-cells");
    case process::CellsAnswer::forbidden:
      if (wish == CellWish::required) return fail(answer.reason);
      return CellChoice{false, answer.reason};
  }
  return CellChoice{};
}

}  // namespace assay::conformance
