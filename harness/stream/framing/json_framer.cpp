#include "harness/stream/framing/json_framer.h"

#include <algorithm>
#include <string>

#include "harness/stream/framing/framing.h"

namespace assay::stream {

bool JsonFramer::next(std::string_view& object) {
  if (given_ != 0) {
    buffer_.consume(given_);
    given_ = scanned_ = 0;
  }
  if (error_) return false;
  if (!in_object_) {
    std::size_t at = 0;
    for (const std::string_view unread = buffer_.unread(); at < unread.size() && !in_object_; ++at)
      if (!between(unread[at])) return false;
    if (in_object_) --at;  // its brace
    buffer_.consume(at);
    if (!in_object_) return false;
    scan_ = JsonScan(one_line_);
  }
  const std::string_view unread = buffer_.unread();
  std::size_t read = 0;
  // Not beyond the limit: what is found must not depend on how much lies there.
  const JsonScan::Found found =
      scan_.next(unread.substr(scanned_, std::min(unread.size(), limit_) - scanned_), read);
  scanned_ += read;
  if (found == JsonScan::Found::mistake) {
    constexpr std::size_t most = 40;
    const std::size_t from = scanned_ > most ? scanned_ - most : 0;
    return refuse("expected a JSON object, but it is not JSON from byte " + std::to_string(scanned_) +
                  " on: " + (from == 0 ? "" : "...") + shown(unread.substr(from, scanned_ - from), most));
  }
  if (found == JsonScan::Found::more) {
    if (unread.size() > limit_)
      return refuse("a JSON object is longer than " + std::to_string(limit_) + " bytes");
    return false;
  }
  in_object_ = false;
  given_ = scanned_;
  object = unread.substr(0, given_);
  if (place_ == Place::first) {
    place_ = Place::objects;
    one_line_ = object.find('\n') == std::string_view::npos;
  }
  return true;
}

// Takes a byte that stands outside of the objects.
bool JsonFramer::between(char byte) {
  if (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t') return true;
  const bool in_array = place_ == Place::item || place_ == Place::next_item;
  if (byte == '{' && (in_array || place_ == Place::begin || place_ == Place::objects)) {
    in_object_ = true;
    place_ = in_array ? Place::more_items : place_ == Place::begin ? Place::first : Place::objects;
    return true;
  }
  if (byte == '[' && place_ == Place::begin) {
    place_ = Place::item;
  } else if (byte == ',' && place_ == Place::more_items) {
    place_ = Place::next_item;
  } else if (byte == ']' && (place_ == Place::item || place_ == Place::more_items)) {
    place_ = Place::over;
  } else {
    return refuse(std::string(place_ == Place::over         ? "expected nothing after the array's end"
                              : place_ == Place::more_items ? "expected a comma or the array's end"
                                                            : "expected a JSON object") +
                  ", found '" + shown({&byte, 1}, 1) + "'");
  }
  return true;
}

bool JsonFramer::refuse(std::string why) {
  error_ = Error{std::move(why), {}, 0};
  return false;
}

}  // namespace assay::stream
