#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "conformance/reference/callback.h"
#include "harness/base/text.h"

namespace assay::reference {

namespace {

constexpr std::size_t most_bytes = std::size_t{64} * 1024;

// Splits a whole head; nullopt when it is no request.
std::optional<CallbackRequest> parse_head(std::string_view head) {
  CallbackRequest request;
  std::size_t end = head.find("\r\n");
  const auto words = split(head.substr(0, end), ' ');
  if (words.size() != 3 || words[0].empty() || !words[1].starts_with('/') || !words[2].starts_with("HTTP/1."))
    return {};
  request.method = words[0];
  request.target = words[1];
  while (end != std::string_view::npos && end + 2 < head.size()) {
    const std::size_t next = head.find("\r\n", end + 2);
    const std::string_view line =
        head.substr(end + 2, next == std::string_view::npos ? next : next - end - 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && colon > 0)
      request.headers.push_back(
          {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    end = next;
  }
  return request;
}

std::size_t body_length(const CallbackRequest& request) {
  const std::string* length = find_header(request.headers, "content-length");
  std::size_t value = 0;
  if (length != nullptr) std::from_chars(length->data(), length->data() + length->size(), value);
  return value;
}

}  // namespace

// Reads on until the request is whole, however the bytes come (oauth-login.accept-inherits-nonblocking,
// request-split-bytes). Whether the accepted socket inherited O_NONBLOCK does not matter: every read waits in
// poll() first, and EAGAIN means to wait again. A connection that brings nothing usable is not an error of
// the login (preconnect-rst, idle-preconnect).
Outcome<std::optional<CallbackRequest>> read_callback(int fd, const Deadline& deadline,
                                                      const Cancel& cancel) {
  std::string bytes;
  std::optional<CallbackRequest> request;
  std::size_t head_end = 0;
  while (true) {
    if (wait_for(fd, POLLIN, deadline, cancel) != Wake::ready) return std::nullopt;
    char buffer[4096];
    const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return std::nullopt;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (static_cast<unsigned char>(bytes[0]) == 0x16)
      return CallbackRequest{"TLS", "", {}, ""};  // a ClientHello: the router has no use for it
    if (bytes.size() > most_bytes) return std::nullopt;
    if (!request) {
      const std::size_t blank = bytes.find("\r\n\r\n");
      if (blank == std::string::npos) continue;
      request = parse_head(std::string_view(bytes).substr(0, blank));
      if (!request) return std::nullopt;
      head_end = blank + 4;
      if (body_length(*request) > most_bytes) return std::nullopt;
    }
    if (bytes.size() - head_end < body_length(*request)) continue;
    request->body = bytes.substr(head_end, body_length(*request));
    return request;
  }
}

}  // namespace assay::reference
