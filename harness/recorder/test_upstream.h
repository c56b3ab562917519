// For tests: an upstream that does what it is told, byte by byte, and a recorder in front of it. Every read
// and write has a deadline.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "harness/http/socket.h"
#include "harness/http/test_peer.h"
#include "harness/recorder/recorder.h"

namespace assay {

// One connection that was accepted: blocking, raw.
class AcceptedPeer {
 public:
  explicit AcceptedPeer(UniqueFd fd) : fd_(std::move(fd)) {
    const timeval deadline = {10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
  }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }
  // Bytes until there are `count`, the end or the deadline.
  std::string read(std::size_t count) {
    std::string all(count, '\0');
    std::size_t have = 0;
    while (have < count) {
      const ssize_t got = ::recv(fd_.get(), all.data() + have, count - have, 0);
      error_ = got < 0 ? errno : 0;
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    all.resize(have);
    return all;
  }
  std::string read_to_end() {
    std::string all;
    std::string some(std::size_t{64} * 1024, '\0');
    while (true) {
      const ssize_t got = ::recv(fd_.get(), some.data(), some.size(), 0);
      error_ = got < 0 ? errno : 0;
      if (got <= 0) return all;
      all.append(some, 0, static_cast<std::size_t>(got));
    }
  }
  int error() const { return error_; }  // of the last read; 0 = FIN
  int fd() const { return fd_.get(); }
  void half_close() const { ::shutdown(fd_.get(), SHUT_WR); }
  void reset() {
    http::reset_on_close(fd_.get());
    fd_.reset();
  }

 private:
  UniqueFd fd_;
  int error_ = 0;
};

// A listener with a recorder in front of it.
struct RecordedUpstream {
  UniqueFd listener;
  std::uint16_t port = 0;
  std::unique_ptr<Recorder> recorder;

  RecordedUpstream() {
    auto bound = http::bind_tcp({"127.0.0.1", 0});
    EXPECT_TRUE(bound);
    listener = std::move(*bound);
    EXPECT_EQ(::listen(listener.get(), 8), 0);
    port = http::local_port(listener.get());
    RecorderOptions options;
    options.upstream.host = "127.0.0.1";
    options.upstream.port = port;
    auto started = Recorder::start(options);
    EXPECT_TRUE(started) << started.error().text();
    recorder = std::move(*started);
  }
  // A client's connection to the recorder.
  http::TestPeer client() const { return http::TestPeer(recorder->port()); }
  AcceptedPeer accept() const {
    pollfd waiting = {listener.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, 10'000), 1) << "the recorder did not come";
    return AcceptedPeer(UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  }
  // What the upstream gets of bytes that name the host "test".
  std::string with_host(std::string bytes) const {
    const std::string from = "Host: test\r\n";
    const std::string to = "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
    for (std::size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size())
      bytes.replace(at, from.size(), to);
    return bytes;
  }
};

}  // namespace assay
