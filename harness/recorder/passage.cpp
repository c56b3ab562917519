#include "harness/recorder/passage.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "harness/http/dial.h"
#include "harness/http/message_parser.h"

namespace assay {
namespace {

using http::Io;
using http::Parse;
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

// A recorder must not refuse what it is to record; these only bound memory.
constexpr http::ParseLimits kLimits = {1U << 20U, 1U << 30U};
constexpr Micros kForever = std::chrono::hours(24);

// Bytes that could not be parsed yet, with what came after them.
class Leftover {
 public:
  template <typename Feed>
  void feed(std::string_view fresh, const Feed& parse_some) {
    bytes_.append(fresh);
    std::string_view view = bytes_;
    parse_some(view);
    bytes_.erase(0, bytes_.size() - view.size());
  }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string bytes_;
};

// The head with its Host value replaced; everything else stays as it is.
std::string with_host(std::string_view head, const std::string& authority) {
  std::size_t line = head.find("\r\n");
  while (line != std::string_view::npos) {
    const std::size_t begin = line + 2;
    line = head.find("\r\n", begin);
    const std::size_t colon = head.find(':', begin);
    if (colon == std::string_view::npos || line == std::string_view::npos || colon > line) continue;
    if (!iequals(head.substr(begin, colon - begin), "Host")) continue;
    std::string edited(head.substr(0, colon + 1));
    return edited.append(" ").append(authority).append(head.substr(line));
  }
  return std::string(head);
}

// Writes all of `bytes`. False when the peer is gone or the recorder stops.
bool write_all(http::Transport& to, int socket, std::string_view bytes, const http::CancelToken& cancel) {
  while (!bytes.empty()) {
    const iovec piece = {const_cast<char*>(bytes.data()), bytes.size()};
    const Io io = to.write(&piece, 1);
    if (io.state == Io::State::done) {
      bytes.remove_prefix(io.bytes);
      continue;
    }
    if (io.state != Io::State::want_read && io.state != Io::State::want_write) return false;
    const short events = io.state == Io::State::want_read ? POLLIN : POLLOUT;
    if (http::wait_for(socket, events, Clock::now() + kForever, &cancel) != http::Waited::ready) return false;
  }
  return true;
}

class Passage {
 public:
  Passage(UniqueFd client, const PassageOptions& options, const http::CancelToken& cancel,
          const Reserve& reserve, const Keep& keep)
      : options_(options),
        cancel_(cancel),
        reserve_(reserve),
        keep_(keep),
        client_(std::move(client)),
        client_transport_(http::make_plain_transport(client_.get())),
        request_parser_(kLimits) {}

  void run() {
    bool going = true;
    while (going) {
      // A client that sends ahead of its answers waits in its own kernel.
      const bool listen = client_open_ && (tunnel_ || !waiting_for_response_ || requests_.empty());
      std::array<pollfd, 3> fds = {{{client_.get(), static_cast<short>(listen ? POLLIN : 0), 0},
                                    {upstream_.socket ? upstream_.socket.get() : -1, POLLIN, 0},
                                    {cancel_.descriptor(), POLLIN, 0}}};
      // What OpenSSL has read ahead is invisible to poll.
      const bool ahead = upstream_.transport && upstream_.transport->pending();
      if (::poll(fds.data(), fds.size(), ahead ? 0 : -1) < 0 && errno != EINTR) break;
      if (fds[2].revents != 0) break;
      if (going && (ahead || fds[1].revents != 0)) going = from_upstream();
      if (going && fds[0].revents != 0) going = from_client();
    }
    cut_off("the rest of the exchange: the recorder was stopped, or the client left");
  }

