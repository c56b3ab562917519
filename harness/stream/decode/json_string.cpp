#include "harness/stream/decode/json_string.h"

#include <cstdint>

#include "harness/base/text.h"

namespace assay::stream::decoding {

namespace {

int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

// Four hexadecimal digits, or -1.
int code_unit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3FU));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

// Reads \uXXXX, a pair where it is one; `at` is after the 'u'. Null on anything else.
const char* read_unicode(const char* at, const char* end, std::string& out) {
  const int first = code_unit(at, end);
  if (first < 0 || (first >= 0xDC00 && first < 0xE000)) return nullptr;
  at += 4;
  auto point = static_cast<std::uint32_t>(first);
  if (first >= 0xD800 && first < 0xDC00) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return nullptr;
    const int second = code_unit(at + 2, end);
    if (second < 0xDC00 || second >= 0xE000) return nullptr;
    point = 0x10000U + ((point - 0xD800U) << 10U) + static_cast<std::uint32_t>(second - 0xDC00);
    at += 6;
  }
  append_utf8(out, point);
  return at;
}

// Reads one escape; `at` is after the backslash.
const char* read_escape(const char* at, const char* end, std::string& out) {
  if (at == end) return nullptr;
  switch (*at) {
    case '"':
    case '\\':
    case '/':
      out += *at;
      break;
    case 'b':
      out += '\b';
      break;
    case 'f':
      out += '\f';
      break;
    case 'n':
      out += '\n';
      break;
    case 'r':
      out += '\r';
      break;
    case 't':
      out += '\t';
      break;
    case 'u':
      return read_unicode(at + 1, end, out);
    default:
      return nullptr;
  }
  return at + 1;
}

}  // namespace

JsonString read_json_string(const char* at, const char* end, std::string& scratch) {
  const char* const begin = at;
  const char* plain = at;  // bytes from here on are not in the scratch yet
  bool escaped = false;
  bool ascii = true;
  for (;;) {
    at = find_json_special(at, end);
    if (at == end) return {};
    if (*at == '"') break;
    if (*at == '\\') {
      if (!escaped) scratch.clear();
      escaped = true;
      scratch.append(plain, at);
      at = read_escape(at + 1, end, scratch);
      if (!at) return {};
      plain = at;
    } else if (static_cast<unsigned char>(*at) >= 0x80) {
      ascii = false;
      while (at != end && static_cast<unsigned char>(*at) >= 0x80) ++at;
    } else {
      return {};
    }
  }
  const std::string_view raw(begin, static_cast<std::size_t>(at - begin));
  if (!ascii && !is_utf8(raw)) return {};
  if (!escaped) return {at, raw};
  scratch.append(plain, at);
  return {at, scratch};
}

}  // namespace assay::stream::decoding
