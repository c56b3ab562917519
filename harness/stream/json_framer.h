// Splits JSON that comes in pieces into its objects: one per line (NDJSON), one whole body, or the elements
// of one outer array (Gemini without alt=sse). Incremental; no allocation once the buffer has the size of the
// longest object.
//
// One owner, one thread. A view is valid until the next call of any member that is not const.
#pragma once

#include <optional>
#include <string_view>

#include "harness/base/result.h"
#include "harness/stream/buffer.h"

namespace assay::stream {

class JsonFramer {
 public:
  explicit JsonFramer(std::size_t limit = std::size_t{16} << 20U) : limit_(limit) {}

  char* prepare(std::size_t size) { return buffer_.prepare(size); }
  void commit(std::size_t size) { buffer_.commit(size); }
  void append(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole object, followed by Buffer::padding readable bytes; or false: more bytes are needed, or
  // something else than an object stands there (see error()).
  bool next(std::string_view& object);
  // True when nothing is open: no object, no outer array.
  bool at_rest() const { return depth_ == 0 && !in_array_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool scan(std::string_view& object);

  std::size_t limit_;
  Buffer buffer_;
  std::size_t scanned_ = 0;  // bytes from the buffer's begin that were looked at
  std::size_t depth_ = 0;    // of braces and brackets inside the object
  std::size_t given_ = 0;    // size of the object that was given out
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_array_ = false;
  bool array_done_ = false;
  std::optional<Error> error_;
};

}  // namespace assay::stream
