// How the bytes of an answer are divided into payloads, told by how they begin: content types lie. Pure;
// thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::stream {

enum class Framing { automatic, sse, json, eventstream };

struct ToldFraming {
  Framing framing;
  std::size_t skip;  // bytes at the front that are no part of it
};

// After an optional byte order mark, the first byte that is not white space tells: a brace or bracket begins
// JSON (a body, NDJSON, an array), a control character an AWS event stream (its first byte is 0, or 1 from
// 16 MiB on), anything else SSE. Nothing: `bytes` are too few to tell.
std::optional<ToldFraming> tell_framing(std::string_view bytes);

// Whether bytes that begin with `opening` are SSE at all: their first line that is not blank is a comment or
// a field that the standard knows, or may become one. `opening` is all there is, or enough of it.
bool opens_sse(std::string_view opening);

// `bytes` for one line of a message: at most about `most` bytes of them, what is not printable made visible.
std::string shown(std::string_view bytes, std::size_t most);

}  // namespace assay::stream
