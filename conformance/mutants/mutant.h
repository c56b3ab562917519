// What a mutant may use: the reference client's parts and the functions that they are made of. A mutant is
// one file NAME.cpp here, at most 25 lines, that defines assay::reference::mutate(Parts&) and replaces one
// part. CMake compiles all of them together and makes the table of names.
#pragma once

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
