#include "harness/stream/framing/eventstream.h"

#include <array>

namespace assay::stream {

namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
    table[i] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

void put_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xFFU);
}

void put_u16(std::string& out, std::size_t value) {
  out += static_cast<char>((value >> 8U) & 0xFFU);
  out += static_cast<char>(value & 0xFFU);
}

// Big-endian numbers.
std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint32_t read_u32(std::string_view bytes) {
  return byte_at(bytes, 0) << 24U | byte_at(bytes, 1) << 16U | byte_at(bytes, 2) << 8U | byte_at(bytes, 3);
}

std::uint16_t read_u16(std::string_view bytes) {
  return static_cast<std::uint16_t>(byte_at(bytes, 0) << 8U | byte_at(bytes, 1));
}

// The size of a header's value after its type byte; nothing for an unknown type. Types 6 and 7 begin with a
// length.
std::optional<std::size_t> value_size(std::uint32_t type, std::string_view rest) {
  constexpr std::array<std::size_t, 10> fixed = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
  if (type >= fixed.size()) return std::nullopt;
  if (type != 6 && type != 7) return fixed[type];
  if (rest.size() < 2) return std::nullopt;
  return std::size_t{2} + read_u16(rest);
}

bool read_headers(std::string_view headers, EventstreamMessage& message) {
  while (!headers.empty()) {
    const std::size_t name_size = byte_at(headers, 0);
    if (headers.size() < name_size + 2) return false;
    const std::string_view name = headers.substr(1, name_size);
    const std::uint32_t type = byte_at(headers, 1 + name_size);
    headers.remove_prefix(name_size + 2);
    const std::optional<std::size_t> size = value_size(type, headers);
    if (!size || headers.size() < *size) return false;
    if (type == 7) {
      const std::string_view value = headers.substr(2, *size - 2);
      if (name == ":message-type") message.message_type = value;
      if (name == ":event-type" || name == ":exception-type" || name == ":error-code")
        message.event_type = value;
      if (name == ":error-message") message.error_message = value;
    }
    headers.remove_prefix(*size);
  }
  return true;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc) {
  crc = ~crc;
  for (const char byte : bytes) crc = (crc >> 8U) ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~crc;
}

std::string eventstream_message(const std::vector<std::pair<std::string, std::string>>& headers,
                                std::string_view payload) {
  std::string head;
  for (const auto& [name, value] : headers) {
    head += static_cast<char>(name.size());
    head += name;
    head += '\x07';  // a string
    put_u16(head, value.size());
    head += value;
  }
  std::string message;
  put_u32(message, static_cast<std::uint32_t>(16 + head.size() + payload.size()));
  put_u32(message, static_cast<std::uint32_t>(head.size()));
  put_u32(message, crc32(message));
  message += head;
  message += payload;
  put_u32(message, crc32(message));
  return message;
}

bool EventstreamFramer::refuse(std::string why) {
  error_ = Error{"event stream message " + std::to_string(messages_ + 1) + ": " + std::move(why), {}, 0};
  return false;
}

bool EventstreamFramer::next(EventstreamMessage& message) {
  if (given_ != 0) {
    buffer_.consume(given_);
    given_ = 0;
    ++messages_;
    prelude_checked_ = false;
  }
  const std::string_view unread = buffer_.unread();
  if (error_ || unread.size() < 12) return false;
  const std::size_t total = read_u32(unread);
  const std::size_t header_size = read_u32(unread.substr(4));
  if (!prelude_checked_) {
    if (crc32(unread.substr(0, 8)) != read_u32(unread.substr(8))) return refuse("the prelude's CRC is wrong");
    if (total < 16 || header_size > total - 16) return refuse("its lengths contradict each other");
    if (total > limit_) return refuse("longer than " + std::to_string(limit_) + " bytes");
    prelude_checked_ = true;
  }
  if (unread.size() < total) return false;
  if (crc32(unread.substr(0, total - 4)) != read_u32(unread.substr(total - 4)))
    return refuse("its CRC is wrong");
  message = {};
  if (!read_headers(unread.substr(12, header_size), message)) return refuse("its headers are malformed");
  message.payload = unread.substr(12 + header_size, total - 16 - header_size);
  given_ = total;
  return true;
}

}  // namespace assay::stream
