// A blocking HTTP/1.1 client that tells apart every way a stream can end. One exchange at a time; a
// connection that may be used again is kept for the next one to the same origin. No redirects, no retries, no
// decoding: the caller decides.
//
// Thread-safety: one thread uses a Client; cancel() of its CancelToken may come from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::http {

// An absolute http or https URL (RFC 9110 section 4.2).
struct Url {
  bool tls = false;
  std::string host;  // without the brackets of an IPv6 literal
  std::uint16_t port = 80;
  std::string target = "/";  // path and query
  // "https://host:port", the port left out where it is the default one.
  std::string origin() const;
  // The Host header field for it.
  std::string authority() const;
};
Result<Url> parse_url(std::string_view url);

// How an exchange ended.
enum class End {
  complete,        // the whole response, by its own framing
  refused,         // connection refused
  unreachable,     // no route, name not found, connect deadline
  tls_failure,     // handshake or record layer
  no_response,     // closed (FIN) before a byte of the response: a stale connection, or a server that hung up
  truncated_head,  // FIN inside the head
  truncated_length,   // FIN before Content-Length bytes
  truncated_chunked,  // FIN before the last chunk
  reset,              // RST
  stalled,            // no byte for `stall_deadline`
  deadline,           // `total_deadline` passed while bytes still came
  malformed,          // not HTTP/1.1: bad status line, header, chunk size; or larger than the limits
  cancelled           // by the token, or a callback returned false
};
std::string_view to_string(End end);

struct ResponseHead {
  int status = 0;
  std::string reason;
  std::string version = "HTTP/1.1";
  Headers headers;
};

// A piece of the body as it arrived. `bytes` are valid during the call only.
struct BodyPiece {
  std::string_view bytes;
  Micros at{0};              // since the end of the head
  bool starts_chunk = true;  // false: goes on with the HTTP chunk (or, without chunking, the read) before it
};

struct ResponseEvents {
  // Both may be left empty. False cancels the exchange.
  std::function<bool(const ResponseHead&)> on_head;
  std::function<bool(const BodyPiece&)> on_body;
};

struct Outcome {
  End end = End::complete;
  std::string message;                // one line for a person; empty when complete
  std::vector<ResponseHead> interim;  // 1xx responses, in order
  std::optional<ResponseHead> head;   // the final one, once it was read whole
  Headers trailers;
  std::uint64_t body_bytes = 0;
  bool reused = false;   // went out on a connection that had served an exchange before
  Micros first_byte{0};  // from the start of the call to the first byte of the response
  bool ok() const { return end == End::complete; }
};

struct ClientOptions {
  std::string ca_file;  // PEM; empty = the system's store
  bool verify_tls = true;
  std::string connect_to;  // an address to connect to instead of the URL's host
  Micros connect_deadline = std::chrono::seconds(10);
  Micros head_deadline{0};  // from the start of the exchange to the end of the head; 0 = stall_deadline alone
  Micros stall_deadline = std::chrono::seconds(30);  // between two reads that bring something
  Micros total_deadline{0};                          // 0 = none
  std::size_t head_bytes = std::size_t{256} * 1024;  // longer heads are malformed
};

// Ends an exchange from another thread, at once. Reusable only for one exchange: once cancelled it stays so.
class CancelToken {
 public:
  CancelToken();
  ~CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;
  void cancel();
  bool cancelled() const { return cancelled_; }
  int descriptor() const { return event_; }  // becomes readable when cancelled

 private:
  std::atomic<bool> cancelled_{false};
  int event_ = -1;
};

class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends `request` to the origin of `url` and reads the response. request.target empty = the URL's own; Host
  // and Content-Length are added where they are missing. Never throws for what a peer or a network does.
  Outcome exchange(const Url& url, const Request& request, const ResponseEvents& events = {},
                   CancelToken* cancel = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// For small answers: one exchange with the body in hand.
struct Fetched {
  Outcome outcome;
  std::string body;
};
Fetched fetch(const Url& url, const Request& request, const ClientOptions& options = {});

}  // namespace assay::http
