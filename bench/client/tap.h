// Tap: stands between a server and the world behind it, cuts the streams that the world answers with, paces
// them, and notes when each event went out.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/client/cut.h"
#include "harness/http/server.h"

namespace assay::bench {

// One answer with text, as it went out. Times by the play's clock.
struct Served {
  std::shared_ptr<const Request> request;
  std::size_t stream = 0;  // which one its tokens name
  std::size_t events = 0;  // with text
  std::size_t bytes = 0;   // of the whole answer
  bool streamed = false;   // it came in more than one piece
  std::vector<std::size_t> ends;
  Micros begun{0};           // its first byte is about to be written
  std::vector<Micros> wire;  // paced: when the last byte of each event was let go
};

struct TapOptions {
  Cut cut;
  Micros pace{0};  // between events; 0 = as fast as the peer reads
};

class Tap final : public http::Handler {
 public:
  // `clock` and `behind` outlive the tap. No request may come before attach().
  Tap(http::Handler& behind, const Clock& clock, TapOptions options)
      : behind_(behind), clock_(clock), options_(options) {}
  // `server` outlives every request.
  void attach(http::Server& server) { server_ = &server; }

  // Every answer with text so far. Thread-safe.
  std::vector<Served> served() const;

  std::optional<http::Answer> on_head(const http::Incoming& in) override { return behind_.on_head(in); }
  http::Answer on_request(const http::Incoming& in) override;
  bool on_upgrade(const http::Incoming& in) override { return behind_.on_upgrade(in); }
  void on_message(const http::Incoming& in, std::string message, bool binary) override {
    behind_.on_message(in, std::move(message), binary);
  }
  void on_done(const http::Incoming& in) override { behind_.on_done(in); }
  void on_closed(std::uint64_t connection) override { behind_.on_closed(connection); }

 private:
  // Guarded by mutex_ but for what never changes once it is there.
  struct Stream {
    Served served;
    std::vector<std::size_t> part_of;
    std::vector<Micros> let_go;  // of each part
  };

  http::Handler& behind_;
  const Clock& clock_;
  const TapOptions options_;
  http::Server* server_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Stream>> streams_;
};

}  // namespace assay::bench
