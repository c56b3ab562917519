// What Linux says about TCP sockets, and the few calls that need care.
//
// Thread-safety: the free functions have no state; a SockDiag belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"

namespace assay::http {

struct SocketAddress {
  std::string host;  // a literal IPv4 or IPv6 address
  std::uint16_t port = 0;
};

// A TCP socket bound to `address`, not listening yet: a connection to it is refused.
Result<UniqueFd> bind_tcp(const SocketAddress& address);
// The port that a bound socket has.
std::uint16_t local_port(int socket);
// "127.0.0.1:4711" or "[::1]:4711"; empty when the peer has gone.
std::string peer_name(int socket);
// Whether `host` is a literal IPv4 or IPv6 address, without brackets.
bool is_ip_address(const std::string& host);
// What the system says of an errno.
std::string system_reason(int error);
void set_nodelay(int socket);
// Makes close() send RST and drop what was not acknowledged.
void reset_on_close(int socket);
// True when the peer's kernel has acknowledged every byte (SIOCOUTQ is 0), or the connection is gone.
bool all_acknowledged(int socket);
// True when the peer has sent FIN or RST, without reading anything (TCP_INFO).
bool peer_has_closed(int socket);

// Questions to the kernel about the other end of a connection on this machine (sock_diag(7)).
class SockDiag {
 public:
  struct Peer {
    bool known = false;          // false: not a socket of this network namespace, or gone
    bool owned = false;          // a process still holds it open
    std::uint32_t unread = 0;    // bytes in its receive queue
    std::uint64_t received = 0;  // bytes that ever arrived there
  };
  // The socket at the other end of `socket`.
  Peer peer_of(int socket);

 private:
  UniqueFd netlink_;
};

}  // namespace assay::http
