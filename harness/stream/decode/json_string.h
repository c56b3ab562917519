// Reading the body of a JSON string (RFC 8259 section 7) without a parser, as strictly as one. Private to
// harness/stream.
#pragma once

#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace assay::stream::decoding {

// The first byte in [at, end) that is a quote, a backslash, a control character or not ASCII; or end. Up to
// Buffer::padding bytes after `end` may be read.
inline const char* find_json_special(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  for (; at < end; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Signed: bytes of 0x80 and more are below a space too.
    const __m128i hit =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
                     _mm_cmplt_epi8(block, space));
    if (const int mask = _mm_movemask_epi8(hit); mask != 0) {
      at += __builtin_ctz(static_cast<unsigned>(mask));
      return at < end ? at : end;
    }
  }
  return end;
#else
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20 &&
         static_cast<unsigned char>(*at) < 0x80)
    ++at;
  return at;
#endif
}

struct JsonString {
  const char* close = nullptr;  // the closing quote; null: none, or not a string that all parsers take alike
  std::string_view text;        // what it says: in place, or in the scratch where there were escapes
};

// Reads from the byte after the opening quote. Refuses control characters, unknown escapes, surrogates that
// are no pair and ill-formed UTF-8.
JsonString read_json_string(const char* at, const char* end, std::string& scratch);

}  // namespace assay::stream::decoding
