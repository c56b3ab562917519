#include "harness/browser/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "harness/base/text.h"

namespace assay::browser {
namespace {

constexpr std::size_t kHeadLimit = 262'144;
constexpr std::size_t kBodyLimit = 16'777'216;

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

Endpoint endpoint(const std::string& host, std::uint16_t port) {
  Endpoint out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.address);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.size = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    out.size = sizeof(sockaddr_in6);
  }
  return out;
}

// RFC 9112 sections 4 and 5, as leniently as browsers read.
bool parse_head(std::string_view head, Answer& answer) {
  const auto lines = split(head, '\n');
  const std::string_view first = trim(lines.front());
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return false;
  const auto code = first.substr(9, 3);
  const auto [end, bad] = std::from_chars(code.data(), code.data() + code.size(), answer.status);
  if (bad != std::errc() || end != code.data() + code.size() || answer.status < 100) return false;
  answer.keep_alive = !first.starts_with("HTTP/1.0");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    if (colon == std::string_view::npos) continue;
    answer.headers.push_back(
        {std::string(trim(lines[i].substr(0, colon))), std::string(trim(lines[i].substr(colon + 1)))});
  }
  if (const auto* connection = find_header(answer.headers, "connection")) {
    if (iequals(*connection, "close")) answer.keep_alive = false;
    if (iequals(*connection, "keep-alive")) answer.keep_alive = true;
  }
  return true;
}

}  // namespace

bool rest(Micros delay, Deadline until, int cancel, int over) {
  const Deadline end = std::min(until, std::chrono::steady_clock::now() + delay);
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    std::array<pollfd, 2> wait = {{{cancel, POLLIN, 0}, {over, POLLIN, 0}}};
    if (::ppoll(wait.data(), wait.size(), &timeout, nullptr) > 0) return false;
  }
}

Connection::Connection(const std::string& host, std::uint16_t port, Deadline until, int cancel)
    : cancel_(cancel) {
  const Endpoint where = endpoint(host, port);
  fd_ = ::socket(where.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int failure = fd_ < 0 ? errno : 0;
  if (failure == 0) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&where.address), where.size) != 0) failure = errno;
  }
  if (failure == EINPROGRESS) {
    const Wait waited = wait(POLLOUT, until);
    socklen_t size = sizeof failure;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (waited == Wait::timed_out) failure = ETIMEDOUT;
    if (waited == Wait::cancelled) failure = ECANCELED;
  }
  if (failure == 0) return;
  close();
  error_ = failure == ECONNREFUSED ? "ERR_CONNECTION_REFUSED"
           : failure == ETIMEDOUT  ? "ERR_TIMED_OUT"
           : failure == ECANCELED  ? "ERR_ABORTED"
           : failure == ECONNRESET ? "ERR_CONNECTION_RESET"
                                   : "ERR_ADDRESS_UNREACHABLE";
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      cancel_(other.cancel_),
      send_failed_(other.send_failed_),
      error_(std::move(other.error_)),
      buffer_(std::move(other.buffer_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  cancel_ = other.cancel_;
  send_failed_ = other.send_failed_;
  error_ = std::move(other.error_);
  buffer_ = std::move(other.buffer_);
  return *this;
}

Connection::~Connection() {
  close();
}

std::uint16_t Connection::local_port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

void Connection::send(std::string_view bytes, std::size_t piece, Micros pause, Deadline until) {
  while (!bytes.empty() && fd_ >= 0) {
    std::string_view part = bytes.substr(0, piece == 0 ? bytes.size() : piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const auto n = ::send(fd_, part.data(), part.size(), MSG_NOSIGNAL);
      if (n >= 0) {
        part.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        if (wait(POLLOUT, until) != Wait::ready) return;
      } else if (errno != EINTR) {
        send_failed_ = true;  // the answer may be there all the same: a browser reads it
        return;
      }
    }
    if (!bytes.empty()) rest(pause, until);
  }
}

void Connection::rest(Micros delay, Deadline until) const {
  browser::rest(delay, until, cancel_);
}

Connection::Wait Connection::wait(short events, Deadline until) const {
  std::array<pollfd, 2> wait = {{{fd_, events, 0}, {cancel_, POLLIN, 0}}};
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    const int n = ::poll(wait.data(), wait.size(), static_cast<int>(std::max<std::int64_t>(0, left)));
    if (n == 0) return Wait::timed_out;
    if (n < 0) continue;  // EINTR
    if (wait[1].revents != 0) return Wait::cancelled;
    return Wait::ready;
  }
}

