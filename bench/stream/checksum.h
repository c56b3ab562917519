// What every contestant makes of the text it decoded, so that none can skip work: bytes and their sum,
// however the text was cut. The JavaScript contestants compute the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::bench {

struct Checksum {
  std::uint64_t bytes = 0;
  std::uint64_t sum = 0;

  void add(std::string_view text) {
    bytes += text.size();
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, at += 8) sum += sum_of(load(at));
    if (left == 0) return;
    // Without a branch for each length: eight bytes that end or begin with the rest, when they are on one
    // page.
    if ((reinterpret_cast<std::uintptr_t>(at) & 4095U) <= 4088U) {
      sum += sum_of(load(at) << (64U - 8U * left));
    } else {
      sum += sum_of(load(at + left - 8) >> (64U - 8U * left));
    }
  }
  bool operator==(const Checksum&) const = default;

 private:
  // May read a few bytes beside a short text, as the parsers measured here do themselves.
  [[gnu::no_sanitize("address")]] static std::uint64_t load(const char* at) {
    std::uint64_t eight = 0;
    __builtin_memcpy(&eight, at, 8);
    return eight;
  }
  // The sum of eight bytes: of pairs, then of all; at most 8 * 255, which 16 bits hold.
  static std::uint64_t sum_of(std::uint64_t eight) {
    eight = (eight & 0x00FF00FF00FF00FFU) + ((eight >> 8U) & 0x00FF00FF00FF00FFU);
    return (eight * 0x0001000100010001U) >> 48U;
  }
};

}  // namespace assay::bench
