// A wire-exact HTTP/1.1 server on loopback: Boost.Beast parses requests, scripts write responses. One thread
// runs the loop of all listeners of one Server, or `threads` of them with the connections spread over them.
// The Handler is never called by two threads at once.
//
// Lifetimes: handler, journal and clock outlive the server. The destructor stops the loop, closes every
// connection (reset) and joins.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/journal.h"
#include "harness/base/result.h"
#include "harness/wire/fault.h"
#include "harness/wire/script.h"

namespace assay::http {

class Authority;  // harness/http/certificates.h

struct ListenerSpec {
  std::string name;                // the fake it belongs to; the journal's actor
  std::string host = "127.0.0.1";  // a loopback address, v4 or v6; inside a cell any address
  std::uint16_t port = 0;          // 0 = the kernel chooses
  wire::ListenerMode mode;
  // Set: the listener speaks TLS, with a leaf that this authority issues for the name the client asks for
  // (SNI), or for `host` when it asks for none. Needed for ListenerMode::Kind::tls_failure.
  std::shared_ptr<const Authority> authority;
};

struct Limits {
  std::size_t head_bytes = std::size_t{64} * 1024;
  std::size_t body_bytes = std::size_t{16} << 20U;
  Micros request_deadline = std::chrono::seconds(30);  // from the first byte of a request to its last
  Micros idle_deadline =
      std::chrono::seconds(60);  // between requests; of the clock's time, the others of real time
  Micros stall_deadline = std::chrono::minutes(15);  // for Stall, Hold and a peer that does not read
  Micros cut_deadline = std::chrono::seconds(2);     // then a Cut goes on, journalled as unconfirmed
};

// What a request is answered with. Shared, so that a handler may keep a script and answer with it often
// without a copy.
class Answer {
 public:
  // Implicit: a handler returns either.
  Answer(wire::Script script) : script_(std::make_shared<const wire::Script>(std::move(script))) {}
  Answer(std::shared_ptr<const wire::Script> script) : script_(std::move(script)) {}
  const std::shared_ptr<const wire::Script>& script() const { return script_; }

 private:
  std::shared_ptr<const wire::Script> script_;  // never null
};

struct Incoming {
  std::uint64_t connection = 0;
  std::uint64_t exchange = 0;  // unique within the server; the journal uses the same number
  std::string listener;        // ListenerSpec::name
  std::uint16_t port = 0;
  std::shared_ptr<const Request> request;  // on_head: body still empty
  bool keep_alive = true;                  // what the request asked for
};

class Handler {
 public:
  virtual ~Handler() = default;
  // The listener that this request belongs to, when it is not the one that it came through:
  // Incoming::listener and the journal's actor from then on. Asked once, with the head.
  virtual std::string owner(const Incoming& incoming) { return incoming.listener; }
  // The head was read, the body was not. A script answers at once, without reading the body; nullopt reads
  // on.
  virtual std::optional<Answer> on_head(const Incoming&) { return std::nullopt; }
  // The whole request was read. What is returned is what the journal and on_request() are given of it.
  virtual std::shared_ptr<const Request> read(std::shared_ptr<const Request> request) { return request; }
  // The whole request, as read() gave it.
  virtual Answer on_request(const Incoming&) = 0;
  // An Upgrade: websocket request. true accepts; frames then arrive at on_message. The default declines, and
  // on_request is asked for the refusal.
  virtual bool on_upgrade(const Incoming&) { return false; }
  // A text or binary message on an accepted WebSocket. Answers go through Server::send().
  virtual void on_message(const Incoming&, std::string /*message*/, bool /*binary*/) {}
  // The last byte of an answer was handed to the kernel, or its script ended otherwise than by the peer.
  virtual void on_done(const Incoming&) {}
  // The connection of `connection` has ended, for whatever reason.
  virtual void on_closed(std::uint64_t /*connection*/) {}
};

class Server {
 public:
  // Binds every listener, then starts the loop thread. The waits of scripts are in the time of `clock`. Fails
  // with "cannot listen on 127.0.0.1:1456: address already in use".
  static Result<std::unique_ptr<Server>> start(std::vector<ListenerSpec> listeners, Handler& handler,
                                               Journal& journal, const Clock& clock, Limits limits = {},
                                               unsigned threads = 1);
  virtual ~Server() = default;

  // The port of the first listener of that name; 0 when there is none (or it refuses connections and never
  // bound).
  virtual std::uint16_t port(std::string_view listener) const = 0;
  // Lets every script go on that waits at Hold{name}, now or later, until hold(name) is called again.
  // Thread-safe.
  virtual void release(const std::string& name) = 0;
  virtual void hold(const std::string& name) = 0;
  // Runs `f` as if it were a call of the Handler, on a loop thread, after `delay` of real time. Thread-safe.
  virtual void post(std::function<void()> f, Micros delay = Micros(0)) = 0;
  // Sends a message on an accepted WebSocket, or closes it. Thread-safe; a connection that has gone is
  // ignored.
  virtual void send(std::uint64_t connection, std::string message, bool binary = false) = 0;
  virtual void close(std::uint64_t connection, std::uint16_t code = 1000) = 0;
  // Changes what a listener does from now on (`set: {inference.down: true}` is Kind::refuse). Thread-safe;
  // returns when done. Not from within the Handler.
  virtual Result<void> set_mode(const std::string& listener, const wire::ListenerMode& mode) = 0;
};

}  // namespace assay::http
