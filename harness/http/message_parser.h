// Incremental HTTP/1.1 parsing (RFC 9112) on Boost.Beast's basic_parser, behind a header without Beast.
// Header order, case and duplicates are kept as they came. Bounded: a head or a chunk-size line beyond its
// limit is an error, never a growing buffer.
//
// Thread-safety: none; one connection owns one parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/exchange.h"

namespace assay::http {

enum class Parse {
  need_more,  // everything that could be used was; feed again with what was left over and more
  head,       // the head is whole (reported once); feed on for the body
  complete,   // the message is whole; what was not consumed belongs to the next
  bad         // see error(); the parser must be reset
};

struct ParseLimits {
  std::size_t head_bytes = std::size_t{64} * 1024;
  std::size_t body_bytes = std::size_t{16} << 20U;
};

class RequestParser {
 public:
  explicit RequestParser(ParseLimits limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads from the front of `bytes`. `consumed` says how many need not be given again.
  Parse feed(std::string_view bytes, std::size_t& consumed);
  // Ready for the next message.
  void reset();
  // From now on body bytes are counted but not kept.
  void discard_body();

  const Request& request() const;
  Request take_request();
  bool keep_alive() const;          // after the head
  bool expects_continue() const;    // after the head
  bool upgrades_websocket() const;  // after the head
  bool body_follows() const;        // after the head: a body is still to be read
  // After Parse::bad: the status to answer with (400, 413, 431, 505) and why, in words.
  int error_status() const;
  const std::string& error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Where a response's parts go. Views are valid during the call.
struct ResponseSink {
  std::function<void(int status, std::string_view reason, std::string_view version, Headers headers)> on_head;
  // `starts_chunk`: the first bytes of an HTTP chunk; always true for a body that is not chunked.
  std::function<void(std::string_view bytes, bool starts_chunk)> on_body;
};

class ResponseParser {
 public:
  // `head_request`: the answer to HEAD, which has no body.
  ResponseParser(ParseLimits limits, bool head_request, ResponseSink sink);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  Parse feed(std::string_view bytes, std::size_t& consumed);
  // The peer sent FIN. Parse::complete when that ends the message (close-delimited), else Parse::bad.
  Parse finish();
  const Headers& trailers() const;
  bool started() const;         // a byte of the head was seen
  bool has_head() const;        // the head is whole
  BodyFraming framing() const;  // after the head
  bool keep_alive() const;      // after the head
  const std::string& error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::http
