#include "harness/base/visible.h"

namespace assay {

std::size_t control_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : static_cast<unsigned char>(' ');
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;  // C1
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return 2;                    // U+061C
  if (byte(0) != 0xE2) return 0;
  if (byte(1) == 0x80 && (byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xAA && byte(2) <= 0xAE)))
    return 3;                                                            // U+200E, U+200F, U+202A to U+202E
  return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9 ? 3 : 0;  // U+2066 to U+2069
}

std::string visible(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = control_at(text, i);
    if (size == 0) {
      out += text[i++];
      continue;
    }
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
    unsigned code = byte(0);
    if (size == 2) code = (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    if (size == 3) code = (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    out += code > 0xFF ? "\\u" : "\\x";
    for (int shift = code > 0xFF ? 12 : 4; shift >= 0; shift -= 4)
      out += kHex[code >> static_cast<unsigned>(shift) & 0xFU];
    i += size;
  }
  return out;
}

}  // namespace assay
