// The sections of the page of benchmarks. Inside the room.
#pragma once

#include "reports/bench_page.h"

namespace assay::reports {

// Charts and tables of one record of `assay bench stream`.
std::string stream_section(const BenchRecord& record);
// Charts and tables of all records of `assay bench client`; "" without any.
std::string client_section(const std::vector<const BenchRecord*>& records);
// "AMD EPYC, 2 cores, Linux 6.1, load 0.4 before and 1.9 after"
std::string machine_line(const BenchRecord& record);

}  // namespace assay::reports
