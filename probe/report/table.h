// The table of a report: checks down, endpoints across. Private to probe/report.
#pragma once

#include <string>
#include <vector>

#include "probe/report/report.h"

namespace assay::probe {

struct Row {
  std::string id;
  std::string title;
  Level level = Level::must;
  std::vector<const CheckResult*> cells;  // one a result; null where it was not asked
};

// Rows with failures first, else in the order in which the checks were played. Rows refer to `report`.
std::vector<Row> rows_of(const Report& report);
// "pass", "warn 2/3"
std::string cell_text(const CheckResult& check);

}  // namespace assay::probe
