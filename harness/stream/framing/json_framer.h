// Splits JSON that comes in pieces into its objects: one per line (NDJSON), one whole body, or the elements
// of one outer array (Gemini without alt=sse). Incremental; no allocation once the buffer has the size of the
// longest object. What it gives out and what it refuses depends on the bytes alone, not on how they were cut.
//
// One owner, one thread. A view is valid until the next call of any member that is not const.
#pragma once

#include <optional>
#include <string_view>

#include "harness/base/result.h"
#include "harness/stream/framing/buffer.h"
#include "harness/stream/framing/json_scan.h"

namespace assay::stream {

class JsonFramer {
 public:
  explicit JsonFramer(std::size_t limit = std::size_t{16} << 20U) : limit_(limit) {}

  char* prepare(std::size_t size) { return buffer_.prepare(size); }
  void commit(std::size_t size) { buffer_.commit(size); }
  void append(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole object, followed by Buffer::padding readable bytes; or false: more bytes are needed, or
  // there is a mistake (see error()): a byte that no object can have there, something else than an object,
  // an object longer than the limit. Nothing is read after it.
  bool next(std::string_view& object);
  // True when nothing is open: no object, no outer array.
  bool at_rest() const {
    return !in_object_ && place_ != Place::item && place_ != Place::more_items && place_ != Place::next_item;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  enum class Place {
    begin,       // an object, or the outer array opens
    first,       // the first object outside of an array
    objects,     // one object after another
    item,        // of the array: the first, or its end
    more_items,  // a comma or the array's end
    next_item,   // after a comma: an item
    over         // the array ended
  };
  bool between(char byte);
  bool refuse(std::string why);

  std::size_t limit_;
  Buffer buffer_;
  JsonScan scan_;
  std::size_t scanned_ = 0;  // bytes of the object that were looked at
  std::size_t given_ = 0;    // size of the object that was given out
  bool in_object_ = false;
  bool one_line_ = false;  // the first object had its line for itself: so have the others
  Place place_ = Place::begin;
  std::optional<Error> error_;
};

}  // namespace assay::stream
