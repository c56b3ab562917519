#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "conformance/reference/callback.h"

namespace assay::reference {

namespace {

// A listening socket on a loopback address; -1 and errno when that cannot be.
int listen_on(int family, std::uint16_t port) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int one = 1;
  // A login right after another finds the port in TIME_WAIT (oauth-login.port-time-wait).
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  int bound = -1;
  if (family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port);
    bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (bound == 0 && ::listen(fd, 64) == 0) return fd;
  const int cause = errno;
  ::close(fd);
  errno = cause;
  return -1;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

}  // namespace

Outcome<BoundListener> bind_callback(const LoginSpec& login) {
  const bool six_only = login.host == "::1";
  const bool both = login.host == "localhost";
  // With port 0 the two families must agree on what the kernel chose: another process may have the other
  // half.
  for (int attempt = 0; attempt < 8; ++attempt) {
    BoundListener bound;
    bound.port = login.port;
    const auto take = [&](int fd) {
      bound.fds.push_back(fd);
      bound.port = port_of(fd);
    };
    int refused = 0;
    if (!six_only) {
      const int fd = listen_on(AF_INET, bound.port);
      if (fd >= 0)
        take(fd);
      else
        refused = errno;
    }
    bool six_busy = false;
    if (refused == 0 && (six_only || both)) {
      const int fd = listen_on(AF_INET6, bound.port);
      if (fd >= 0)
        take(fd);
      else if (six_only)
        refused = errno;
      else
        six_busy = errno == EADDRINUSE;  // no IPv6 at all is fine (oauth-login.no-ipv6-misreported-as-busy)
    }
    if (refused == 0 && !six_busy) return bound;
    for (const int fd : bound.fds) ::close(fd);
    if (six_busy && login.port == 0) continue;
    if (six_busy) refused = EADDRINUSE;
    const std::string why =
        refused == EADDRINUSE ? "the port is in use by another program" : std::strerror(refused);
    return failure(Category::network, fmt::format("cannot listen on {}:{}: {}", login.host, login.port, why),
                   "callback");
  }
  return failure(Category::network, "cannot find a port that is free on 127.0.0.1 and ::1", "callback");
}

}  // namespace assay::reference
