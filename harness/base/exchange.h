// The words that every room shares for one HTTP/1.1 exchange: values, nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.h"

namespace assay {

// One header field. Order, case and duplicates are kept as they were on the wire (RFC 9110 section 5).
struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};
using Headers = std::vector<Header>;

// The first value of `name`, compared without case; nullptr when absent. The pointer lives as long as
// `headers`.
const std::string* find_header(const Headers& headers, std::string_view name);
// Replaces the first `name` (keeping its place and removing later ones) or appends it.
void set_header(Headers& headers, std::string_view name, std::string value);
// Removes every `name`; says how many there were.
std::size_t remove_header(Headers& headers, std::string_view name);
// ASCII case-insensitive comparison, as header names and schemes need it.
bool iequals(std::string_view a, std::string_view b);

struct Request {
  std::string method = "GET";
  std::string target = "/";  // origin-form, as sent: path and query
  std::string version = "HTTP/1.1";
  Headers headers;
  std::string body;  // with transfer coding removed, content coding kept
  bool operator==(const Request&) const = default;
};

// The part of a target before '?', and the value of one query parameter (percent-decoded).
std::string_view target_path(std::string_view target);
std::optional<std::string> query_value(std::string_view target, std::string_view name);

// A piece of a response body. With BodyFraming::chunked it is one HTTP chunk; else it is one write.
struct Chunk {
  std::string bytes;
  Micros at{0};  // when it was sent, counted from the end of the response head
  bool operator==(const Chunk&) const = default;
};

// How the end of a body is told (RFC 9112 section 6).
enum class BodyFraming { none, content_length, chunked, close_delimited };

struct Response {
  int status = 200;
  std::string reason = "OK";
  std::string version = "HTTP/1.1";
  Headers headers;  // framing headers (Content-Length, Transfer-Encoding) are derived from `framing` unless
                    // present here
  BodyFraming framing = BodyFraming::content_length;
  std::vector<Chunk> body;
  Headers trailers;      // only with BodyFraming::chunked
  Micros head_delay{0};  // from the end of the request to the first byte of the head
  bool operator==(const Response&) const = default;
};

// All chunks joined.
std::string body_bytes(const Response& response);
// A response with a JSON or text body in one piece.
Response make_response(int status, std::string content_type, std::string body);
// The standard reason phrase ("Too Many Requests"); "Unknown" for a status without one (RFC 9110 section 15).
std::string_view reason_phrase(int status);

struct Exchange {
  Request request;
  Response response;
  bool operator==(const Exchange&) const = default;
};

}  // namespace assay
