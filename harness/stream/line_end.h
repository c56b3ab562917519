// The first CR or LF in a range, and whether the bytes before it are ASCII: the inner loop of SSE framing.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace assay::stream {

// Returns the place of the first CR or LF in [at, end), or end. Clears `ascii` when a byte of 0x80 or more
// was seen (it may also look at bytes after the line end: then a line is checked more carefully than needed,
// never less).
inline const char* find_line_end(const char* at, const char* end, bool& ascii) {
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i cr = _mm_set1_epi8('\r');
  const auto hits = [&](__m128i block) {
    return _mm_or_si128(_mm_cmpeq_epi8(block, lf), _mm_cmpeq_epi8(block, cr));
  };
  const auto load = [](const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  for (; end - at >= 64; at += 64) {
    const __m128i a = load(at);
    const __m128i b = load(at + 16);
    const __m128i c = load(at + 32);
    const __m128i d = load(at + 48);
    const __m128i hit_a = hits(a);
    const __m128i hit_b = hits(b);
    const __m128i hit_c = hits(c);
    const __m128i hit_d = hits(d);
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d))) != 0) ascii = false;
    if (_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(hit_a, hit_b), _mm_or_si128(hit_c, hit_d))) == 0)
      continue;
    const auto mask = [](__m128i hit) { return static_cast<std::uint64_t>(_mm_movemask_epi8(hit)); };
    const std::uint64_t all =
        mask(hit_a) | (mask(hit_b) << 16U) | (mask(hit_c) << 32U) | (mask(hit_d) << 48U);
    return at + __builtin_ctzll(all);
  }
  for (; end - at >= 16; at += 16) {
    const __m128i block = load(at);
    if (_mm_movemask_epi8(block) != 0) ascii = false;
    if (const int mask = _mm_movemask_epi8(hits(block)); mask != 0)
      return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  for (; at != end; ++at) {
    if (*at == '\n' || *at == '\r') return at;
    if ((static_cast<unsigned char>(*at) & 0x80U) != 0) ascii = false;
  }
  return end;
}

}  // namespace assay::stream
