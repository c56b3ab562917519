// Whether a run takes cells: what was asked for and what the machine answers.
#pragma once

#include <functional>
#include <string>

#include "harness/process/cell.h"

namespace assay::conformance {

enum class CellWish { wanted, required, unwanted };

struct CellChoice {
  bool cells = true;
  std::string without;  // why there are none: "--no-cells", or the machine's answer; empty with cells
};

// Without cells only where they are forbidden or unwanted. A machine that does not forbid them and yet makes
// none is an error: a run that quietly shares its ports with everybody would not say what one in cells says.
// `ask` is not called when cells are unwanted.
Result<CellChoice> choose_cells(CellWish wish, const std::function<process::CellsAnswer()>& ask);

}  // namespace assay::conformance
