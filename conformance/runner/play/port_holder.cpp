#include "conformance/runner/play/port_holder.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::conformance {

Result<PortHolder> PortHolder::hold(std::uint16_t port) {
  PortHolder out;
  for (const int family : {AF_INET, AF_INET6}) {
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 && family == AF_INET6) break;  // a kernel without IPv6
    out.sockets_.push_back(fd);
    sockaddr_storage address{};
    socklen_t size = 0;
    if (family == AF_INET) {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
      v4->sin_family = AF_INET;
      v4->sin_port = htons(port);
      v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      size = sizeof(sockaddr_in);
    } else {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(port);
      v6->sin6_addr = in6addr_loopback;
      size = sizeof(sockaddr_in6);
    }
    // A port whose last owner is in TIME_WAIT is free.
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 1) != 0) {
      if (family == AF_INET6 && errno == EADDRNOTAVAIL) break;
      return fail(fmt::format("cannot hold port {}: {}", port, std::strerror(errno)));
    }
  }
  return out;
}

PortHolder::PortHolder(PortHolder&& other) noexcept : sockets_(std::exchange(other.sockets_, {})) {}

PortHolder& PortHolder::operator=(PortHolder&& other) noexcept {
  std::swap(sockets_, other.sockets_);
  return *this;
}

PortHolder::~PortHolder() {
  for (const int fd : sockets_) {
    if (fd >= 0) close(fd);
  }
}

}  // namespace assay::conformance
