// One accepted connection: reads requests, asks the handler, plays the answer, and journals all of it. Lives
// on one loop; ends itself, whoever is at fault.
//
// Thread-safety: the loop's thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/http/loop.h"
#include "harness/http/message_parser.h"
#include "harness/http/player.h"
#include "harness/http/server.h"
#include "harness/http/tls.h"
#include "harness/http/transport.h"

namespace assay::http {

class WebSocket;

// What a connection needs from the server around it. Outlives every connection.
class House {
 public:
  virtual ~House() = default;
  virtual const Limits& limits() const = 0;
  // Says how long the waits of scripts are, and that between requests; the other limits are the machine's.
  virtual const assay::Clock& clock() const = 0;
  virtual std::uint64_t next_exchange() = 0;
  // Calls `f` with the handler, never two at once.
  virtual void with_handler(const std::function<void(Handler&)>& f) = 0;
  virtual void journal(JournalEntry entry) = 0;
  // True while scripts must wait at the barrier `name`; the connection is then woken by released().
  virtual bool held(const std::string& name) = 0;
  // A connection has ended.
  virtual void ended() = 0;
};

// The listener that a connection came through, as it was then.
struct Door {
  std::string name;
  std::uint16_t port = 0;
  wire::ListenerMode::Kind mode = wire::ListenerMode::Kind::normal;
  std::string tls_failure;         // with Kind::tls_failure
  std::shared_ptr<TlsServer> tls;  // null = plain
};

class Connection final : public std::enable_shared_from_this<Connection>, private Stage {
 public:
  Connection(std::uint64_t id, House& house, Loop& loop, boost::asio::ip::tcp::socket socket,
             std::shared_ptr<const Door> door);
  ~Connection() override;

  void start();
  // A barrier was opened: go on if this connection waits at it.
  void released(const std::string& name);
  // Ends the connection if it waits for a request: its listener was taken down.
  void end_if_idle(const std::string& listener);
  // Ends it with RST, at once and without a journal entry: the server goes down.
  void abandon();
  // The WebSocket that it became; null when it is none.
  WebSocket* websocket() { return websocket_.get(); }

 private:
  enum class Phase {
    handshake,
    idle,       // between requests
    head,       // the first byte of a request was read
    body,       // its head was read
    playing,    // an answer is being sent
    skipping,   // the answer was sent, its request's body was not read yet
    lingering,  // we sent FIN; what still comes is thrown away
    websocket,
    unread,      // the listener never reads
    unanswered,  // the listener fails the TLS handshake once the first bytes are in
    ended
  };

  // Stage
  Io write(const iovec* pieces, int count) override { return transport_->write(pieces, count); }
  void half_close() override { transport_->half_close(); }
  Peer peer() override;
  bool all_acknowledged() override;
  bool held(const std::string& name) override;
  void on_unconfirmed_cut() override;
  bool input_waiting() override { return !in_.empty() || peer_sent_fin_; }

  void wait_readable();
  void wait_writable();
  void on_readable();
  void shake_hands();
  void arrived(std::string_view bytes);
  void read_requests(std::string_view fresh);
  bool use(Parse parse);
  void on_head();
  void on_complete();
  void refuse(int status, const std::string& why);
  void answer(Answer answer);
  void play();
  void after_answer(bool keep);
  void become_websocket();
  void on_fin();
  void look_at_half_closed_peer(bool again);
  void close(bool linger);
  void lost(std::string text);
  void limit(Micros from_now) { limit_until(std::chrono::steady_clock::now() + from_now); }
  void limit_until(Instant at);
  void on_limit(Instant now);
  void end();
  JournalEntry entry(JournalKind kind, std::string text) const;

  const std::uint64_t id_;
  House& house_;
  Loop& loop_;
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<const Door> door_;
  std::unique_ptr<Transport> transport_;
  Phase phase_ = Phase::idle;
  Timer pace_;
  Timer limit_;
  Instant limit_at_;
  RequestParser parser_;
  std::string in_;  // bytes that were read but not used yet
  Incoming incoming_;
  std::optional<Player> player_;
  std::shared_ptr<WebSocket> websocket_;
  bool reading_ = false;  // a wait for readability is under way
  bool writing_ = false;  // ... for writability
  bool in_read_requests_ = false;
  bool response_journalled_ = false;
  bool body_unread_ = false;  // answered although the request's body was not read
  bool peer_sent_fin_ = false;
  bool keep_alive_ = true;
  bool awaits_input_ = false;                // the script goes on when the peer sends something
  const std::string* waiting_at_ = nullptr;  // the barrier of the current Hold
};

}  // namespace assay::http
