// What a mutant may use: the reference client's parts and the functions that they are made of. A mutant is
// one file NAME.cpp here, at most 25 lines, that defines assay::reference::mutate(Parts&) and replaces one
// part. CMake compiles all of them together and makes the table of names.
#pragma once

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <thread>

#include "conformance/reference/callback.h"
#include "conformance/reference/client.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/discovery.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "conformance/reference/login.h"
#include "conformance/reference/parts.h"
#include "harness/base/pattern.h"
#include "harness/base/text.h"
#include "harness/http/client.h"
#include "harness/stream/framing/sse.h"

namespace assay::reference {

using nlohmann::json;

// A reader that passes everything on; a mutant overrides what it breaks.
struct WrappedReader : StreamReader {
  explicit WrappedReader(std::unique_ptr<StreamReader> whole) : right(std::move(whole)) {}
  bool push(std::string_view bytes) override { return right->push(bytes); }
  bool ended() const override { return right->ended(); }
  std::string problem() const override { return right->problem(); }
  stream::Turn finish() override { return right->finish(); }
  json frames() const override { return right->frames(); }
  std::unique_ptr<StreamReader> right;
};
// Puts a reader of type R around the one that `parts` opens.
template <typename R>
void wrap_reader(Parts& parts) {
  parts.open_stream = [right = parts.open_stream](stream::Protocol protocol, stream::DeltaSink& sink,
                                                  std::size_t limit) -> std::unique_ptr<StreamReader> {
    return std::make_unique<R>(right(protocol, sink, limit));
  };
}

// Lets `change` do what it likes with the bytes of every read.
inline void change_reads(Parts& parts, std::function<std::string(std::string)> change) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override { return right->push(change(std::string(bytes))); }
    std::function<std::string(std::string)> change;
  };
  parts.open_stream = [right = parts.open_stream, change](stream::Protocol protocol, stream::DeltaSink& sink,
                                                          std::size_t limit) {
    auto reader = std::make_unique<Reader>(right(protocol, sink, limit));
    reader->change = change;
    return reader;
  };
}
// Refuses an answer in which `pattern` occurs, as a strict decoder does.
inline void refuse(Parts& parts, const std::string& pattern) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    bool push(std::string_view bytes) override {
      seen += bytes;
      refused = refused || pattern->found_in(seen);
      return !refused && right->push(bytes);
    }
    std::string problem() const override { return refused ? "type validation failed" : right->problem(); }
    std::optional<Pattern> pattern;
    std::string seen;
    bool refused = false;
  };
  parts.open_stream = [right = parts.open_stream, pattern](stream::Protocol protocol, stream::DeltaSink& sink,
                                                           std::size_t limit) {
    auto reader = std::make_unique<Reader>(right(protocol, sink, limit));
    reader->pattern = Pattern::compile(pattern).value();
    return reader;
  };
}
// Changes what was made of a whole answer.
inline void change_turns(Parts& parts, std::function<void(stream::Turn&)> change) {
  struct Reader : WrappedReader {
    using WrappedReader::WrappedReader;
    stream::Turn finish() override {
      stream::Turn turn = right->finish();
      change(turn);
      return turn;
    }
    std::function<void(stream::Turn&)> change;
  };
  parts.open_stream = [right = parts.open_stream, change](stream::Protocol protocol, stream::DeltaSink& sink,
                                                          std::size_t limit) {
    auto reader = std::make_unique<Reader>(right(protocol, sink, limit));
    reader->change = change;
    return reader;
  };
}

