// What every contestant makes of the text it decoded, so that none can skip work: bytes and their sum,
// however the text was cut. The JavaScript contestants compute the same.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::bench {

struct Checksum {
  std::uint64_t bytes = 0;
  std::uint64_t sum = 0;

  void add(std::string_view text) {
    bytes += text.size();
    for (const char byte : text) sum += static_cast<unsigned char>(byte);
  }
  bool operator==(const Checksum&) const = default;
};

}  // namespace assay::bench
