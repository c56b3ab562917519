#include "harness/http/blocking_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

#include "harness/http/blocking_play.h"
#include "harness/http/message_parser.h"
#include "harness/http/socket.h"
#include "harness/wire/script.h"

namespace assay::http {
namespace {

constexpr int kIdleMs = 60'000;
constexpr timeval kSendDeadline = {10, 0};

// Whether a Host header names this machine: a name or an address of loopback, with any port.
bool names_loopback(std::string_view host) {
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  const std::string_view name = host.substr(0, host.find(':'));
  return iequals(name, "localhost") || name == "127.0.0.1";
}

wire::Script script_of(const Response& response, bool keep_alive, bool head_request) {
  wire::SerializeOptions options;
  options.keep_alive = keep_alive;
  options.head_request = head_request;
  return wire::serialize(response, options);
}

Response refusal(int status, const std::string& why) {
  return make_response(status, "text/plain", why + "\n");
}

}  // namespace

bool Peer::gone() const {
  pollfd asked{fd_, POLLRDHUP, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

class BlockingServer::Desk {
 public:
  Desk(UniqueFd listener, UniqueFd stop, ScriptHandler handler, std::size_t connections)
      : listener_(std::move(listener)),
        stop_(std::move(stop)),
        handler_(std::move(handler)),
        connections_(connections),
        acceptor_([this] { accept_all(); }) {}

  ~Desk() {
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    acceptor_.join();
    for (const auto& worker : workers_) worker->thread.join();
  }

  std::uint16_t port() const { return local_port(listener_.get()); }

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> done{false};
  };

  // True when `fd` can be read; false when the server ends or `deadline_ms` passed.
  bool readable(int fd, int deadline_ms) const {
    std::array<pollfd, 2> asked = {pollfd{fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    int ready = 0;
    do {
      ready = ::poll(asked.data(), asked.size(), deadline_ms);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 && asked[1].revents == 0;
  }

  void accept_all() {
    while (readable(listener_.get(), -1)) {
      UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) continue;
      set_nodelay(fd.get());
      ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendDeadline, sizeof kSendDeadline);
      reap();
      if (workers_.size() >= connections_) {
        (void)send(fd.get(), refusal(503, "too many connections"), false);
        continue;
      }
      auto& worker = workers_.emplace_back(std::make_unique<Worker>());
      worker->thread = std::thread([this, own = worker.get(), fd = std::move(fd)]() mutable {
        serve(fd.get());
        own->done = true;  // before the peer is told, so that its next connection finds room
        fd.reset();
      });
    }
  }

  void reap() {
    std::erase_if(workers_, [](const auto& worker) {
      if (worker->done) worker->thread.join();
      return worker->done.load();
    });
  }

  void serve(int fd) {
    RequestParser parser({});
    std::string kept;
    std::array<char, 16384> buffer{};
    for (;;) {
      std::size_t used = 0;
      const Parse parse = parser.feed(kept, used);
      kept.erase(0, used);
      if (parse == Parse::bad) {
        (void)send(fd, refusal(parser.error_status(), parser.error()), false);
        return;
      }
      if (parse == Parse::head) {
        if (parser.expects_continue() && parser.body_follows() && !write(fd, "HTTP/1.1 100 Continue\r\n\r\n"))
          return;
        continue;
      }
      if (parse == Parse::complete) {
        const bool keep = parser.keep_alive();
        const Request request = parser.take_request();
        if (!play_blocking(answer(request, keep, Peer(fd)), fd, stop_.get()) || !keep) return;
        parser.reset();
        continue;
      }
      if (!readable(fd, kIdleMs)) return;
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      kept.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  wire::Script answer(const Request& request, bool keep, const Peer& peer) {
    const std::string* host = find_header(request.headers, "host");
    if (host == nullptr || !names_loopback(*host))
      return script_of(refusal(403, "Host must be a name of loopback"), keep, request.method == "HEAD");
    return handler_(request, keep, peer);
  }

  static bool write(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  static bool send(int fd, const Response& response, bool keep_alive) {
    return write(fd, wire::all_bytes(script_of(response, keep_alive, false)));
  }

  UniqueFd listener_;
  UniqueFd stop_;
  ScriptHandler handler_;
  std::size_t connections_;
  std::vector<std::unique_ptr<Worker>> workers_;  // of the acceptor; then of the destructor
  std::thread acceptor_;                          // last: it uses all of the above
};

BlockingServer::BlockingServer(std::unique_ptr<Desk> desk) : desk_(std::move(desk)) {}
BlockingServer::~BlockingServer() = default;

Result<std::unique_ptr<BlockingServer>> BlockingServer::start(std::uint16_t port, Handler handler,
                                                              std::size_t connections) {
  return start_scripts(
      port,
      [handler = std::move(handler)](const Request& request, bool keep_alive, const Peer& peer) {
        return script_of(handler(request, peer), keep_alive, request.method == "HEAD");
      },
      connections);
}

Result<std::unique_ptr<BlockingServer>> BlockingServer::start_scripts(std::uint16_t port,
                                                                      ScriptHandler handler,
                                                                      std::size_t connections) {
  auto listener = bind_tcp({"127.0.0.1", port});
  if (!listener) return tl::unexpected(listener.error());
  if (::listen(listener->get(), SOMAXCONN) != 0)
    return fail(fmt::format("cannot listen on 127.0.0.1:{}: {}", port, std::strerror(errno)));
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop) return fail(std::string("cannot make an eventfd: ") + std::strerror(errno));
  return std::unique_ptr<BlockingServer>(new BlockingServer(
      std::make_unique<Desk>(std::move(*listener), std::move(stop), std::move(handler), connections)));
}

std::uint16_t BlockingServer::port() const {
  return desk_->port();
}

std::string BlockingServer::url() const {
  return fmt::format("http://127.0.0.1:{}", port());
}

}  // namespace assay::http
