// One TCP connection from the browser double to the client's listener: bytes go out exactly as told, the
// answer is read by a browser's rules.
//
// Thread-safety: one thread. Every wait ends at its deadline or when `cancel` becomes readable.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/exchange.h"
#include "harness/base/time.h"

namespace assay::browser {

using Deadline = std::chrono::steady_clock::time_point;

// What came back. `error` is empty, or what a browser shows instead of a page, by Chromium's names:
// ERR_CONNECTION_RESET, ERR_EMPTY_RESPONSE, ERR_INVALID_HTTP_RESPONSE, ERR_CONTENT_LENGTH_MISMATCH,
// ERR_INCOMPLETE_CHUNKED_ENCODING, ERR_TIMED_OUT, ERR_RESPONSE_TOO_LARGE, ERR_ABORTED (cancelled).
struct Answer {
  int status = 0;  // 0 = none was read
  Headers headers;
  std::string body;  // what came of it, also when the end is missing
  std::string error;
  bool keep_alive = false;  // another request may follow on this connection
};

class Connection {
 public:
  // `host` is a literal address. On failure is_open() is false and error() says why: ERR_CONNECTION_REFUSED,
  // ERR_ADDRESS_UNREACHABLE, ERR_TIMED_OUT, ERR_ABORTED.
  Connection(const std::string& host, std::uint16_t port, Deadline until, int cancel);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  bool is_open() const { return fd_ >= 0; }
  const std::string& error() const { return error_; }
  // Our own port: what the listener sees as its peer's.
  std::uint16_t local_port() const;

  // Pieces of `piece` bytes (0 = one), `pause` apart. A failure shows in the answer.
  void send(std::string_view bytes, std::size_t piece, Micros pause, Deadline until);
  Answer read_answer(bool head_only, Deadline until);
  // Returns after `delay`, at the deadline, or when cancelled.
  void rest(Micros delay, Deadline until) const;
  void half_close() const;
  void reset();
  void close();

 private:
  enum class Wait { ready, timed_out, cancelled };
  Wait wait(short events, Deadline until) const;
  // False at the end of the stream, with `why` set when that end is an error.
  bool read_more(Deadline until, std::string& why);
  bool read_chunked(Answer& answer, Deadline until, std::string& why);

  int fd_ = -1;
  int cancel_ = -1;
  bool send_failed_ = false;
  std::string error_;
  std::string buffer_;
};

// Waits without a connection. False when `cancel` or `over` became readable first; -1 = there is none.
bool rest(Micros delay, Deadline until, int cancel, int over = -1);

}  // namespace assay::browser
