// AWS event stream messages: prelude (total length, header length, CRC), headers, payload, CRC; all
// big-endian. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html and the Smithy
// specification, "Amazon Event Stream". Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/result.h"
#include "harness/stream/framing/buffer.h"

namespace assay::stream {

// CRC-32 (ISO-HDLC, as in zlib) of `bytes`, continuing `crc`.
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);

// One message with string headers.
std::string eventstream_message(const std::vector<std::pair<std::string, std::string>>& headers,
                                std::string_view payload);

struct EventstreamMessage {
  std::string_view message_type;   // :message-type: "event", "exception" or "error"
  std::string_view event_type;     // :event-type, :exception-type or :error-code
  std::string_view error_message;  // :error-message: an "error" says all in its headers
  std::string_view payload;        // followed by four readable bytes
};

class EventstreamFramer {
 public:
  explicit EventstreamFramer(std::size_t limit = std::size_t{24} << 20U) : limit_(limit) {}

  void append(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole message with both CRCs right, or false: more bytes are needed, or see error(). Views are
  // valid until the next call that is not const.
  bool next(EventstreamMessage& message);
  bool at_rest() const { return buffer_.size() == given_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool refuse(std::string why);

  std::size_t limit_;
  Buffer buffer_;
  std::size_t given_ = 0;
  std::uint64_t messages_ = 0;
  bool prelude_checked_ = false;
  std::optional<Error> error_;
};

}  // namespace assay::stream
