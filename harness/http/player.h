// Plays a script on a connection: a state machine that is told the time and says what it waits for. It owns
// no socket, no timer and no thread, so a test can play a script against a pretended peer.
//
// Due times are absolute: a late step does not delay the ones after it. Adjacent writes are joined into one
// call unless a Flush, Cut or anything else stands between them. After a write budget the player yields, so
// that one large answer does not make others wait.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/time.h"
#include "harness/http/timers.h"
#include "harness/http/transport.h"
#include "harness/wire/script.h"

namespace assay::http {

// The connection, as a player sees it.
class Stage {
 public:
  enum class Peer { has_read_all, has_unread, unknown };
  virtual ~Stage() = default;
  virtual Io write(const iovec* pieces, int count) = 0;
  virtual void half_close() = 0;
  virtual Peer peer() = 0;              // for Cut
  virtual bool all_acknowledged() = 0;  // for Reset
  virtual bool held(const std::string& name) = 0;
  virtual void on_unconfirmed_cut() = 0;
  virtual bool input_waiting() = 0;  // for AwaitInput: the peer sent something since its request
};

// What the player needs before it can go on.
struct Need {
  enum class Kind {
    turn,      // the write budget is spent: play again once others had their turn
    writable,  // the socket's buffer is full
    time,      // until `at`
    release,   // the barrier `hold`
    input,     // the peer must send something first (AwaitInput)
    peer,      // nothing more will be sent until the peer goes (Stall)
    over,      // every step was played; the script's keep_alive says what next
    close,     // Close was played
    reset,     // Reset was played and the peer's kernel has all bytes
    lost       // the peer is gone, or the transport failed: `io` says which
  };
  Kind kind = Kind::over;
  Instant at;
  const std::string* hold = nullptr;  // lives as long as the script
  Io io;
};

class Player {
 public:
  // `start` is when the request was complete: the due time that the first Wait counts from. Waits are in the
  // time of `clock` (null = the machine's), which outlives the player.
  Player(std::shared_ptr<const wire::Script> script, Instant start, Micros cut_deadline,
         const assay::Clock* clock = nullptr);

  Need play(Stage& stage, Instant now);
  // The barrier that Need::Kind::release named is open.
  void released(Instant now);
  std::uint64_t sent() const { return sent_; }
  bool half_closed() const { return half_closed_; }
  const wire::Script& script() const { return *script_; }

 private:
  struct Frame {
    const wire::Steps* steps;
    std::size_t index = 0;
    std::uint64_t left = 1;  // rounds still to play, this one included; 0 = endless
    std::uint64_t sent_before = 0;
    bool waited = false;
  };

  bool end_round(Frame& frame);
  Need write(Stage& stage, std::size_t& budget);
  bool cut(Stage& stage, Instant now, Need& need);

  std::shared_ptr<const wire::Script> script_;
  std::vector<Frame> frames_;
  std::size_t offset_ = 0;  // bytes of the current Write that were sent
  Instant due_;
  Micros cut_deadline_;
  const assay::Clock* clock_;
  Instant asked_since_{};  // when the Cut or Reset at hand was reached; zero = it was not
  Micros pause_{0};        // how long to wait before asking again
  std::uint64_t sent_ = 0;
  bool half_closed_ = false;
};

}  // namespace assay::http
