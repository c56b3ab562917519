// Makes exchanges of copies of the bytes that pass through one connection. What it is given has been passed
// on already; nothing that it finds, or fails to understand, changes what passes.
//
// Requests may come ahead of their answers, and answers before the end of their requests. What a fixture
// cannot hold of an exchange is said in its `lost`; what cannot be an exchange is left out, and that is said
// too.
//
// Thread-safety: none; one connection owns one.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "harness/http/message_parser.h"
#include "harness/recorder/chunk_scan.h"
#include "harness/recorder/shelf.h"

namespace assay {

class Watch {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // `authority`: the origin of the upstream. The shelf outlives the watch.
  Watch(std::string authority, Shelf& shelf);

  // Bytes in the order they passed; `at` is when they arrived.
  void on_request(std::string_view bytes, Instant at);
  void on_response(std::string_view bytes, Instant at);
  // No more of them will come: "the client stopped sending", "the upstream closed the connection".
  void on_request_end(const std::string& why);
  void on_response_end(const std::string& why);
  // Nothing more will come, `why`. Keeps what there is of exchanges that did not end.
  void stop(const std::string& why);

  // The upstream has switched to another protocol: what follows is not HTTP.
  bool upgraded() const { return upgraded_; }

 private:
  // An exchange under way. Requests come in at the back of the queue, responses at its front.
  struct Under {
    std::size_t place = 0;
    RecordedExchange recorded;
    Instant request_done;  // until it is: when its head was read
    Instant head_at;
    std::size_t held = 0;  // bytes of bodies that the shelf granted
    bool request_too_large = false;
    bool response_too_large = false;
    bool request_ended = false;
    bool has_head = false;  // of the final response
    bool response_ended = false;
  };
  // One direction's raw bytes: what was not understood yet, and how the message at hand is spelled.
  struct Raw {
    std::string unread;
    std::string head;
    bool in_body = false;
    std::optional<ChunkScan> chunks;
    void took(std::string_view bytes);
    void reset();
  };

  bool read_request(std::string_view& rest, Instant at);
  bool hold(Under& under, std::size_t so_far, std::size_t more);
  void begin_exchange(Instant at);
  void end_request(Instant at);
  void cut_request(const std::string& why);
  bool read_response(std::string_view& rest);
  void new_response();
  void begin_response();
  void end_response();
  void cut_response(const std::string& why);
  void shelve_front();
  void not_a_request(const std::string& what);
  void not_awaited();

  const std::string authority_;
  Shelf& shelf_;
  http::RequestParser request_parser_;
  std::optional<http::ResponseParser> response_parser_;
  Raw requests_;
  Raw responses_;
  std::deque<Under> queue_;
  std::optional<std::size_t> last_place_;  // of the exchange that was shelved last
  Instant now_;                            // when the bytes at hand arrived
  std::size_t response_bytes_ = 0;         // that were kept of the body at hand
  bool interim_ = false;
  bool said_not_awaited_ = false;
  bool requests_over_ = false;   // no more requests can be understood
  bool responses_over_ = false;  // ... responses
  bool unreadable_ = false;      // there were bytes that are no request
  bool upgraded_ = false;
};

}  // namespace assay
