// One block of bytes as the instruction set at hand compares it. For kernel_code.h: all is in an anonymous
// namespace, because each kernel has its own.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace assay::stream::decoding {

namespace {

using Mask = std::uint64_t;  // bit i: byte i of a block

#if defined(__SSE2__)

struct Block16 {
  static constexpr unsigned width = 16;
  __m128i bytes;
  static Block16 load(const char* at) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))}; }
  void store(char* at) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes); }
  static Block16 none() { return {_mm_setzero_si128()}; }
  static Mask mask(__m128i wide) { return static_cast<std::uint32_t>(_mm_movemask_epi8(wide)); }
  Mask is(char byte) const { return mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte))); }
  // A quote, a backslash, a control character or not ASCII (signed: below a space too).
  Mask special() const {
    return mask(_mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '))));
  }
  Mask not_ascii() const { return mask(bytes); }
  // This one, and bits where `a` and `b` differ.
  Block16 and_difference(Block16 a, Block16 b) const {
    return {_mm_or_si128(bytes, _mm_xor_si128(a.bytes, b.bytes))};
  }
  bool zero() const { return is('\0') == 0xFFFFU; }
  // Whether the first `size` bytes are the same; size <= width.
  static bool same(const char* a, const char* b, std::size_t size) {
    const __m128i equal = _mm_cmpeq_epi8(load(a).bytes, load(b).bytes);
    return (~mask(equal) & ((Mask{1} << size) - 1)) == 0;
  }
};

#endif

#if defined(__AVX2__)

struct Block32 {
  static constexpr unsigned width = 32;
  __m256i bytes;
  static Block32 load(const char* at) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))}; }
  void store(char* at) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), bytes); }
  static Block32 none() { return {_mm256_setzero_si256()}; }
  static Mask mask(__m256i wide) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(wide)); }
  Mask is(char byte) const { return mask(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte))); }
  Mask special() const {
    return mask(_mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
                                                _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))),
                                _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), bytes)));
  }
  Mask not_ascii() const { return mask(bytes); }
  Block32 and_difference(Block32 a, Block32 b) const {
    return {_mm256_or_si256(bytes, _mm256_xor_si256(a.bytes, b.bytes))};
  }
  bool zero() const { return _mm256_testz_si256(bytes, bytes) != 0; }
  static bool same(const char* a, const char* b, std::size_t size) {
    const __m256i equal = _mm256_cmpeq_epi8(load(a).bytes, load(b).bytes);
    return (~mask(equal) & ((Mask{1} << size) - 1)) == 0;
  }
};

#endif

#if defined(__AVX512BW__)

struct Block64 {
  static constexpr unsigned width = 64;
  __m512i bytes;
  static Block64 load(const char* at) { return {_mm512_loadu_si512(at)}; }
  void store(char* at) const { _mm512_storeu_si512(at, bytes); }
  static Block64 none() { return {_mm512_setzero_si512()}; }
  Mask is(char byte) const { return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte)); }
  Mask not_ascii() const { return _mm512_movepi8_mask(bytes); }
  Block64 and_difference(Block64 a, Block64 b) const {
    return {_mm512_or_si512(bytes, _mm512_xor_si512(a.bytes, b.bytes))};
  }
  bool zero() const { return _mm512_test_epi64_mask(bytes, bytes) == 0; }
  static bool same(const char* a, const char* b, std::size_t size) {
    const __mmask64 first = _bzhi_u64(~Mask{0}, static_cast<unsigned>(size));
    return _mm512_mask_cmpneq_epi8_mask(first, load(a).bytes, load(b).bytes) == 0;
  }
};

#endif

#if !defined(__SSE2__)

struct Block8 {
  static constexpr unsigned width = 8;
  char bytes[width];
  static Block8 load(const char* at) {
    Block8 block;
    __builtin_memcpy(block.bytes, at, width);
    return block;
  }
  void store(char* at) const { __builtin_memcpy(at, bytes, width); }
  static Block8 none() { return {{}}; }
  template <typename Test>
  Mask mask(Test test) const {
    Mask all = 0;
    for (unsigned i = 0; i < width; ++i) all |= static_cast<Mask>(test(bytes[i])) << i;
    return all;
  }
  Mask is(char wanted) const {
    return mask([&](char byte) { return byte == wanted; });
  }
  Mask special() const {
    return mask(
        [](char byte) { return byte == '"' || byte == '\\' || static_cast<signed char>(byte) < ' '; });
  }
  Mask not_ascii() const {
    return mask([](char byte) { return static_cast<signed char>(byte) < 0; });
  }
  Block8 and_difference(Block8 a, Block8 b) const {
    Block8 all = *this;
    for (unsigned i = 0; i < width; ++i)
      all.bytes[i] = static_cast<char>(bytes[i] | (a.bytes[i] ^ b.bytes[i]));
    return all;
  }
  bool zero() const { return is('\0') == 0xFFU; }
  static bool same(const char* a, const char* b, std::size_t size) {
    return __builtin_memcmp(a, b, size) == 0;
  }
};

#endif

// The widest, one for what is mostly short (its masks come sooner), and the narrowest.
#if defined(__AVX512BW__)
using Block = Block64;
using Short = Block32;
#elif defined(__AVX2__)
using Block = Block32;
using Short = Block32;
#elif defined(__SSE2__)
using Block = Block16;
using Short = Block16;
#else
using Block = Block8;
using Short = Block8;
#endif

#if defined(__SSE2__)
using Narrow = Block16;
#else
using Narrow = Block8;
#endif

}  // namespace

}  // namespace assay::stream::decoding
