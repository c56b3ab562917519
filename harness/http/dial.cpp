#include "harness/http/dial.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace assay::http {
namespace {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Trouble connect_one(const addrinfo& address, Instant until, const ClientOptions& options,
                    const CancelToken* cancel, UniqueFd& socket) {
  socket.reset(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {{End::unreachable, system_reason(errno)}};
  int error = ::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    const Waited waited = wait_for(socket.get(), POLLOUT, until, cancel);
    if (waited == Waited::cancelled) return {{End::cancelled, "cancelled while connecting"}};
    if (waited == Waited::late) {
      return {{End::unreachable,
               fmt::format("no connection after {}", format_duration(options.connect_deadline))}};
    }
    socklen_t length = sizeof(error);
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error == 0) return {};
  return {{error == ECONNREFUSED ? End::refused : End::unreachable, system_reason(error)}};
}

Trouble shake_hands(const Url& url, Instant until, const ClientOptions& options, const CancelToken* cancel,
                    Dialled& to) {
  auto failed = [&](const std::string& why) -> Trouble {
    return {{End::tls_failure, fmt::format("TLS handshake with {} failed: {}", url.origin(), why)}};
  };
  if (!to.tls) {
    auto made = TlsClient::create(options.ca_file, options.verify_tls);
    if (!made) return failed(made.error().text());
    to.tls = std::move(*made);
  }
  to.transport = to.tls->connect(to.socket.get(), url.host);
  while (true) {
    const Io io = to.transport->handshake();
    if (io.state == Io::State::done) return {};
    if (io.state == Io::State::end) return failed("the peer closed the connection");
    if (io.state == Io::State::reset) return failed("the peer reset the connection");
    if (io.state == Io::State::failed) return failed(to.transport->error());
    const short events = io.state == Io::State::want_write ? POLLOUT : POLLIN;
    const Waited waited = wait_for(to.socket.get(), events, until, cancel);
    if (waited == Waited::cancelled) return {{End::cancelled, "cancelled in the TLS handshake"}};
    if (waited == Waited::late) return failed("no answer in time");
  }
}

}  // namespace

Waited wait_for(int fd, short events, Instant until, const CancelToken* cancel) {
  std::array<pollfd, 2> fds = {{{fd, events, 0}, {cancel == nullptr ? -1 : cancel->descriptor(), POLLIN, 0}}};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    // Rounded up: a deadline is never early.
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 3'600'000));
    if (::poll(fds.data(), fds.size(), timeout) < 0) {
      if (errno == EINTR) continue;
      return Waited::late;
    }
    if ((fds[1].revents & POLLIN) != 0) return Waited::cancelled;
    if (fds[0].revents != 0) return Waited::ready;
    if (Clock::now() >= until) return Waited::late;
  }
}

Trouble dial(const Url& url, const ClientOptions& options, const CancelToken* cancel, Dialled& to) {
  const Instant until = Clock::now() + options.connect_deadline;
  const std::string& host = options.connect_to.empty() ? url.host : options.connect_to;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(url.port).c_str(), &hints, &list);
  if (error != 0)
    return {{End::unreachable, fmt::format("cannot resolve {}: {}", host, ::gai_strerror(error))}};
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(list);
  Trouble trouble;
  for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
    trouble = connect_one(*address, until, options, cancel, to.socket);
    if (!trouble || trouble->first == End::cancelled) break;
  }
  if (trouble) {
    trouble->second = fmt::format("cannot connect to {}: {}", url.origin(), trouble->second);
    return trouble;
  }
  set_nodelay(to.socket.get());
  if (url.tls) return shake_hands(url, until, options, cancel, to);
  to.transport = make_plain_transport(to.socket.get());
  return {};
}

}  // namespace assay::http