// Changes the body of every request; what is refused of it stays in it all the same.
inline void change_requests(Parts& parts, std::function<void(json&, const Ask&)> change) {
  parts.write_request = [right = parts.write_request, change](const Ask& ask) {
    json body = right(ask);
    change(body, ask);
    return body;
  };
  parts.refused_param = [](const json&, const Failure&) -> std::optional<std::string> { return {}; };
}
// Changes the conversation before a request is written.
inline void change_history(Parts& parts, std::function<void(Ask&)> change) {
  parts.write_request = [right = parts.write_request, change](Ask ask) {
    change(ask);
    return right(ask);
  };
}
// Changes what is made of an answer that is an error.
inline void change_failures(Parts& parts, std::function<void(Failure&, const HttpReply&)> change) {
  parts.error_text = [right = parts.error_text, change](const HttpReply& reply,
                                                        const std::vector<std::string>& secrets) {
    Failure failed = right(reply, secrets);
    change(failed, reply);
    return failed;
  };
}
// Takes an answer for a good one where `good` says so, whatever happened to it.
inline void forgive(Parts& parts,
                    std::function<bool(const stream::Turn&, const std::optional<Failure>&)> good) {
  parts.judge_end = [right = parts.judge_end, good](const stream::Turn& turn,
                                                    const std::optional<Failure>& over) {
    return good(turn, over) ? std::optional<Failure>() : right(turn, over);
  };
}
// Replaces the exchange over HTTP; `right` is the one that it replaces.
using Transport = decltype(Parts::transport);
inline void change_transport(
    Parts& parts, std::function<Outcome<HttpReply>(const Transport& right, HttpRequest, const BodySink&,
                                                   const Cancel&, const Deadline&)>
                      change) {
  parts.transport = [right = parts.transport, change](const HttpRequest& request, const BodySink& sink,
                                                      const Cancel& cancel, const Deadline& deadline) {
    return change(right, request, sink, cancel, deadline);
  };
}
// Asks the same address again after a redirect, with what `change` makes of the request.
inline void follow_redirects(Parts& parts, std::function<void(HttpRequest&)> change) {
  change_transport(parts, [change](const Transport& right, HttpRequest request, const BodySink& sink,
                                   const Cancel& cancel, const Deadline& deadline) {
    auto reply = right(request, sink, cancel, deadline);
    if (!reply || reply->status / 100 != 3) return reply;
    change(request);
    return right(request, sink, cancel, deadline);
  });
}

// What a server sends for `request`, read by hand until it sends nothing for a fifth of a second, or until
// `deadline`. At most `most` bytes are kept. The connection is closed, unless `kept` takes it.
inline std::string raw_answer(const HttpRequest& request, const Deadline& deadline,
                              std::size_t most = std::size_t{1} << 20U, int* kept = nullptr) {
  std::string bytes;
  const auto url = http::parse_url(request.url);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval fifth = {0, 200000};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &fifth, sizeof fifth);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(url->port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string out = request.method + ' ' + url->target + " HTTP/1.1\r\nHost: " + url->authority() +
                    "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const Header& one : request.headers) out += one.name + ": " + one.value + "\r\n";
  out += "\r\n" + request.body;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, out.data(), out.size(), MSG_NOSIGNAL) > 0) {
    char read[65536];
    for (ssize_t got = ::recv(fd, read, sizeof read, 0); got > 0 && !deadline.passed();
         got = ::recv(fd, read, sizeof read, 0))
      bytes.append(read, std::min(static_cast<std::size_t>(got), most - bytes.size()));
  }
  if (kept != nullptr)
    *kept = fd;
  else
    ::close(fd);
  return bytes;
}

// Whether `fd` is a connection that the listener of `mine` accepted too.
inline bool is_another_connection(int fd, int mine) {
  sockaddr_storage address = {}, own = {};
  socklen_t size = sizeof address, own_size = sizeof own;
  if (fd == mine || ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  size = sizeof address;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         ::getsockname(mine, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 && size == own_size &&
         std::memcmp(&address, &own, size) == 0;
}

struct Mutant {
  std::string_view name;
  void (*mutate)(Parts&);
};
// Every mutant, sorted by name.
std::span<const Mutant> all_mutants();

}  // namespace assay::reference
