#include "harness/stream/json_framer.h"

#include <string>

namespace assay::stream {

bool JsonFramer::next(std::string_view& object) {
  if (given_ != 0) {
    buffer_.consume(given_);
    given_ = scanned_ = 0;
  }
  if (error_) return false;
  return scan(object);
}

bool JsonFramer::scan(std::string_view& object) {
  const char* const begin = buffer_.begin();
  const std::size_t size = buffer_.size();
  std::size_t skipped = 0;  // separators before the object
  for (std::size_t at = scanned_; at < size; ++at) {
    const char byte = begin[at];
    if (depth_ != 0) {
      if (in_string_) {
        if (escaped_) {
          escaped_ = false;
        } else if (byte == '\\') {
          escaped_ = true;
        } else if (byte == '"') {
          in_string_ = false;
        }
      } else if (byte == '"') {
        in_string_ = true;
      } else if (byte == '{' || byte == '[') {
        ++depth_;
      } else if ((byte == '}' || byte == ']') && --depth_ == 0) {
        buffer_.consume(skipped);
        given_ = at + 1 - skipped;
        object = {begin + skipped, given_};
        scanned_ = 0;
        return true;
      }
      continue;
    }
    if (byte == '{') {
      skipped = at;
      depth_ = 1;
    } else if (byte == '[' && !in_array_ && !array_done_) {
      in_array_ = true;
    } else if (byte == ']' && in_array_) {
      in_array_ = false;
      array_done_ = true;
    } else if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t' && !(byte == ',' && in_array_)) {
      error_ = Error{std::string("expected a JSON object, found '") + byte + "'", {}, 0};
      return false;
    }
  }
  if (depth_ == 0) skipped = size;
  buffer_.consume(skipped);
  scanned_ = size - skipped;
  if (scanned_ > limit_)
    error_ = Error{"a JSON object is longer than " + std::to_string(limit_) + " bytes", {}, 0};
  return false;
}

}  // namespace assay::stream
