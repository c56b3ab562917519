// Programs whose behaviour the shims change: one for each word on the command line.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

namespace {

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// A login's callback listener in small: a non-blocking listener so that it can wait with a deadline, one
// accept, one read. The wrong one reads from what accept() gave it; the right one makes that blocking, with a
// limit, first.
int callback_listener(bool right) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) return 2;
  ::listen(listener, 5);
  ::fcntl(listener, F_SETFL, ::fcntl(listener, F_GETFL) | O_NONBLOCK);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &length);
  say(std::to_string(ntohs(where.sin_port)));

  pollfd wait{listener, POLLIN, 0};
  if (::poll(&wait, 1, 20'000) != 1) return 2;
  const int accepted = ::accept(listener, nullptr, nullptr);
  if (right) {
    ::fcntl(accepted, F_SETFL, ::fcntl(accepted, F_GETFL) & ~O_NONBLOCK);
    const timeval limit{5, 0};
    ::setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  say("accepted");
  std::array<char, 100> buffer{};
  const auto n = ::read(accepted, buffer.data(), buffer.size());
  say(n < 0 ? std::strerror(errno) : "read " + std::to_string(n));
  return n < 0 ? 1 : 0;
}

// How many of thirty calls of each kind failed with EINTR; nothing else may fail.
int count_interrupts() {
  std::array<int, 2> pair{};
  ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data());
  const std::string bytes(200, 'x');
  if (::write(pair[1], bytes.data(), bytes.size()) != 200) return 1;
  int reads = 0, polls = 0;
  char byte = 0;
  for (int i = 0; i < 30; ++i) {
    if (::read(pair[0], &byte, 1) != 1) {
      if (errno != EINTR) return 1;
      ++reads;
    }
  }
  for (int i = 0; i < 30; ++i) {
    pollfd wait{pair[0], POLLIN, 0};
    if (::poll(&wait, 1, 1000) != 1) {
      if (errno != EINTR) return 1;
      ++polls;
    }
  }
  say(std::to_string(reads) + " " + std::to_string(polls));
  return 0;
}

// Connects to itself, repeating an interrupted call as one must.
int connect_again() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) return 2;
  ::listen(listener, 50);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&where), &length);
  int interrupted = 0;
  for (int i = 0; i < 9; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    while (::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) {
      if (errno != EINTR) return 1;
      ++interrupted;
    }
    if (::send(fd, "x", 1, 0) != 1) return 1;
    ::close(fd);
  }
  say(std::to_string(interrupted));
  return 0;
}

// What one write and one read of a thousand bytes move.
int move_a_thousand() {
  std::array<int, 2> pair{};
  ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data());
  const std::string bytes(1000, 'x');
  std::array<char, 1000> buffer{};
  const auto wrote = ::write(pair[1], bytes.data(), bytes.size());
  const auto sent = ::send(pair[1], bytes.data(), bytes.size(), 0);
  const auto got = ::read(pair[0], buffer.data(), buffer.size());
  const std::string line =
      std::to_string(wrote) + " " + std::to_string(sent) + " " + std::to_string(got) + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const auto n = ::write(1, line.data() + at, line.size() - at);
    if (n <= 0) return 1;
    at += static_cast<std::size_t>(n);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "listen-right") return callback_listener(true);
  if (what == "listen-wrong") return callback_listener(false);
  if (what == "count-interrupts") return count_interrupts();
  if (what == "connect-again") return connect_again();
  if (what == "move-a-thousand") return move_a_thousand();
  if (what == "time") return say(std::to_string(std::time(nullptr))), 0;
  return 2;
}
