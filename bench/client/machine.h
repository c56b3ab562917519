// The machine that a benchmark ran on, for its record.
#pragma once

#include <nlohmann/json.hpp>

namespace assay::bench {

// {"cpu", "cores", "kernel", "load"}: what /proc says now; load is the mean of the last minute.
nlohmann::json machine();

}  // namespace assay::bench
