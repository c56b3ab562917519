// Made-up run records of any size, for the tests of the writers and for measuring them. Not part of a run.
#pragma once

#include <cstdint>

#include "reports/record/reader.h"

namespace assay::reports {

struct SampleSize {
  std::uint64_t cases = 200;
  std::uint64_t clients = 3;
  std::uint64_t red_per_thousand = 60;  // cases that fail in one of the ways there are
  std::uint64_t seed = 7;
};

// The same record for the same size, complete and with a footer. Every verdict occurs from about 200 cases
// on.
RunRecord sample_record(const SampleSize& size = {});

}  // namespace assay::reports
