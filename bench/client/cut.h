// How a stream is written: an answer's script, turned into one that writes the same bytes in other pieces,
// as fast as the peer reads or at a pace. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/wire/script.h"

namespace assay::bench {

// What one write() holds.
struct Cut {
  enum class Kind { whole, event, bytes };
  Kind kind = Kind::whole;
  std::size_t bytes = 0;  // Kind::bytes
  bool operator==(const Cut&) const = default;
};
// "whole", "event", or a number of bytes. to_string is the way back.
Result<Cut> parse_cut(std::string_view text);
std::string to_string(const Cut& cut);

struct CutStream {
  wire::Script script;
  std::size_t stream = 0;             // which one its tokens name (tokens.h)
  std::size_t bytes = 0;              // of the whole answer, head included
  std::vector<std::size_t> ends;      // of each event with text: the bytes of the answer up to its end
  std::size_t pieces = 0;             // of payload that brought text; 1 = the answer is not streamed
  std::vector<std::size_t> part_of;   // paced: event → the part that completes it
  std::vector<std::size_t> event_of;  // paced: part → the event at whose time it goes
};

// `answer`, an answer whose payload holds tokens 0, 1, 2 … of one stream, rewritten; without tokens it is
// given back with no `ends`. Unpaced, each write is a write() of its own as far as the kernel takes it.
// Paced, the head and all before the first text go at once (but not for `whole`), and each part after them
// waits at a Hold named `hold` and its number.
CutStream cut_stream(const wire::Script& answer, const Cut& cut, bool paced, const std::string& hold);

}  // namespace assay::bench
