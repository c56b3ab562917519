#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "conformance/reference/callback.h"

namespace assay::reference {

namespace {

constexpr std::size_t most_connections = 64;

std::string serialize(const Response& response) {
  std::string bytes =
      "HTTP/1.1 " + std::to_string(response.status) + ' ' + std::string(response.reason) + "\r\n";
  for (const Header& header : response.headers) bytes += header.name + ": " + header.value + "\r\n";
  const std::string body = body_bytes(response);
  if (response.status != 204) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return bytes + "Connection: close\r\n\r\n" + body;
}

void send_all(int fd, std::string_view bytes, const Deadline& deadline, const Cancel& cancel) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (wait_for(fd, POLLOUT, deadline, cancel) != Wake::ready) return;
    } else {
      return;
    }
  }
}

}  // namespace

CallbackServer::CallbackServer(const Parts& parts, BoundListener listener, CallbackExpectation expected,
                               Millis read_wait)
    : parts_(parts), listener_(std::move(listener)), expected_(std::move(expected)), read_wait_(read_wait) {
  for (const int fd : listener_.fds) acceptors_.emplace_back([this, fd] { accept_loop(fd); });
}

CallbackServer::~CallbackServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  stop_.cancel();
  for (std::thread& acceptor : acceptors_) acceptor.join();
  for (Connection& connection : connections_) connection.thread.join();
  for (const int fd : listener_.fds) ::close(fd);
}

void CallbackServer::accept_loop(int listener) {
  while (wait_for(listener, POLLIN, Deadline{}, stop_) != Wake::cancelled) {
    // accept(), not accept4(): what the socket inherits differs by system, and the reader must not care.
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) continue;  // gone before we took it
    const std::lock_guard lock(mutex_);
    connections_.remove_if([](Connection& connection) {
      if (connection.ended) connection.thread.join();
      return connection.ended.load();
    });
    if (connections_.size() >= most_connections) {
      ::close(fd);
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.thread = std::thread([this, fd, &connection] {
      serve(fd);
      connection.ended = true;
    });
  }
}

void CallbackServer::serve(int fd) {
  const Deadline deadline = Deadline::in(read_wait_);
  const auto request = parts_.read_callback(fd, deadline, stop_);
  if (!request) {
    settle(tl::unexpected(request.error()));
  } else if (*request && (*request)->method == "TLS") {
    saw_tls_ = true;
  } else if (*request) {
    CallbackDecision decision = parts_.route_callback(**request, expected_);
    std::optional<Response> response = std::move(decision.response);
    if (decision.kind == CallbackDecision::Kind::settle) {
      settle(std::move(decision.parameters));
      response = final_page();
    }
    if (response) send_all(fd, serialize(*response), Deadline::in(read_wait_), Cancel());
  }
  // FIN first, then what is still unread: a close with unread bytes would reset what we wrote.
  ::shutdown(fd, SHUT_WR);
  char rest[512];
  const Deadline drain = Deadline::in(Millis(200));
  while (wait_for(fd, POLLIN, drain, stop_) == Wake::ready &&
         ::recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
  ::close(fd);
}

void CallbackServer::settle(Outcome<Parameters> result) {
  {
    const std::lock_guard lock(mutex_);
    if (result_) return;  // the first is final (oauth-login.followup-get-clobbers-code)
    result_ = std::move(result);
  }
  settled_.cancel();
}

std::optional<Outcome<Parameters>> CallbackServer::take() const {
  const std::lock_guard lock(mutex_);
  return result_;
}

void CallbackServer::finish(const Outcome<nlohmann::json>& result) {
  {
    const std::lock_guard lock(mutex_);
    page_ = parts_.callback_page(result);
  }
  changed_.notify_all();
}

std::optional<Response> CallbackServer::final_page() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return page_ || stopping_; });
  return page_;
}

}  // namespace assay::reference
