// Whether a run takes cells: what was asked for and what the machine answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/runner/play/session.h"
#include "harness/process/cell.h"

namespace assay::conformance {

enum class CellWish { wanted, required, unwanted };

struct CellChoice {
  bool cells = true;
  std::string without;  // why there are none: "--no-cells", or the machine's answer; empty with cells
};

// Without cells only where they are unwanted, or where they are forbidden and every client is ours or says
// `cells: none`: a program that nobody has read runs with the caller's rights only when the caller says so.
// Else it fails with the obstacle and the way round it. A machine that does not forbid cells and yet makes
// none is an error: a run that quietly shares its ports with everybody would not say what one in cells says.
// `ask` is not called when cells are unwanted.
Result<CellChoice> choose_cells(CellWish wish, const std::vector<ClientSpec>& clients,
                                const std::function<process::CellsAnswer()>& ask);

}  // namespace assay::conformance