 private:
  bool from_client() {
    const Io io = client_transport_->read(buffer_.data(), buffer_.size());
    if (io.state == Io::State::want_read) return true;
    if (io.state == Io::State::end) {
      client_open_ = false;
      // A client may stop sending and still read; without an exchange under way it is done.
      if (!exchange_ && requests_.empty()) return false;
      if (upstream_.transport) upstream_.transport->half_close();
      return true;
    }
    if (io.state != Io::State::done) {
      if (upstream_.socket) http::reset_on_close(upstream_.socket.get());
      return false;
    }
    const std::string_view bytes(buffer_.data(), io.bytes);
    if (tunnel_) return to_upstream(bytes);
    requests_.feed(bytes, [this](std::string_view& rest) { read_requests(rest); });
    return !failed_;
  }

  void read_requests(std::string_view& bytes) {
    while (!failed_ && !waiting_for_response_) {
      std::size_t used = 0;
      const Parse parse = request_parser_.feed(bytes, used);
      const std::string_view raw = bytes.substr(0, used);
      bytes.remove_prefix(used);
      if (!head_sent_) head_ += raw;
      if (parse == Parse::bad) {
        // Not for us to judge: passed on as it stands, not recorded.
        failed_ = !connect() || !to_upstream(std::exchange(head_, {})) || !to_upstream(bytes);
        bytes = {};
        tunnel_ = true;
        return;
      }
      if (parse == Parse::head) {
        begin_exchange();
        failed_ =
            !connect() || !to_upstream(with_host(std::exchange(head_, {}), options_.upstream.authority()));
        head_sent_ = true;
        continue;
      }
      if (head_sent_ && !raw.empty()) failed_ = failed_ || !to_upstream(raw);
      if (parse == Parse::need_more) return;
      exchange_->exchange.request = request_parser_.take_request();
      request_done_ = Clock::now();
      request_parser_.reset();
      head_sent_ = false;
      request_complete_ = true;
      waiting_for_response_ = true;
      if (response_complete_) end_exchange();
    }
  }

  void begin_exchange() {
    place_ = reserve_();
    exchange_.emplace();
    exchange_->authority = options_.upstream.origin();
    exchange_->exchange.request = request_parser_.request();
    request_done_ = Clock::now();
    request_complete_ = false;
    response_complete_ = false;
    new_response();
  }

  void new_response() {
    http::ResponseSink sink;
    sink.on_head = [this](int status, std::string_view reason, std::string_view version, Headers headers) {
      interim_ = status >= 100 && status < 200 && status != 101;
      if (interim_) {
        exchange_->lost.push_back(fmt::format("an interim response, {} {}", status, reason));
        return;
      }
      Response& response = exchange_->exchange.response;
      response.status = status;
      response.reason = reason;
      response.version = version;
      response.headers = std::move(headers);
      response.head_delay = since(request_done_);
      head_at_ = Clock::now();
      has_head_ = true;
    };
    sink.on_body = [this](std::string_view bytes, bool starts_chunk) {
      auto& body = exchange_->exchange.response.body;
      if (starts_chunk || body.empty()) body.push_back({{}, since(head_at_)});
      body.back().bytes += bytes;
    };
    has_head_ = false;
    response_.emplace(kLimits, exchange_->exchange.request.method == "HEAD", std::move(sink));
  }

  bool from_upstream() {
    const Io io = upstream_.transport->read(buffer_.data(), buffer_.size());
    if (io.state == Io::State::want_read || io.state == Io::State::want_write) return true;
    if (io.state == Io::State::end) {
      if (!tunnel_ && exchange_ && response_ && response_->started() &&
          response_->finish() == Parse::complete) {
        finish_response();
      } else {
        cut_off("the rest of the response: the upstream closed the connection before its end");
      }
      client_transport_->half_close();
      return false;
    }
    if (io.state != Io::State::done) {
      cut_off("the rest of the response: the upstream reset the connection");
      http::reset_on_close(client_.get());
      return false;
    }
    const std::string_view bytes(buffer_.data(), io.bytes);
    // First of all it is passed on.
    const bool delivered = write_all(*client_transport_, client_.get(), bytes, cancel_);
    if (!tunnel_ && exchange_)
      responses_.feed(bytes, [this](std::string_view& rest) { read_response(rest); });
    return delivered && !failed_;
  }

