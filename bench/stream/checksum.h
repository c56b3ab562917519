// What every contestant makes of the text it decoded, so that none can skip work: bytes and their sum,
// however the text was cut. The JavaScript contestants compute the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay::bench {

struct Checksum {
  std::uint64_t bytes = 0;
  std::uint64_t sum = 0;

  void add(std::string_view text) {
    bytes += text.size();
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, at += 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at, 8);
      // Sums of pairs, then of all: at most 8 * 255, which 16 bits hold.
      eight = (eight & 0x00FF00FF00FF00FFU) + ((eight >> 8U) & 0x00FF00FF00FF00FFU);
      sum += (eight * 0x0001000100010001U) >> 48U;
    }
    for (; left != 0; --left, ++at) sum += static_cast<unsigned char>(*at);
  }
  bool operator==(const Checksum&) const = default;
};

}  // namespace assay::bench
