// Numbers as packets hold them: the most significant byte first (RFC 1700).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::process {

// The 16 bits at `at`; `bytes` holds at least `at + 2`.
inline std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8U |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

}  // namespace assay::process