  void read_response(std::string_view& bytes) {
    while (exchange_ && !bytes.empty() && !response_complete_) {
      std::size_t used = 0;
      const Parse parse = response_->feed(bytes, used);
      bytes.remove_prefix(used);
      if (parse == Parse::need_more) return;
      if (parse == Parse::bad) {
        cut_off("the rest of the response: it is not valid HTTP/1.1 (" + response_->error() + ")");
        bytes = {};
        tunnel_ = true;
        return;
      }
      if (parse == Parse::head) {
        // A message without a body is complete with its head, and may be the last of the bytes.
        std::size_t none = 0;
        if (response_->feed({}, none) != Parse::complete) continue;
      }
      if (std::exchange(interim_, false)) {
        new_response();
        continue;
      }
      if (exchange_->exchange.response.status == 101) {
        exchange_->lost.emplace_back("what followed the upgrade");
        tunnel_ = true;
      }
      finish_response();
      bytes = {};
    }
  }

  void finish_response() {
    exchange_->exchange.response.framing = response_->framing();
    exchange_->exchange.response.trailers = response_->trailers();
    response_complete_ = true;
    if (request_complete_) end_exchange();
  }

  void end_exchange() {
    keep_(place_, *std::exchange(exchange_, std::nullopt));
    waiting_for_response_ = false;
    request_complete_ = false;
    // Requests that were sent meanwhile.
    if (!tunnel_ && !requests_.empty()) {
      requests_.feed({}, [this](std::string_view& rest) { read_requests(rest); });
    }
  }

  // Keeps what there is of an exchange that will not end well.
  void cut_off(const std::string& lost) {
    if (!exchange_ || !has_head_) {
      exchange_.reset();
      return;
    }
    if (!request_complete_) exchange_->exchange.request = request_parser_.request();
    exchange_->lost.push_back(response_complete_ ? "the rest of the request: it was answered before its end"
                                                 : lost);
    exchange_->exchange.response.framing = response_->framing();
    exchange_->exchange.response.trailers = response_->trailers();
    keep_(place_, *std::exchange(exchange_, std::nullopt));
  }

  bool connect() {
    if (upstream_.transport) return true;
    if (!http::dial(options_.upstream, options_.connection, &cancel_, upstream_)) return true;
    // The upstream cannot be reached: the client sees a closed connection, as it would without us.
    upstream_.transport.reset();
    http::reset_on_close(client_.get());
    return false;
  }

  bool to_upstream(std::string_view bytes) {
    return write_all(*upstream_.transport, upstream_.socket.get(), bytes, cancel_);
  }

  static Micros since(Instant then) { return std::chrono::duration_cast<Micros>(Clock::now() - then); }

  const PassageOptions& options_;
  const http::CancelToken& cancel_;
  const Reserve& reserve_;
  const Keep& keep_;
  UniqueFd client_;
  std::unique_ptr<http::Transport> client_transport_;
  http::Dialled upstream_;
  http::RequestParser request_parser_;
  std::optional<http::ResponseParser> response_;
  Leftover requests_;
  Leftover responses_;
  std::string head_;  // of the request that is being read, as it was sent
  std::optional<RecordedExchange> exchange_;
  std::size_t place_ = 0;
  Instant request_done_;
  Instant head_at_;
  bool client_open_ = true;
  bool head_sent_ = false;
  bool waiting_for_response_ = false;  // the request was read; the next one waits
  bool request_complete_ = false;
  bool response_complete_ = false;
  bool has_head_ = false;
  bool interim_ = false;
  bool tunnel_ = false;  // no longer HTTP that we can follow: bytes pass, nothing is recorded
  bool failed_ = false;
  std::array<char, std::size_t{64} * 1024> buffer_;
};

}  // namespace

void pass_through(UniqueFd client, const PassageOptions& options, const http::CancelToken& cancel,
                  const Reserve& reserve, const Keep& keep) {
  Passage(std::move(client), options, cancel, reserve, keep).run();
}

}  // namespace assay
