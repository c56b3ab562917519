#include "harness/http/socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace assay::http {
namespace {

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_storage storage;
};

std::uint16_t port_of(const Address& address) {
  return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

// Fills one side of a diag question.
void put_address(const Address& from, __be32* to, __be16* port) {
  if (from.any.sa_family == AF_INET6) {
    std::memcpy(to, &from.v6.sin6_addr, sizeof(from.v6.sin6_addr));
    *port = from.v6.sin6_port;
  } else {
    std::memcpy(to, &from.v4.sin_addr, sizeof(from.v4.sin_addr));
    *port = from.v4.sin_port;
  }
}

}  // namespace

Result<UniqueFd> bind_tcp(const SocketAddress& where) {
  Address address = {};
  socklen_t length = 0;
  if (inet_pton(AF_INET, where.host.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(where.port);
    length = sizeof(address.v4);
  } else if (inet_pton(AF_INET6, where.host.c_str(), &address.v6.sin6_addr) == 1) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(where.port);
    length = sizeof(address.v6);
  } else {
    return fail(fmt::format("cannot listen on \"{}\": not a literal address", where.host));
  }
  UniqueFd fd(::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!fd || ::bind(fd.get(), &address.any, length) != 0) {
    return fail(fmt::format("cannot listen on {}:{}: {}", where.host, where.port, system_reason(errno)));
  }
  return fd;
}

std::uint16_t local_port(int socket) {
  Address address = {};
  socklen_t length = sizeof(address);
  return ::getsockname(socket, &address.any, &length) == 0 ? port_of(address) : 0;
}

std::string peer_name(int socket) {
  Address address = {};
  socklen_t length = sizeof(address);
  if (::getpeername(socket, &address.any, &length) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (address.any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
    return fmt::format("[{}]:{}", text.data(), port_of(address));
  }
  inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
  return fmt::format("{}:{}", text.data(), port_of(address));
}

bool is_ip_address(const std::string& host) {
  in6_addr any = {};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 || inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

std::string system_reason(int error) {
  return std::generic_category().message(error);
}

void set_nodelay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void reset_on_close(int socket) {
  const linger hard = {1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

bool all_acknowledged(int socket) {
  int waiting = 0;
  return ::ioctl(socket, SIOCOUTQ, &waiting) != 0 || waiting == 0;
}

bool peer_has_closed(int socket) {
  tcp_info info = {};
  socklen_t length = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return true;
  constexpr int kEstablished = 1;  // TCP_ESTABLISHED of the kernel's tcp_states.h
  return info.tcpi_state != kEstablished;
}

SockDiag::Peer SockDiag::peer_of(int socket) {
  if (!netlink_) {
    netlink_.reset(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink_) return {};
  }
  Address here = {};
  Address there = {};
  socklen_t here_length = sizeof(here);
  socklen_t there_length = sizeof(there);
  if (::getsockname(socket, &here.any, &here_length) != 0 ||
      ::getpeername(socket, &there.any, &there_length) != 0) {
    return {};
  }
  struct {
    nlmsghdr header;
    inet_diag_req_v2 question;
  } request = {};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.question.sdiag_family = static_cast<__u8>(here.any.sa_family);
  request.question.sdiag_protocol = IPPROTO_TCP;
  request.question.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  request.question.idiag_states = ~0U;
  // Seen from the peer: its own address is the source.
  put_address(there, request.question.id.idiag_src, &request.question.id.idiag_sport);
  put_address(here, request.question.id.idiag_dst, &request.question.id.idiag_dport);
  request.question.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.question.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  if (::send(netlink_.get(), &request, sizeof(request), 0) != sizeof(request)) return {};

  alignas(nlmsghdr) std::array<char, 2048> buffer = {};
  const ssize_t got = ::recv(netlink_.get(), buffer.data(), buffer.size(), 0);
  nlmsghdr header = {};
  if (got < static_cast<ssize_t>(sizeof(header))) return {};
  std::memcpy(&header, buffer.data(), sizeof(header));
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || header.nlmsg_len > static_cast<std::size_t>(got) ||
      header.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) {
    return {};
  }
  inet_diag_msg answer = {};
  std::memcpy(&answer, buffer.data() + NLMSG_HDRLEN, sizeof(answer));
  Peer peer;
  peer.known = true;
  peer.owned = answer.idiag_inode != 0;
  peer.unread = answer.idiag_rqueue;
  // The attributes after it; INET_DIAG_INFO holds the peer's tcp_info.
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(inet_diag_msg));
  while (at + sizeof(nlattr) <= header.nlmsg_len) {
    nlattr attribute = {};
    std::memcpy(&attribute, buffer.data() + at, sizeof(attribute));
    if (attribute.nla_len < sizeof(attribute)) break;
    if (attribute.nla_type == INET_DIAG_INFO) {
      tcp_info info = {};
      const std::size_t size = std::min(sizeof(info), attribute.nla_len - sizeof(attribute));
      std::memcpy(&info, buffer.data() + at + sizeof(attribute), size);
      peer.received = info.tcpi_bytes_received;
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  return peer;
}

}  // namespace assay::http
