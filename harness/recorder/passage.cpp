#include "harness/recorder/passage.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "harness/http/dial.h"
#include "harness/recorder/host_field.h"
#include "harness/recorder/watch.h"

namespace assay {
namespace {

using http::Io;
using Clock = std::chrono::steady_clock;

// How long a reset waits for the bytes before it to arrive: a close with RST drops what the kernel still has.
constexpr std::chrono::seconds kBeforeReset(5);

struct Side {
  UniqueFd socket;
  std::unique_ptr<http::Transport> transport;  // goes before the socket it borrows
  bool was_reset = false;                      // nothing can be sent to it any more
  bool hung_up = false;                        // poll() has nothing new to say of it
};

// Bytes from one side to the other. `unsent` were read and must be written before more is read.
struct Flow {
  Side& from;
  Side& to;
  std::string unsent = {};
  std::size_t written = 0;  // of `unsent`
  short read_when = POLLIN;
  short write_when = POLLOUT;
  bool source_ended = false;
  bool over = false;  // the end was passed on, or there is nobody left to pass it to

  bool writes() const { return !over && written < unsent.size(); }
  bool reads() const { return !over && !source_ended && !writes(); }
};

class Passage {
 public:
  Passage(UniqueFd client, const PassageOptions& options, const http::CancelToken& cancel, Shelf& shelf)
      : options_(options),
        cancel_(cancel),
        shelf_(shelf),
        up_{client_, upstream_},
        down_{upstream_, client_},
        host_(options.upstream.authority()),
        watch_(std::in_place, options.upstream.origin(), shelf) {
    client_.transport = http::make_plain_transport(client.get());
    client_.socket = std::move(client);
  }

  void run() {
    while (!(up_.over && down_.over) && !was_aborted() && wait()) {
      if (ready(up_)) step(up_);
      if (ready(down_)) step(down_);
      if (unreachable_) return;
    }
    if (was_aborted()) abort(client_.was_reset ? upstream_ : client_);
    watch([&] {
      watch_->stop(client_.was_reset     ? "the client left before its end"
                   : upstream_.was_reset ? "the upstream reset the connection"
                                         : "the recorder was stopped");
    });
    if (!watch_) shelf_.leave_out("the rest of a connection that could not be followed");
  }

 private:
  // Waits until there is something to do. False when the recorder stops.
  bool wait() {
    std::array<short, 2> events = {0, 0};
    const auto ask = [&](const Side& side, short what) {
      short& all = events[&side == &client_ ? 0 : 1];
      all = static_cast<short>(all | what);
    };
    for (const Flow* flow : {&up_, &down_}) {
      if (flow->writes()) ask(flow->to, flow->write_when);
      if (flow->reads()) ask(flow->from, flow->read_when);
    }
    const auto descriptor = [&](const Side& side, short what) {
      return what == 0 && side.hung_up ? -1 : side.socket.get();
    };
    fds_ = {{{descriptor(client_, events[0]), events[0], 0},
             {descriptor(upstream_, events[1]), events[1], 0},
             {cancel_.descriptor(), POLLIN, 0}}};
    // What OpenSSL has read ahead is invisible to poll.
    ahead_ = down_.reads() && upstream_.transport && upstream_.transport->pending();
    if (::poll(fds_.data(), fds_.size(), ahead_ ? 0 : -1) < 0) {
      for (pollfd& fd : fds_) fd.revents = 0;
      return errno == EINTR;
    }
    if (fds_[2].revents != 0) return false;
    notice_hang_up(client_, up_, fds_[0]);
    notice_hang_up(upstream_, down_, fds_[1]);
    return true;
  }

  // poll() tells of resets and of connections that ended both ways unasked, and again and again.
  static void notice_hang_up(Side& side, const Flow& out_of_it, const pollfd& fd) {
    if (fd.events != 0 || fd.revents == 0) return;
    side.hung_up = true;
    // One that is still to be read says so when it is.
    if (out_of_it.source_ended && (fd.revents & POLLERR) != 0) side.was_reset = true;
  }

  bool ready(const Flow& flow) const {
    const Side* awaited = flow.writes() ? &flow.to : flow.reads() ? &flow.from : nullptr;
    if (awaited == nullptr) return false;
    return (ahead_ && awaited == &upstream_) || fds_[awaited == &client_ ? 0 : 1].revents != 0;
  }

  void step(Flow& flow) {
    if (flow.reads()) read(flow);
    write(flow);
    pass_end(flow);
    if (observed_.empty() || unreachable_) return;
    // Passed on, as far as the other side takes it; now it may be looked at.
    const std::string_view bytes = std::exchange(observed_, {});
    if (&flow == &up_) {
      watch([&] { watch_->on_request(bytes, arrived_); });
    } else {
      watch([&] { watch_->on_response(bytes, arrived_); });
      if (watch_ && watch_->upgraded()) host_.leave_alone();
    }
  }