bool Connection::read_more(Deadline until, std::string& why) {
  std::array<char, 16384> bytes;
  while (true) {
    const auto n = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (n > 0) {
      buffer_.append(bytes.data(), static_cast<std::size_t>(n));
      return true;
    }
    if (n == 0) return false;
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      why = "ERR_CONNECTION_RESET";
      return false;
    }
    const Wait waited = wait(POLLIN, until);
    if (waited == Wait::ready) continue;
    why = waited == Wait::cancelled ? "ERR_ABORTED" : "ERR_TIMED_OUT";
    return false;
  }
}

// RFC 9112 section 7.1
bool Connection::read_chunked(Answer& answer, Deadline until, std::string& why) {
  const auto line = [&]() -> std::optional<std::string> {
    std::size_t end = 0;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      if (buffer_.size() > kHeadLimit || !read_more(until, why)) return std::nullopt;
    }
    std::string out(trim(std::string_view(buffer_).substr(0, end)));
    buffer_.erase(0, end + 1);
    return out;
  };
  while (true) {
    const auto size_line = line();
    if (!size_line) return false;
    std::size_t size = 0;
    const auto [end, bad] =
        std::from_chars(size_line->data(), size_line->data() + size_line->size(), size, 16);
    if (bad != std::errc() || (end != size_line->data() + size_line->size() && *end != ';' && *end != ' ')) {
      why = "ERR_INVALID_CHUNKED_ENCODING";
      return false;
    }
    if (size == 0) break;
    if (size > kBodyLimit || answer.body.size() > kBodyLimit) {
      why = "ERR_RESPONSE_TOO_LARGE";
      return false;
    }
    while (buffer_.size() < size) {
      if (!read_more(until, why)) {
        answer.body += buffer_;
        return false;
      }
    }
    answer.body += buffer_.substr(0, size);
    buffer_.erase(0, size);
    if (!line()) return false;
  }
  while (true) {  // trailers
    const auto trailer = line();
    if (!trailer) return false;
    if (trailer->empty()) return true;
  }
}

Answer Connection::read_answer(bool head_only, Deadline until) {
  Answer answer;
  std::string why;
  if (fd_ < 0) {
    answer.error = error_.empty() ? "ERR_CONNECTION_CLOSED" : error_;
    return answer;
  }
  while (true) {  // interim answers come before the final one
    std::size_t end = 0;
    std::size_t blank = 4;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (end = buffer_.find("\n\n"); end != std::string::npos) {
        blank = 2;
        break;
      }
      if (buffer_.size() > kHeadLimit) {
        answer.error = "ERR_RESPONSE_HEADERS_TOO_BIG";
        return answer;
      }
      if (read_more(until, why)) continue;
      if (why.empty()) why = buffer_.empty() ? "ERR_EMPTY_RESPONSE" : "ERR_INVALID_HTTP_RESPONSE";
      if (why == "ERR_EMPTY_RESPONSE" && send_failed_) why = "ERR_CONNECTION_RESET";
      answer.error = why;
      return answer;
    }
    answer = {};
    if (!parse_head(std::string_view(buffer_).substr(0, end), answer)) {
      answer = {};
      answer.error = "ERR_INVALID_HTTP_RESPONSE";
      return answer;
    }
    buffer_.erase(0, end + blank);
    if (answer.status >= 200 || answer.status == 101) break;
  }
  if (head_only || answer.status == 204 || answer.status == 304) return answer;

  const auto* coding = find_header(answer.headers, "transfer-encoding");
  const auto* length = find_header(answer.headers, "content-length");
  if (coding != nullptr && to_lower(*coding).find("chunked") != std::string::npos) {
    if (!read_chunked(answer, until, why)) {
      answer.error = why.empty() ? "ERR_INCOMPLETE_CHUNKED_ENCODING" : why;
    }
  } else if (length != nullptr) {
    std::size_t size = 0;
    const auto [end, bad] = std::from_chars(length->data(), length->data() + length->size(), size);
    if (bad != std::errc() || end != length->data() + length->size() || size > kBodyLimit) {
      answer.error =
          bad == std::errc() && size > kBodyLimit ? "ERR_RESPONSE_TOO_LARGE" : "ERR_INVALID_HTTP_RESPONSE";
      return answer;
    }
    while (buffer_.size() < size && read_more(until, why)) {
    }
    if (buffer_.size() < size) answer.error = why.empty() ? "ERR_CONTENT_LENGTH_MISMATCH" : why;
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, answer.body.size());
  } else {
    while (buffer_.size() <= kBodyLimit && read_more(until, why)) {
    }
    if (buffer_.size() > kBodyLimit) why = "ERR_RESPONSE_TOO_LARGE";
    answer.error = why;
    answer.body = std::exchange(buffer_, {});
    answer.keep_alive = false;
  }
  if (!answer.error.empty()) answer.keep_alive = false;
  return answer;
}

void Connection::half_close() const {
  ::shutdown(fd_, SHUT_WR);
}

void Connection::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace assay::browser
