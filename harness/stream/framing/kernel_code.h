// What kernel.h promises, for the CPU that the including file is compiled for (ASSAY_KERNEL names it).
//
// Nothing of the standard library is called here: an inline function that is compiled for a newer CPU could
// be the copy that the linker keeps for the whole program.
#pragma once

#include "harness/stream/framing/kernel.h"
#include "harness/stream/framing/kernel_block.h"

namespace assay::stream::decoding {

namespace {

inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  if (size <= Block::width) return Block::same(a, b, size);
  const std::size_t last = size - Block::width;
  Block differ = Block::none().and_difference(Block::load(a + last), Block::load(b + last));
  for (std::size_t i = 0; i < last; i += Block::width)
    differ = differ.and_difference(Block::load(a + i), Block::load(b + i));
  return differ.zero();
}

// The first byte that is a quote, a backslash, a control character or not ASCII; perhaps one behind `end`, or
// end.
inline const char* find_special(const char* at, const char* end) {
  for (; at < end; at += Short::width)
    if (const Mask hit = Short::load(at).special(); hit != 0) return at + __builtin_ctzll(hit);
  return end;
}

inline const char* find_line_end(const char* at, const char* end, bool& ascii) {
  for (; at < end; at += Block::width) {
    const Block block = Block::load(at);
    const Mask hit = block.is('\n') | block.is('\r');
    if (block.not_ascii() != 0) ascii = false;
    if (hit == 0) continue;
    at += __builtin_ctzll(hit);
    return at < end ? at : end;
  }
  return end;
}

// `size` is at least the width of a B.
template <typename B>
inline std::size_t copy_event_by(const char* from, std::size_t size, bool after_lf, char* to) {
  Mask carry = after_lf ? 1 : 0;
  for (std::size_t at = 0; at != size;) {
    // What is left at the end is read with some bytes before it, which are known to be no event's end.
    if (size - at < B::width) {
      at = size - B::width;
      carry = 0;
    }
    const B block = B::load(from + at);
    block.store(to + at);
    const Mask lf = block.is('\n');
    const Mask cr = block.is('\r');
    const Mask hit = (lf & ((lf << 1U) | carry)) | cr;
    if (hit != 0) {
      const auto place = static_cast<unsigned>(__builtin_ctzll(hit));
      return at + place + (((cr >> place) & 1U) != 0 ? 0 : 1);
    }
    carry = lf >> (B::width - 1);
    at += B::width;
  }
  return size + 1;
}

std::size_t copy_event(const char* from, std::size_t size, bool after_lf, char* to) {
  if (size >= Block::width) return copy_event_by<Block>(from, size, after_lf, to);
  if (size >= Short::width) return copy_event_by<Short>(from, size, after_lf, to);
  if (size >= Narrow::width) return copy_event_by<Narrow>(from, size, after_lf, to);
  for (std::size_t i = 0; i < size; ++i) {
    to[i] = from[i];
    if (from[i] == '\r') return i;
    if (from[i] == '\n' && after_lf) return i + 1;
    after_lf = from[i] == '\n';
  }
  return size + 1;
}

// The end of a JSON number without sign, fraction and exponent, or `at`.
inline const char* end_of_count(const char* at, const char* end) {
  const char* digit = at;
  while (digit != end && *digit >= '0' && *digit <= '9') ++digit;
  if (digit - at > 15 || (digit - at > 1 && *at == '0')) return at;
  return digit;
}

// Perhaps behind `end`.
inline const char* skip_spaces(const char* at, const char* end) {
  for (; at < end; at += Short::width) {
    const Mask other = ~Short::load(at).is(' ') & (~Mask{0} >> (64U - Short::width));
    if (other != 0) return at + __builtin_ctzll(other);
  }
  return end;
}

// Where the bytes stop that may stand in a hole; null when they may not. Perhaps behind `end`: then the piece
// after the hole does not fit.
inline const char* fill(HoleKind kind, const char* at, const char* end, Fragment& fragment) {
  switch (kind) {
    case HoleKind::fragment: {
      const char* close = find_special(at, end);
      if (close >= end || close == at || *close != '"') return read_difficult_fragment(at, end, fragment);
      fragment.raw = fragment.text = at;
      fragment.raw_size = fragment.text_size = static_cast<std::size_t>(close - at);
      return close;
    }
    case HoleKind::padding: {
      const char* close = find_special(at, end);
      return close < end && *close == '"' ? close : nullptr;
    }
    case HoleKind::counter: {
      const char* close = end_of_count(at, end);
      return close != at ? close : nullptr;
    }
    case HoleKind::spaces:
      return skip_spaces(at, end);
    case HoleKind::copy:
      if (static_cast<std::size_t>(end - at) <= fragment.raw_size ||
          !same_bytes(at, fragment.raw, fragment.raw_size) || at[fragment.raw_size] != '"')
        return nullptr;
      return at + fragment.raw_size;
  }
  return nullptr;
}

inline const char* fit_pieces(const Skeleton& skeleton, const char* at, const char* end, Fragment& fragment) {
  const char* bytes = skeleton.bytes + skeleton.from;
  std::uint32_t from = skeleton.from;
  for (std::uint32_t i = 0; i < skeleton.hole_count; ++i) {
    const Hole hole = skeleton.holes[i];
    const std::size_t size = hole.at - from;
    if (end - at < static_cast<std::ptrdiff_t>(size) || !same_bytes(at, bytes, size)) return nullptr;
    at = fill(hole.kind, at + size, end, fragment);
    if (!at) return nullptr;
    bytes += size;
    from = hole.at;
  }
  const std::size_t size = skeleton.to - from;
  if (end - at < static_cast<std::ptrdiff_t>(size) || !same_bytes(at, bytes, size)) return nullptr;
  return at + size;
}

// The processor's own prefetching ends at each page. An address is all that this needs: it may lie behind the
// bytes.
inline void fetch_ahead(const char* at, std::size_t size) {
  constexpr std::uintptr_t distance = 4096;
  const std::uintptr_t from = reinterpret_cast<std::uintptr_t>(at) + distance;
  for (std::size_t i = 0; i < size; i += 64) {
    // Not read through: NOLINTNEXTLINE(performance-no-int-to-ptr)
    __builtin_prefetch(reinterpret_cast<const void*>(from + i));
  }
}

const char* fit(const Skeleton& skeleton, const char* at, const char* end, Fragment& fragment) {
  const std::size_t least = skeleton.to - skeleton.from;
  if (static_cast<std::size_t>(end - at) < least) return nullptr;
  fetch_ahead(at, least);
  // Where an event ends is known only when all its holes were filled, one after the other, and the next event
  // cannot be begun before. Its blank line is found sooner: when it is where the pieces say, the processor
  // has gone ahead from there. (Most holes are short. A guess beyond `end` is never the place.)
  const char* guess = nullptr;
  if (least >= 2) {
    const char* const soonest = at + least - 2;
    const Mask lf = Short::load(soonest).is('\n');
    guess = soonest + 2 + __builtin_ctzll(lf | (Mask{1} << 63U));
  }
  const char* const close = fit_pieces(skeleton, at, end, fragment);
  if (close != guess) return close;
  __asm__("" : "+r"(guess));  // else the compiler sees that both are the same, and returns `close`
  return guess;
}

}  // namespace

namespace ASSAY_KERNEL {

extern const Kernel functions;
const Kernel functions = {ASSAY_KERNEL_NAME, fit, find_line_end, copy_event};

}  // namespace ASSAY_KERNEL

}  // namespace assay::stream::decoding
