// Finds the clock functions in a vDSO.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::casetime {

struct VdsoFunction {
  std::string name;
  std::uint64_t offset = 0;  // from the beginning of the image
  std::uint64_t size = 0;
};

// The functions that an image (a 64-bit ELF file as it lies in memory) exports; empty for bytes that are
// none.
std::vector<VdsoFunction> vdso_functions(std::string_view image);

}  // namespace assay::casetime
