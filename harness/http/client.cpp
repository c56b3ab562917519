#include "harness/http/client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "harness/base/text.h"
#include "harness/http/dial.h"
#include "harness/http/message_parser.h"

namespace assay::http {
namespace {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

}  // namespace

std::string_view to_string(End end) {
  switch (end) {
    case End::complete:
      return "complete";
    case End::refused:
      return "refused";
    case End::unreachable:
      return "unreachable";
    case End::tls_failure:
      return "tls-failure";
    case End::no_response:
      return "no-response";
    case End::truncated_head:
      return "truncated-head";
    case End::truncated_length:
      return "truncated-length";
    case End::truncated_chunked:
      return "truncated-chunked";
    case End::reset:
      return "reset";
    case End::stalled:
      return "stalled";
    case End::deadline:
      return "deadline";
    case End::malformed:
      return "malformed";
    case End::cancelled:
      return "cancelled";
  }
  return "malformed";
}

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string Url::origin() const {
  return (tls ? "https://" : "http://") + authority();
}

Result<Url> parse_url(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return fail(fmt::format("not an http(s) URL ({}): \"{}\"", why, text));
  };
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return wrong("no scheme");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (iequals(scheme, "https")) {
    url.tls = true;
    url.port = 443;
  } else if (!iequals(scheme, "http")) {
    return wrong("unknown scheme");
  }
  std::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return wrong("space or control character");
  }
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  url.target = rest.substr(authority_end);
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return wrong("user information");
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return wrong("no ] after an IPv6 address");
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
  }
  if (url.host.empty()) return wrong("no host");
  if (authority.empty()) return url;
  const std::string_view digits = authority.substr(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (authority.front() != ':' || error != std::errc() || end != digits.data() + digits.size() ||
      url.port == 0) {
    return wrong("bad port");
  }
  return url;
}

CancelToken::CancelToken() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

CancelToken::~CancelToken() {
  ::close(event_);
}

void CancelToken::cancel() {
  cancelled_ = true;
  const std::uint64_t one = 1;
  // The counter only overflows, and then it is readable already.
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof(one));
}

struct Client::State {
  explicit State(ClientOptions o) : options(std::move(o)) {}

  ClientOptions options;
  Dialled open;
  std::string origin;  // of the open connection

  void drop() {
    open.transport.reset();
    open.socket.reset();
    origin.clear();
  }

