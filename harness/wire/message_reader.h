// A reader of HTTP/1.1 messages for tests of what we send: it knows nothing of scripts and marks.
#pragma once

#include <charconv>
#include <optional>
#include <string>

#include "harness/base/exchange.h"
#include "harness/base/text.h"

namespace assay::wire {

struct Message {
  std::string status_line;
  Headers headers;
  std::string body;
  std::size_t size = 0;  // bytes of `bytes` that belong to it
};

// The first message in `bytes`, which ends with them when it is close-delimited (RFC 9112 section 6.3).
// Nullopt when it is not whole or not well-formed.
inline std::optional<Message> read_message(std::string_view bytes) {
  Message out;
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return std::nullopt;
  std::size_t at = bytes.find("\r\n");
  out.status_line = bytes.substr(0, at);
  while (at < head_end) {
    at += 2;
    const std::size_t end = bytes.find("\r\n", at);
    const std::string_view line = bytes.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    out.headers.push_back({std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    at = end;
  }
  at = head_end + 4;
  const auto number = [&](std::string_view text, int base) -> std::optional<std::size_t> {
    std::size_t n = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n, base);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return n;
  };
  const std::string* coding = find_header(out.headers, "Transfer-Encoding");
  const std::string* length = find_header(out.headers, "Content-Length");
  if (coding != nullptr && iequals(*coding, "chunked")) {
    while (true) {
      const std::size_t line_end = bytes.find("\r\n", at);
      if (line_end == std::string_view::npos) return std::nullopt;
      const auto line = bytes.substr(at, line_end - at);
      const auto size = number(line.substr(0, line.find(';')), 16);
      if (!size) return std::nullopt;
      at = line_end + 2;
      if (*size == 0) break;
      if (bytes.size() - at < *size + 2 || bytes.substr(at + *size, 2) != "\r\n") return std::nullopt;
      out.body += bytes.substr(at, *size);
      at += *size + 2;
    }
    while (bytes.substr(at, 2) != "\r\n") {  // trailers
      const std::size_t line_end = bytes.find("\r\n", at);
      if (line_end == std::string_view::npos) return std::nullopt;
      at = line_end + 2;
    }
    out.size = at + 2;
  } else if (length != nullptr) {
    const auto size = number(*length, 10);
    if (!size || bytes.size() - at < *size) return std::nullopt;
    out.body = bytes.substr(at, *size);
    out.size = at + *size;
  } else {
    out.body = bytes.substr(at);
    out.size = bytes.size();
  }
  return out;
}

}  // namespace assay::wire