  void read(Flow& flow) {
    const Io io = flow.from.transport->read(buffer_.data(), buffer_.size());
    arrived_ = Clock::now();
    flow.read_when = io.state == Io::State::want_write ? POLLOUT : POLLIN;
    if (io.state == Io::State::want_read || io.state == Io::State::want_write) return;
    if (io.state != Io::State::done) {
      flow.source_ended = true;
      flow.from.was_reset = flow.from.was_reset || io.state != Io::State::end;
      end_of(flow);
      return;
    }
    observed_ = {buffer_.data(), io.bytes};
    if (&flow == &down_) {
      flow.unsent = observed_;
    } else {
      host_.pass(observed_, flow.unsent);
      connect();
    }
  }

  void write(Flow& flow) {
    while (flow.writes() && !unreachable_) {
      const iovec piece = {flow.unsent.data() + flow.written, flow.unsent.size() - flow.written};
      const Io io = flow.to.transport->write(&piece, 1);
      flow.write_when = io.state == Io::State::want_read ? POLLIN : POLLOUT;
      if (io.state == Io::State::want_read || io.state == Io::State::want_write) return;
      if (io.state != Io::State::done) {
        // What it has sent may still be read, and is passed on before the other side learns of this.
        flow.to.was_reset = true;
        flow.over = true;
        return;
      }
      flow.written += io.bytes;
    }
    flow.unsent.clear();
    flow.written = 0;
  }

  static void pass_end(Flow& flow) {
    if (!flow.source_ended || flow.writes() || flow.over) return;
    flow.over = true;
    if (!flow.from.was_reset && flow.to.transport) flow.to.transport->half_close();
  }

  void end_of(const Flow& flow) {
    if (&flow == &up_) {
      watch([&] {
        watch_->on_request_end(client_.was_reset ? "the client reset the connection"
                                                 : "the client stopped sending");
      });
      // A client that has asked nothing gets nothing.
      if (!upstream_.transport) down_.over = true;
    } else {
      watch([&] {
        watch_->on_response_end(upstream_.was_reset ? "the upstream reset the connection"
                                                    : "the upstream closed the connection before its end");
      });
    }
  }

  // A side that was reset has nothing more to say: what it said was passed on.
  bool was_aborted() const { return (client_.was_reset && up_.over) || (upstream_.was_reset && down_.over); }

  // Resets `side`, once what was written to it has arrived there.
  void abort(Side& side) {
    if (!side.socket) return;
    const auto until = Clock::now() + kBeforeReset;
    while (!http::all_acknowledged(side.socket.get()) && Clock::now() < until) {
      // The kernel tells of acknowledgements to those who ask only.
      const auto soon = Clock::now() + std::chrono::milliseconds(1);
      if (http::wait_for(-1, 0, soon, &cancel_) == http::Waited::cancelled) break;
    }
    http::reset_on_close(side.socket.get());
  }

  void connect() {
    if (upstream_.transport) return;
    http::Dialled dialled;
    if (const http::Trouble trouble = http::dial(options_.upstream, options_.connection, &cancel_, dialled)) {
      unreachable_ = true;
      shelf_.leave_out("a request, answered with 502: " + trouble->second);
      answer_unreachable(trouble->second);
      return;
    }
    upstream_.socket = std::move(dialled.socket);
    upstream_.transport = std::move(dialled.transport);
  }

  // Says what went wrong, and waits a little until the client has read it: a close while it still sends would
  // be a reset, which drops the answer.
  void answer_unreachable(const std::string& why) {
    nlohmann::json error = {{"message", "assay record: " + why}, {"type", "upstream_unreachable"}};
    const std::string body = nlohmann::json{{"error", std::move(error)}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::string answer = fmt::format(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: "
        "close\r\n\r\n{}",
        body.size(), body);
    const int fd = client_.socket.get();
    // A new socket has room for this.
    if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    ::shutdown(fd, SHUT_WR);
    const auto until = Clock::now() + kBeforeReset;
    while (http::wait_for(fd, POLLIN, until, &cancel_) == http::Waited::ready) {
      const ssize_t n = ::recv(fd, buffer_.data(), buffer_.size(), 0);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return;
    }
  }

  // Whatever happens to the watch, bytes go on.
  template <typename Look>
  void watch(const Look& look) {
    if (!watch_) return;
    try {
      look();
    } catch (const std::exception&) {
      watch_.reset();
    }
  }

  const PassageOptions& options_;
  const http::CancelToken& cancel_;
  Shelf& shelf_;
  Side client_;
  Side upstream_;
  Flow up_;
  Flow down_;
  HostField host_;
  std::optional<Watch> watch_;
  std::array<pollfd, 3> fds_ = {};
  bool ahead_ = false;
  bool unreachable_ = false;
  std::string_view observed_;  // in buffer_: what was read but not watched yet
  Clock::time_point arrived_;
  std::array<char, std::size_t{64} * 1024> buffer_;
};

}  // namespace

void pass_through(UniqueFd client, const PassageOptions& options, const http::CancelToken& cancel,
                  Shelf& shelf) {
  Passage(std::move(client), options, cancel, shelf).run();
}

}  // namespace assay
