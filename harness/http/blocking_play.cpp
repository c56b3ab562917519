#include "harness/http/blocking_play.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>

#include "harness/http/player.h"
#include "harness/http/socket.h"

namespace assay::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Micros kPatienceAtCut = std::chrono::seconds(2);
// How long a peer has to read what was sent before a close: a socket that is closed with something unread
// sends RST, which drops it.
constexpr std::chrono::seconds kPatienceAtClose(2);

class SocketStage final : public Stage {
 public:
  explicit SocketStage(int socket) : socket_(socket), transport_(make_plain_transport(socket)) {}
  Io write(const iovec* pieces, int count) override { return transport_->write(pieces, count); }
  void half_close() override { transport_->half_close(); }
  Peer peer() override {
    const SockDiag::Peer peer = diag_.peer_of(socket_);
    if (!peer.known) return Peer::unknown;
    if (peer.unread == 0 && peer.received >= transport_->sent()) return Peer::has_read_all;
    return peer.owned ? Peer::has_unread : Peer::unknown;
  }
  bool all_acknowledged() override { return http::all_acknowledged(socket_); }
  bool held(const std::string& /*name*/) override { return true; }
  void on_unconfirmed_cut() override {}
  bool input_waiting() override {
    pollfd asked{socket_, POLLIN, 0};
    return ::poll(&asked, 1, 0) > 0;
  }

 private:
  const int socket_;
  std::unique_ptr<Transport> transport_;
  SockDiag diag_;
};

// Waits for `events` of the socket until `until`. False: stopped, or the peer has gone.
bool wait_on(int socket, int stop, short events, std::optional<Instant> until) {
  while (true) {
    int timeout = -1;
    if (until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - SteadyClock::now());
      timeout = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    }
    std::array<pollfd, 2> asked = {pollfd{socket, static_cast<short>(events | POLLRDHUP), 0},
                                   pollfd{stop, POLLIN, 0}};
    const int ready = ::poll(asked.data(), asked.size(), timeout);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return true;
    return asked[1].revents == 0 && (asked[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
  }
}

void linger(int socket, int stop) {
  ::shutdown(socket, SHUT_WR);
  const auto until = SteadyClock::now() + kPatienceAtClose;
  std::array<char, 4096> ignored{};
  while (SteadyClock::now() < until && wait_on(socket, stop, POLLIN, until)) {
    if (::recv(socket, ignored.data(), ignored.size(), MSG_DONTWAIT) == 0) return;
  }
}

}  // namespace

bool play_blocking(const wire::Script& script, int socket, int stop) {
  SocketStage stage(socket);
  // The script outlives the player.
  Player player(std::shared_ptr<const wire::Script>(std::shared_ptr<void>(), &script), SteadyClock::now(),
                kPatienceAtCut);
  while (true) {
    const Need need = player.play(stage, SteadyClock::now());
    switch (need.kind) {
      case Need::Kind::turn:
        break;
      case Need::Kind::writable:
        if (!wait_on(socket, stop, POLLOUT, std::nullopt)) return false;
        break;
      case Need::Kind::time:
        if (!wait_on(socket, stop, 0, need.at)) return false;
        break;
      case Need::Kind::input:
        if (!wait_on(socket, stop, POLLIN, std::nullopt)) return false;
        break;
      case Need::Kind::release:
      case Need::Kind::peer:
        (void)wait_on(socket, stop, 0, std::nullopt);
        return false;
      case Need::Kind::over:
        return script.keep_alive;
      case Need::Kind::close:
        linger(socket, stop);
        return false;
      case Need::Kind::reset:
        reset_on_close(socket);
        return false;
      case Need::Kind::lost:
        return false;
    }
  }
}

}  // namespace assay::http
