// A small HTTP/1.1 server whose handler may take its time: a thread a connection, one request at a time on
// each. For APIs that people and tests steer the harness with, where an answer waits for an event; the fakes
// use server.h.
//
// Bounded: at most `connections` at once (the rest are told 503), heads of 64 KiB, bodies of 16 MiB, an idle
// connection is closed after a minute. Requests whose Host is not a loopback name are refused (403), so that
// no web page of another name can steer it.
//
// Thread-safety: the handler is called by several threads at once. The destructor closes the listener, waits
// for the handlers that are under way (the owner tells them to come to an end) and joins every thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/wire/script.h"

namespace assay::http {

// Who asked. Lives as long as the handler's call.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  // Whether the peer has closed its side, so that nobody reads the answer. Does not wait.
  bool gone() const;

 private:
  int fd_;
};

class BlockingServer {
 public:
  using Handler = std::function<Response(const Request&, const Peer& peer)>;
  // Answers with a script, faults and all; `keep_alive`: what the request asked for.
  using ScriptHandler = std::function<wire::Script(const Request&, bool keep_alive, const Peer& peer)>;

  // Listens on 127.0.0.1; port 0 = the kernel chooses.
  static Result<std::unique_ptr<BlockingServer>> start(std::uint16_t port, Handler handler,
                                                       std::size_t connections = 64);
  static Result<std::unique_ptr<BlockingServer>> start_scripts(std::uint16_t port, ScriptHandler handler,
                                                               std::size_t connections = 64);
  ~BlockingServer();
  BlockingServer(const BlockingServer&) = delete;
  BlockingServer& operator=(const BlockingServer&) = delete;

  std::uint16_t port() const;
  // "http://127.0.0.1:4711"
  std::string url() const;

 private:
  class Desk;
  explicit BlockingServer(std::unique_ptr<Desk> desk);
  std::unique_ptr<Desk> desk_;
};

}  // namespace assay::http
