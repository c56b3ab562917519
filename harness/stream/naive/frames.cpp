#include "harness/stream/naive/frames.h"

#include <cstdint>

namespace assay::stream::naive {

namespace {

// Objects at the top or in one list at the top, one after another.
std::vector<Payload> json_payloads(std::string_view bytes, bool flush) {
  std::vector<Payload> all;
  std::size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' && depth++ == 0) {
      begin = at;
    } else if (c == '}' && --depth == 0) {
      all.push_back({"", std::string(bytes.substr(begin, at + 1 - begin))});
    }
  }
  if (depth > 0 && flush) all.push_back({"", std::string(bytes.substr(begin))});
  return all;
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < size; ++i)
    number = (number << 8U) | static_cast<unsigned char>(bytes.at(at + i));
  return number;
}

// 4 bytes length of all, 4 of the headers, 4 of a checksum, headers, payload, 4 of a checksum.
std::vector<Payload> eventstream_payloads(std::string_view bytes) {
  std::vector<Payload> all;
  while (bytes.size() >= 16) {
    const std::size_t size = big_endian(bytes, 0, 4);
    const std::size_t headers = big_endian(bytes, 4, 4);
    if (size < 16 || size > bytes.size() || headers > size - 16) break;
    Payload payload;
    for (std::size_t at = 12; at < 12 + headers;) {
      const std::size_t name_size = big_endian(bytes, at, 1);
      const std::string_view name = bytes.substr(at + 1, name_size);
      at += 2 + name_size;
      if (bytes.at(at - 1) != 7) break;  // only texts are of interest, and only texts were seen
      const std::size_t value_size = big_endian(bytes, at, 2);
      if (name == ":event-type" || name == ":exception-type")
        payload.event = std::string(bytes.substr(at + 2, value_size));
      at += 2 + value_size;
    }
    payload.data = std::string(bytes.substr(12 + headers, size - 16 - headers));
    all.push_back(std::move(payload));
    bytes.remove_prefix(size);
  }
  return all;
}

}  // namespace

std::vector<Payload> sse_payloads(std::string_view bytes, bool flush) {
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  std::vector<Payload> all;
  Payload payload;
  bool any = false;
  const auto line_read = [&](std::string_view line) {
    if (line.empty()) {
      if (any) all.push_back(std::move(payload));
      payload = {};
      any = false;
      return;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.remove_prefix(1);
    if (name == "data") {
      if (any) payload.data += '\n';
      payload.data += value;
      any = true;
    } else if (name == "event") {
      payload.event = value;
    }
  };
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    std::size_t end = begin;
    while (end < bytes.size() && bytes[end] != '\n' && bytes[end] != '\r') ++end;
    if (end == bytes.size()) break;
    line_read(bytes.substr(begin, end - begin));
    begin = end + (bytes.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  if (flush) {
    if (begin < bytes.size()) line_read(bytes.substr(begin));
    line_read("");
  }
  return all;
}

std::vector<Payload> payloads_of(std::string_view bytes, bool flush) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  if (bytes[first] == '{' || bytes[first] == '[') return json_payloads(bytes, flush);
  if (bytes[first] == '\0') return eventstream_payloads(bytes);
  return sse_payloads(bytes, flush);
}

std::string base64_plain(std::string_view text) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) break;
    held = (held << 6U) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((held >> static_cast<unsigned>(bits)) & 0xFFU);
  }
  return bytes;
}

}  // namespace assay::stream::naive
