// Opens N streams of /paced, spread over a second, and tells how late events came, or opens N of /idle and
// holds them. Usage: bench_load PORT paced|idle STREAMS. paced prints {"events","p50_us","p99_us","max_us"};
// idle prints "open" once all have their first event, and ends with stdin.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/serve/workload.h"

namespace {

using namespace assay;
using Clock = std::chrono::steady_clock;

struct Stream {
  int fd = -1;
  Clock::time_point asked;
  std::size_t head_left = 0;
  std::size_t body = 0;  // bytes of events received
  int events = 0;
};

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int port = std::atoi(argv[1]);
  const bool idle = std::string_view(argv[2]) == "idle";
  const auto count = static_cast<std::size_t>(std::atoi(argv[3]));
  const std::size_t event_size = bench::event().size();
  const std::string request =
      std::string("GET ") + (idle ? "/idle" : "/paced") + " HTTP/1.1\r\nHost: bench\r\n\r\n";
  const std::size_t head_size =
      bench::head("text/event-stream", idle ? 1'000'000 : event_size * bench::kEvents).size();
  const int events_wanted = idle ? 1 : bench::kEvents;

  const int poll = ::epoll_create1(0);
  std::vector<Stream> streams(count);
  for (std::size_t i = 0; i < count; ++i) {
    streams[i].fd = connect_to(port);
    streams[i].head_left = head_size;
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, streams[i].fd, &event);
  }
  std::vector<std::int64_t> late;
  late.reserve(count * bench::kEvents);
  std::size_t asked = 0;
  std::size_t finished = 0;
  const auto start = Clock::now();
  std::array<epoll_event, 512> ready = {};
  std::array<char, 65536> buffer = {};
  while (finished < count) {
    // Starts are spread over a second, as those of real clients are.
    while (asked < count && Clock::now() >= start + std::chrono::microseconds(1'000'000 * asked / count)) {
      streams[asked].asked = Clock::now();
      if (::send(streams[asked].fd, request.data(), request.size(), 0) < 0) return 1;
      ++asked;
    }
    timespec until_next = {1, 0};
    if (asked < count) {
      const auto next = start + std::chrono::microseconds(1'000'000 * asked / count);
      until_next = {0, std::max<long>(std::chrono::nanoseconds(next - Clock::now()).count(), 0)};
    }
    const int n = ::epoll_pwait2(poll, ready.data(), ready.size(), &until_next, nullptr);
    const auto now = Clock::now();
    for (int i = 0; i < n; ++i) {
      Stream& stream = streams[ready.at(static_cast<std::size_t>(i)).data.u64];
      const ssize_t got = ::recv(stream.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got <= 0) {
        std::fprintf(stderr, "a stream ended early\n");
        return 1;
      }
      auto bytes = static_cast<std::size_t>(got);
      const std::size_t head = std::min(bytes, stream.head_left);
      stream.head_left -= head;
      stream.body += bytes - head;
      while (stream.events < events_wanted &&
             stream.body >= event_size * static_cast<std::size_t>(stream.events + 1)) {
        const auto due = stream.asked + std::chrono::microseconds(bench::kIntervalMicros) * stream.events;
        late.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now - due).count());
        if (++stream.events == events_wanted) ++finished;
      }
    }
  }
  if (idle) {
    std::printf("open\n");
    std::fflush(stdout);
    std::cin.get();
    return 0;
  }
  std::sort(late.begin(), late.end());
  std::printf("{\"events\": %zu, \"p50_us\": %lld, \"p99_us\": %lld, \"max_us\": %lld}\n", late.size(),
              static_cast<long long>(late[late.size() / 2]),
              static_cast<long long>(late[late.size() * 99 / 100]), static_cast<long long>(late.back()));
  return 0;
}