  // An idle connection that has something to read was closed by the peer, or is out of step.
  bool can_reuse(const Url& url) const {
    if (!open.transport || origin != url.origin()) return false;
    char byte = 0;
    return ::recv(open.socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
};

namespace {

// One exchange on an open connection.
class Running {
 public:
  Running(const ClientOptions& options, const ResponseEvents& events, bool head_request, Instant start,
          Outcome& outcome)
      : options_(options), events_(events), head_request_(head_request), start_(start), outcome_(outcome) {
    next_message();
  }

  // Sends `bytes` and reads the response. The outcome is complete when nothing is returned.
  Trouble run(Transport& transport, int socket, std::string_view bytes, const CancelToken* cancel) {
    Instant last = Clock::now();
    std::array<char, std::size_t{64} * 1024> buffer;
    std::size_t sent = 0;
    bool write_failed = false;
    Io::State blocked = Io::State::want_write;
    while (!done_) {
      if (cancel != nullptr && cancel->cancelled()) return {{End::cancelled, "cancelled"}};
      if (sent < bytes.size() && !write_failed) {
        const iovec piece = {const_cast<char*>(bytes.data() + sent), bytes.size() - sent};
        const Io io = transport.write(&piece, 1);
        if (io.state == Io::State::done) {
          sent += io.bytes;
          last = Clock::now();
          if (sent < bytes.size()) continue;
        } else if (io.state == Io::State::want_write || io.state == Io::State::want_read) {
          blocked = io.state;
        } else {
          write_failed = true;  // an answer may still be there to read
        }
      }
      const Io io = transport.read(buffer.data(), buffer.size());
      if (io.state == Io::State::done) {
        last = Clock::now();
        if (auto trouble = arrived({buffer.data(), io.bytes}, last)) return trouble;
        if (options_.total_deadline > Micros(0) && !done_ && last >= start_ + options_.total_deadline)
          return late();
        continue;
      }
      if (io.state == Io::State::end) return ended();
      if (io.state == Io::State::reset) return {{End::reset, "the peer reset the connection"}};
      if (io.state == Io::State::failed) return {{End::tls_failure, transport.error()}};
      short events = io.state == Io::State::want_write ? POLLOUT : POLLIN;
      if (sent < bytes.size() && !write_failed && blocked == Io::State::want_write) events |= POLLOUT;
      const bool awaiting_head = options_.head_deadline > Micros(0) && !outcome_.head;
      Instant until = awaiting_head ? start_ + options_.head_deadline : last + options_.stall_deadline;
      const bool total_first =
          options_.total_deadline > Micros(0) && start_ + options_.total_deadline < until;
      if (total_first) until = start_ + options_.total_deadline;
      const Waited waited = wait_for(socket, events, until, cancel);
      if (waited == Waited::cancelled) return {{End::cancelled, "cancelled"}};
      if (waited == Waited::late && total_first) return late();
      if (waited == Waited::late && awaiting_head) {
        return {
            {End::stalled, fmt::format("no response within {}", format_duration(options_.head_deadline))}};
      }
      if (waited == Waited::late) {
        return {{End::stalled, fmt::format("nothing came for {}", format_duration(options_.stall_deadline))}};
      }
    }
    reusable_ = reusable_ && sent == bytes.size();
    return {};
  }

  bool reusable() const { return reusable_; }

 private:
  void next_message() {
    ResponseSink sink;
    sink.on_head = [this](int status, std::string_view reason, std::string_view version, Headers headers) {
      ResponseHead head{status, std::string(reason), std::string(version), std::move(headers)};
      interim_ = status >= 100 && status < 200 && status != 101;
      if (interim_) {
        outcome_.interim.push_back(std::move(head));
        return;
      }
      outcome_.head = std::move(head);
      head_at_ = now_;
      if (events_.on_head && !events_.on_head(*outcome_.head)) stopped_ = true;
    };
    sink.on_body = [this](std::string_view bytes, bool starts_chunk) {
      if (stopped_) return;
      outcome_.body_bytes += bytes.size();
      const Micros at = std::chrono::duration_cast<Micros>(now_ - head_at_);
      if (events_.on_body && !events_.on_body({bytes, at, starts_chunk})) stopped_ = true;
    };
    parser_.emplace(ParseLimits{options_.head_bytes, UINT64_MAX}, head_request_, std::move(sink));
  }

  Trouble arrived(std::string_view fresh, Instant now) {
    now_ = now;
    if (outcome_.first_byte == Micros(0)) {
      outcome_.first_byte = std::max(Micros(1), std::chrono::duration_cast<Micros>(now - start_));
    }
    std::string kept;
    std::string_view bytes = fresh;
    if (!left_.empty()) {
      kept = std::exchange(left_, {});
      kept.append(fresh);
      bytes = kept;
    }
    while (true) {
      std::size_t used = 0;
      const Parse parse = parser_->feed(bytes, used);
      bytes.remove_prefix(used);
      if (stopped_) return {{End::cancelled, "stopped by the caller"}};
      if (parse == Parse::bad)
        return {{End::malformed, "not a valid HTTP/1.1 response: " + parser_->error()}};
      if (parse == Parse::need_more) break;
      if (parse == Parse::head) continue;
      if (interim_) {
        interim_ = false;
        next_message();
        continue;
      }
      finish(bytes.empty());
      return {};
    }
    left_.assign(bytes);
    return {};
  }

  void finish(bool in_step) {
    done_ = true;
    outcome_.trailers = parser_->trailers();
    reusable_ = in_step && parser_->keep_alive() && outcome_.head->status != 101;
  }

  Trouble ended() {
    if (!parser_->started() && left_.empty()) {
      return {{End::no_response, outcome_.interim.empty()
                                     ? "the peer closed the connection without a response"
                                     : "the peer closed the connection after an interim response"}};
    }
    if (!parser_->has_head()) return {{End::truncated_head, "the response ended inside its head"}};
    if (parser_->finish() == Parse::complete) {
      finish(false);
      return {};
    }
    if (parser_->framing() == BodyFraming::chunked) {
      return {{End::truncated_chunked, "the response ended without its last chunk"}};
    }
    return {{End::truncated_length,
             fmt::format("the response ended after {} bytes of body, before its Content-Length",
                         outcome_.body_bytes)}};
  }

  Trouble late() const {
    return {{End::deadline, fmt::format("not complete after {}", format_duration(options_.total_deadline))}};
  }

  const ClientOptions& options_;
  const ResponseEvents& events_;
  const bool head_request_;
  const Instant start_;
  Outcome& outcome_;
  std::optional<ResponseParser> parser_;
  std::string left_;  // bytes that the parser could not use yet
  Instant now_;
  Instant head_at_;
  bool interim_ = false;
  bool stopped_ = false;
  bool done_ = false;
  bool reusable_ = false;
};

std::string request_bytes(const Url& url, const Request& request) {
  std::string bytes = fmt::format("{} {} {}\r\n", request.method,
                                  request.target.empty() ? url.target : request.target, request.version);
  if (find_header(request.headers, "Host") == nullptr) bytes += fmt::format("Host: {}\r\n", url.authority());
  for (const Header& header : request.headers) bytes += fmt::format("{}: {}\r\n", header.name, header.value);
  const bool framed = find_header(request.headers, "Content-Length") != nullptr ||
                      find_header(request.headers, "Transfer-Encoding") != nullptr;
  const bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!framed && (expects_body || !request.body.empty())) {
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  bytes += "\r\n";
  return bytes + request.body;
}

}  // namespace

Client::Client(ClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Client::~Client() = default;

Outcome Client::exchange(const Url& url, const Request& request, const ResponseEvents& events,
                         CancelToken* cancel) {
  const Instant start = Clock::now();
  Outcome outcome;
  auto end = [&](Trouble trouble) {
    outcome.end = trouble->first;
    outcome.message = std::move(trouble->second);
    state_->drop();
    return outcome;
  };
  outcome.reused = state_->can_reuse(url);
  if (!outcome.reused) {
    state_->drop();
    if (auto trouble = dial(url, state_->options, cancel, state_->open)) return end(std::move(trouble));
    state_->origin = url.origin();
  }
  Running running(state_->options, events, request.method == "HEAD", start, outcome);
  if (auto trouble = running.run(*state_->open.transport, state_->open.socket.get(),
                                 request_bytes(url, request), cancel)) {
    return end(std::move(trouble));
  }
  if (!running.reusable()) state_->drop();
  return outcome;
}

Fetched fetch(const Url& url, const Request& request, const ClientOptions& options) {
  Fetched fetched;
  ResponseEvents events;
  events.on_body = [&](const BodyPiece& piece) {
    fetched.body += piece.bytes;
    return true;
  };
  Client client(options);
  fetched.outcome = client.exchange(url, request, events);
  return fetched;
}

}  // namespace assay::http
