// For tests: a blocking TCP peer that writes and reads raw bytes. Every read has a deadline.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/http/socket.h"

namespace assay::http {

class TestPeer {
 public:
  // Connects to a loopback port; error() is errno when that fails.
  explicit TestPeer(std::uint16_t port, int receive_buffer = 0, bool v6 = false)
      : fd_(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval deadline = {10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
    if (receive_buffer > 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    sockaddr_in v4_address = {};
    v4_address.sin_family = AF_INET;
    v4_address.sin_port = htons(port);
    v4_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6_address = {};
    v6_address.sin6_family = AF_INET6;
    v6_address.sin6_port = htons(port);
    v6_address.sin6_addr = in6addr_loopback;
    const int result =
        v6 ? ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&v6_address), sizeof(v6_address))
           : ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&v4_address), sizeof(v4_address));
    if (result != 0) error_ = errno;
  }

  int error() const { return error_; }
  int fd() const { return fd_.get(); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0) {
        error_ = errno;
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  // One read(); empty at the end, with error() 0 for FIN, ECONNRESET for RST, EAGAIN for the deadline.
  std::string read_some(std::size_t most = 65536) {
    std::string bytes(most, '\0');
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    error_ = got < 0 ? errno : 0;
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  // Reads until `text` was seen; what was read, or what came before the end.
  std::string read_until(std::string_view text) {
    std::string all;
    while (all.find(text) == std::string::npos) {
      const std::string more = read_some();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  std::string read_bytes(std::size_t count) {
    std::string all;
    while (all.size() < count) {
      const std::string more = read_some(count - all.size());
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  std::string read_to_end() {
    std::string all;
    while (true) {
      const std::string more = read_some();
      if (more.empty()) return all;
      all += more;
    }
  }

  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void reset() {
    reset_on_close(fd_.get());
    fd_.reset();
  }
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
  int error_ = 0;
};

}  // namespace assay::http
