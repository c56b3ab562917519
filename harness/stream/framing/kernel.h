// The inner loops of reading streams: compiled once for each set of CPU instructions, chosen at run time.
// Private to harness/stream.
//
// Functions look at bytes in [at, end), and may load up to Buffer::padding bytes after `end`. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace assay::stream::decoding {

// What stands in a hole of a template: the body of the fragment's string (not empty), the same bytes again
// and the quote after them, the body of a plain ASCII string, digits, spaces.
enum class HoleKind : std::uint8_t { fragment, copy, padding, counter, spaces };

struct Hole {
  std::uint32_t at;  // offset in the template's bytes
  HoleKind kind;
};

inline constexpr std::size_t most_holes = 4;

// The part [from, to) of a template's bytes; Buffer::padding bytes behind it can be read.
struct Skeleton {
  const char* bytes;
  const Hole* holes;
  std::uint32_t hole_count;
  std::uint32_t from;
  std::uint32_t to;
};

// What was found in the hole of the fragment.
struct Fragment {
  const char* raw = nullptr;  // as it stands there
  std::size_t raw_size = 0;
  const char* text = nullptr;  // what it says
  std::size_t text_size = 0;
  std::string* scratch = nullptr;  // `text` lies here where there were escapes
};

struct Kernel {
  const char* name;
  // Where the bytes from `at` stop fitting the skeleton; null when they do not fit.
  const char* (*fit)(const Skeleton& skeleton, const char* at, const char* end, Fragment& fragment);
  // The first CR or LF, or end. Clears `ascii` when a byte of 0x80 or more was seen (it may also look at
  // bytes after the line end: then a line is checked more carefully than needed, never less).
  const char* (*line_end)(const char* at, const char* end, bool& ascii);
  // Copies bytes up to the end of an event and tells how many: up to the first LF that follows an LF, this
  // one too, or up to the first CR. `size + 1` when all of them were copied and none of these was among them.
  // `after_lf`: an LF stands before the first. Reads nothing behind `size` bytes; may write up to `size`.
  std::size_t (*copy_event)(const char* from, std::size_t size, bool after_lf, char* to);
};

// The best that this CPU can run.
const Kernel& kernel();
// All that this CPU can run, the best one last. For tests.
struct Kernels {
  const Kernel* all[3];
  std::size_t count;
};
Kernels kernels();

// A fragment with escapes or other bytes than ASCII, from the byte after its opening quote. Returns the
// closing quote, or null when it is none that all parsers read alike. Called by kernels.
const char* read_difficult_fragment(const char* at, const char* end, Fragment& fragment);

}  // namespace assay::stream::decoding
