// The limit to compare with: a bare epoll loop on one thread that knows the workload's paths and nothing
// else. No journal, no limits, no errors handled beyond closing. Usage: bench_epoll; prints its port, ends
// with stdin.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/serve/workload.h"

namespace {

using namespace assay;
using Clock = std::chrono::steady_clock;

struct Peer {
  std::string in;
  std::string_view out;  // what is still to be sent at once
  int events_left = 0;   // of /flush and /paced
  bool paced = false;
};

struct Due {
  Clock::time_point at;
  int fd;
  bool operator<(const Due& other) const { return at > other.at; }
};

class Loop {
 public:
  Loop()
      : json_(bench::json_response()),
        event_(bench::event()),
        head_(bench::head("text/event-stream", event_.size() * bench::kEvents)),
        first_(head_ + event_),
        idle_(bench::head("text/event-stream", 1'000'000) + event_) {
    stream_ = head_;
    for (int i = 0; i < bench::kEvents; ++i) stream_ += event_;
  }

  void run(int listener) {
    epoll_ = ::epoll_create1(0);
    watch(listener, EPOLLIN);
    watch(STDIN_FILENO, EPOLLIN);
    std::array<epoll_event, 256> ready = {};
    while (true) {
      timespec timeout = {};
      timespec* wait = nullptr;
      if (!due_.empty()) {
        const auto left = std::chrono::nanoseconds(due_.top().at - Clock::now()).count();
        timeout.tv_nsec = std::max<long>(left, 0);
        wait = &timeout;
      }
      const int count = ::epoll_pwait2(epoll_, ready.data(), ready.size(), wait, nullptr);
      for (int i = 0; i < count; ++i) {
        const int fd = ready.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == STDIN_FILENO) return;
        if (fd == listener) {
          accept_all(listener);
        } else if ((ready.at(static_cast<std::size_t>(i)).events & EPOLLOUT) != 0) {
          send_rest(fd);
        } else {
          read(fd);
        }
      }
      const auto now = Clock::now();
      while (!due_.empty() && due_.top().at <= now) {
        const Due due = due_.top();
        due_.pop();
        const auto peer = peers_.find(due.fd);
        if (peer == peers_.end() || !peer->second.paced) continue;
        ::send(due.fd, event_.data(), event_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        peer->second.paced = --peer->second.events_left > 0;
        if (peer->second.paced)
          due_.push({due.at + std::chrono::microseconds(bench::kIntervalMicros), due.fd});
      }
    }
  }

 private:
  void watch(int fd, unsigned events) const {
    epoll_event event = {};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all(int listener) {
    while (true) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      peers_[fd] = {};
      watch(fd, EPOLLIN);
    }
  }

  void drop(int fd) {
    peers_.erase(fd);
    ::close(fd);
  }

  void read(int fd) {
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
      drop(fd);
      return;
    }
    Peer& peer = peers_[fd];
    peer.in.append(buffer_.data(), static_cast<std::size_t>(got));
    const std::size_t end = peer.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::size_t path = peer.in.find(' ') + 1;
    const std::string_view target = std::string_view(peer.in).substr(path, peer.in.find(' ', path) - path);
    if (target == "/stream") {
      peer.out = stream_;
    } else if (target == "/flush" || target == "/paced") {
      peer.out = first_;
      peer.events_left = bench::kEvents - 1;
      peer.paced = target == "/paced";
      if (peer.paced) due_.push({Clock::now() + std::chrono::microseconds(bench::kIntervalMicros), fd});
    } else if (target == "/idle") {
      peer.out = idle_;
    } else {
      peer.out = json_;
    }
    peer.in.clear();
    send_rest(fd);
  }

  void send_rest(int fd) {
    Peer& peer = peers_[fd];
    while (!peer.out.empty()) {
      const ssize_t put = ::send(fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
      if (put < 0 && errno == EAGAIN) {
        set(fd, EPOLLIN | EPOLLOUT);
        return;
      }
      if (put < 0) {
        drop(fd);
        return;
      }
      peer.out.remove_prefix(static_cast<std::size_t>(put));
      if (peer.out.empty() && !peer.paced && peer.events_left > 0) {
        --peer.events_left;
        peer.out = event_;
      }
    }
    set(fd, EPOLLIN);
  }

  // Only when it changes: most answers never wait.
  void set(int fd, unsigned events) {
    unsigned& now = watched_[fd];
    if (now == events || (now == 0 && events == EPOLLIN)) return;
    now = events;
    epoll_event event = {};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
  }

  int epoll_ = -1;
  const std::string json_;
  const std::string event_;
  const std::string head_;
  const std::string first_;
  const std::string idle_;
  std::string stream_;
  std::unordered_map<int, Peer> peers_;
  std::unordered_map<int, unsigned> watched_;
  std::priority_queue<Due> due_;
  std::array<char, 65536> buffer_ = {};
};

}  // namespace

int main() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 4096) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::perror("bench_epoll");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  Loop().run(listener);
  return 0;
}
