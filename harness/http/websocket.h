// An accepted WebSocket (RFC 6455) on Boost.Beast, without permessage-deflate.
//
// Thread-safety: the loop's thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/base/exchange.h"
#include "harness/http/transport.h"

namespace assay::http {

class WebSocket {
 public:
  struct Events {
    std::function<void(int status)> on_open;  // the 101 was sent
    std::function<void(std::string message, bool binary)> on_message;
    // Once, last. `text` says how: "closed by peer, code 1000", "peer reset", ...
    std::function<void(bool by_peer, std::string text)> on_end;
  };

  // Answers the upgrade `request` with 101 and reads messages of at most `message_bytes`. `early` are bytes
  // that came behind the request. `owner` keeps socket and transport alive.
  static std::shared_ptr<WebSocket> accept(std::shared_ptr<void> owner, boost::asio::ip::tcp::socket& socket,
                                           Transport& transport, const Request& request, std::string early,
                                           std::size_t message_bytes, Events events);
  virtual ~WebSocket() = default;
  virtual void send(std::string message, bool binary) = 0;
  virtual void close(std::uint16_t code) = 0;
  // No more events; the socket is about to be closed.
  virtual void abandon() = 0;
};

}  // namespace assay::http
