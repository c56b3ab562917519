// What a connection does with what arrives, and how it ends; connection_answer.cpp has what it answers.
#include "harness/http/connection.h"

#include <fmt/format.h>

#include <utility>

#include "harness/http/websocket.h"

namespace assay::http {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = wire::ListenerMode::Kind;

constexpr Micros kLinger = std::chrono::seconds(2);
constexpr Micros kPeerPoll = std::chrono::milliseconds(100);
constexpr std::size_t kReadAhead = std::size_t{64} * 1024;  // of a peer that sends while it is being answered

// The server's own answers, to what is not a request.
wire::Script own_answer(int status) {
  const std::string_view reason = reason_phrase(status);
  wire::Script script;
  script.keep_alive = false;
  script.steps.push_back({wire::Write{
      fmt::format(
          "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}\n",
          status, reason, reason.size() + 1, reason),
      {}}});
  return script;
}

std::string request_line(const Request& request) {
  std::string line;
  line.reserve(request.method.size() + 1 + request.target.size());
  line.append(request.method).append(1, ' ').append(request.target);
  return line;
}

}  // namespace

Connection::Connection(std::uint64_t id, House& house, Loop& loop, boost::asio::ip::tcp::socket socket,
                       std::shared_ptr<const Door> door)
    : id_(id),
      house_(house),
      loop_(loop),
      socket_(std::move(socket)),
      door_(std::move(door)),
      parser_({house.limits().head_bytes, house.limits().body_bytes}) {
  incoming_.connection = id_;
  incoming_.listener = door_->name;
  incoming_.port = door_->port;
  pace_.expired = [this](Instant) {
    const auto self = shared_from_this();
    if (phase_ == Phase::playing) play();
    if (phase_ == Phase::unread && peer_has_closed(socket_.native_handle())) lost("peer closed, unread");
    if (phase_ == Phase::unread) loop_.set(pace_, Clock::now() + kPeerPoll);
  };
  limit_.expired = [this](Instant now) {
    const auto self = shared_from_this();
    on_limit(now);
  };
}

Connection::~Connection() {
  loop_.cancel(pace_);
  loop_.cancel(limit_);
}

JournalEntry Connection::entry(JournalKind kind, std::string text) const {
  JournalEntry entry;
  entry.actor = incoming_.listener;
  entry.kind = kind;
  entry.connection = id_;
  entry.exchange = incoming_.exchange;
  entry.text = std::move(text);
  return entry;
}

void Connection::start() {
  const int fd = socket_.native_handle();
  house_.journal(entry(JournalKind::connect, peer_name(fd)));
  if (door_->mode == Kind::accept_then_reset) {
    reset_on_close(fd);
    end();
    house_.journal(entry(JournalKind::closed, "reset at once, as the listener is set"));
    return;
  }
  set_nodelay(fd);
  transport_ = make_plain_transport(fd);
  if (door_->mode == Kind::accept_then_close) {
    close(true);
  } else if (door_->mode == Kind::never_read) {
    phase_ = Phase::unread;
    limit(house_.limits().stall_deadline);
    loop_.set(pace_, Clock::now() + kPeerPoll);
  } else if (door_->mode == Kind::tls_failure && door_->tls == nullptr) {
    phase_ = Phase::unanswered;
    limit(house_.limits().request_deadline);
    wait_readable();
  } else if (door_->tls) {
    transport_ = door_->tls->accept(fd);
    phase_ = Phase::handshake;
    limit(house_.limits().request_deadline);
    shake_hands();
  } else {
    limit(house_.clock().machine_time(house_.limits().idle_deadline));
    wait_readable();
  }
}

void Connection::shake_hands() {
  const Io io = transport_->handshake();
  switch (io.state) {
    case Io::State::done:
      phase_ = Phase::idle;
      limit(house_.clock().machine_time(house_.limits().idle_deadline));
      on_readable();
      return;
    case Io::State::want_write:
      wait_writable();
      return;
    case Io::State::want_read:
      wait_readable();
      return;
    case Io::State::end:
    case Io::State::reset:
      lost("peer closed in the TLS handshake");
      return;
    case Io::State::failed:
      house_.journal(entry(JournalKind::bad_request, "TLS handshake failed: " + transport_->error()));
      close(false);
      return;
  }
}

void Connection::wait_readable() {
  if (reading_ || peer_sent_fin_ || phase_ == Phase::ended) return;
  reading_ = true;
  socket_.async_wait(boost::asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->reading_ = false;
                       if (error || self->phase_ == Phase::ended) return;
                       self->on_readable();
                     });
}

void Connection::wait_writable() {
  if (writing_ || phase_ == Phase::ended) return;
  writing_ = true;
  socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->writing_ = false;
                       if (error) return;
                       if (self->phase_ == Phase::handshake) self->shake_hands();
                       if (self->phase_ == Phase::playing) self->play();
                     });
}

void Connection::on_readable() {
  if (phase_ == Phase::handshake) {
    shake_hands();
    return;
  }
  auto& scratch = loop_.scratch();
  do {
    const Io io = transport_->read(scratch.data(), scratch.size());
    if (io.state == Io::State::want_read) break;
    if (io.state == Io::State::want_write) {
      wait_writable();
      break;
    }
    if (io.state == Io::State::end) {
      on_fin();
      return;
    }
    if (io.state == Io::State::reset) {
      lost("peer reset");
      return;
    }
    if (io.state == Io::State::failed) {
      lost("connection failed: " + transport_->error());
      return;
    }
    arrived({scratch.data(), io.bytes});
  } while (transport_->pending() && phase_ != Phase::ended && phase_ != Phase::websocket);
  if (phase_ == Phase::websocket || phase_ == Phase::ended) return;
  // A peer that floods us while it is being answered waits in its own kernel.
  if (phase_ == Phase::playing && in_.size() >= kReadAhead) return;
  wait_readable();
}

void Connection::arrived(std::string_view bytes) {
  switch (phase_) {
    case Phase::playing:
      in_.append(bytes);
      if (std::exchange(awaits_input_, false)) {
        loop_.post([self = shared_from_this()] {
          if (self->phase_ == Phase::playing) self->play();
        });
      }
      return;
    case Phase::idle:
    case Phase::head:
    case Phase::body:
    case Phase::skipping:
      read_requests(bytes);
      return;
    case Phase::unanswered: {
      house_.journal(
          entry(JournalKind::bad_request, "TLS handshake failed on purpose: " + door_->tls_failure));
      if (door_->tls_failure == "not-tls") {
        answer(own_answer(400));
      } else {
        close(true);
      }
      return;
    }
    default:
      return;  // lingering: thrown away
  }
}

// Parses `fresh` behind what was left over, as many requests as there are until one must be waited for.
void Connection::read_requests(std::string_view fresh) {
  std::string kept;
  std::string_view bytes = fresh;
  if (!in_.empty()) {
    kept = std::exchange(in_, {});
    kept.append(fresh);
    bytes = kept;
  }
  in_read_requests_ = true;
  while (phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body ||
         phase_ == Phase::skipping) {
    if (phase_ == Phase::idle) {
      if (bytes.empty()) break;
      phase_ = Phase::head;
      incoming_.exchange = house_.next_exchange();
      limit(house_.limits().request_deadline);
    }
    std::size_t used = 0;
    const Parse parse = parser_.feed(bytes, used);
    bytes.remove_prefix(used);
    if (parse == Parse::need_more) break;
    if (parse == Parse::complete || parse == Parse::bad) {
      // What follows belongs to the next request; the handler may turn the connection into a WebSocket.
      in_.assign(bytes);
    }
    const bool go_on = use(parse);
    if (parse == Parse::complete || parse == Parse::bad) in_.clear();
    if (!go_on) break;
  }
  in_read_requests_ = false;
  if (phase_ != Phase::ended && phase_ != Phase::websocket && phase_ != Phase::lingering) {
    if (!kept.empty() && bytes.size() == kept.size()) {
      in_ = std::move(kept);
    } else {
      in_.assign(bytes);
      if (in_.empty()) in_.shrink_to_fit();
    }
  }
}

// One step of reading a request. False when reading stops.
bool Connection::use(Parse parse) {
  switch (parse) {
    case Parse::need_more:
      return false;
    case Parse::head:
      on_head();
      return true;
    case Parse::complete:
      if (phase_ == Phase::skipping) {
        phase_ = Phase::playing;
        body_unread_ = false;
        after_answer(true);
      } else {
        on_complete();
      }
      return true;
    case Parse::bad:
      if (phase_ == Phase::skipping) {
        close(true);
      } else {
        refuse(parser_.error_status(), parser_.error());
      }
      return false;
  }
  return false;
}

void Connection::on_head() {
  phase_ = Phase::body;
  keep_alive_ = parser_.keep_alive();
  incoming_.keep_alive = keep_alive_;
  incoming_.request = std::make_shared<const Request>(parser_.request());
  std::optional<Answer> early;
  incoming_.listener = door_->name;
  house_.with_handler([&](Handler& handler) {
    incoming_.listener = handler.owner(incoming_);
    early = handler.on_head(incoming_);
  });
  if (early) {
    body_unread_ = parser_.body_follows();
    JournalEntry e = entry(JournalKind::request, request_line(*incoming_.request));
    e.request = incoming_.request;
    if (body_unread_) e.detail = {{"body", "not read before the answer"}};
    house_.journal(std::move(e));
    // A client that waits for 100 Continue may or may not send its body after a final answer.
    if (body_unread_ && parser_.expects_continue()) keep_alive_ = false;
    answer(*std::move(early));
    return;
  }
  if (parser_.expects_continue() && parser_.body_follows()) {
    const std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec piece = {const_cast<char*>(interim.data()), interim.size()};
    write(&piece, 1);
  }
}

void Connection::on_complete() {
  const bool upgrade = parser_.upgrades_websocket();
  auto request = std::make_shared<const Request>(parser_.take_request());
  const std::size_t received = request->body.size();
  house_.with_handler([&](Handler& handler) { request = handler.read(std::move(request)); });
  incoming_.request = request;
  body_unread_ = false;
  JournalEntry e = entry(JournalKind::request, request_line(*request));
  e.bytes = received;
  e.request = request;
  house_.journal(std::move(e));
  bool accepted = false;
  std::optional<Answer> reply;
  house_.with_handler([&](Handler& handler) {
    accepted = upgrade && handler.on_upgrade(incoming_);
    if (!accepted) reply = handler.on_request(incoming_);
  });
  if (accepted) {
    become_websocket();
  } else {
    answer(*std::move(reply));
  }
}

void Connection::refuse(int status, const std::string& why) {
  JournalEntry e = entry(JournalKind::bad_request, why);
  e.status = status;
  house_.journal(std::move(e));
  keep_alive_ = false;
  body_unread_ = true;
  answer(own_answer(status));
}

void Connection::become_websocket() {
  phase_ = Phase::websocket;
  loop_.cancel(limit_);
  WebSocket::Events events;
  events.on_open = [this](int status) {
    JournalEntry e = entry(JournalKind::response, "websocket");
    e.status = status;
    house_.journal(std::move(e));
  };
  events.on_message = [this](std::string message, bool binary) {
    JournalEntry e = entry(JournalKind::note, "websocket message received");
    e.bytes = message.size();
    e.detail = {{"message", binary ? "(binary)" : message}};
    house_.journal(std::move(e));
    house_.with_handler([&](Handler& handler) { handler.on_message(incoming_, std::move(message), binary); });
  };
  events.on_end = [this](bool by_peer, std::string text) {
    house_.journal(entry(by_peer ? JournalKind::peer_closed : JournalKind::closed, std::move(text)));
    end();
  };
  websocket_ = WebSocket::accept(shared_from_this(), socket_, *transport_, *incoming_.request,
                                 std::exchange(in_, {}), house_.limits().body_bytes, std::move(events));
}

void Connection::on_fin() {
  peer_sent_fin_ = true;
  switch (phase_) {
    case Phase::playing:
      look_at_half_closed_peer(true);
      return;
    case Phase::lingering:
      end();
      return;
    case Phase::idle:
      lost("peer closed between requests");
      return;
    default:
      lost("peer closed in the middle of a request");
      return;
  }
}

void Connection::end_if_idle(const std::string& listener) {
  if (phase_ == Phase::idle && door_->name == listener) close(false);
}

// Sends FIN. `linger`: reads and throws away what still comes for a while, so that the kernel does not turn
// the FIN into RST because of unread bytes.
void Connection::close(bool linger) {
  transport_->half_close();
  house_.journal(entry(JournalKind::closed, {}));
  if (!linger || peer_sent_fin_) {
    end();
    return;
  }
  in_.clear();
  player_.reset();
  phase_ = Phase::lingering;
  limit(kLinger);
  wait_readable();
}

void Connection::lost(std::string text) {
  JournalEntry e = entry(JournalKind::peer_closed, std::move(text));
  if (player_) e.bytes = player_->sent();
  house_.journal(std::move(e));
  end();
}

// The limit moves with every step; its timer is only touched when it fires too early.
void Connection::limit_until(Instant at) {
  limit_at_ = at;
  if (limit_.slot == 0 || limit_at_ < limit_.due) loop_.set(limit_, limit_at_);
}

void Connection::on_limit(Instant now) {
  if (now < limit_at_) {
    loop_.set(limit_, limit_at_);
    return;
  }
  const Limits& limits = house_.limits();
  auto timed_out = [&](std::string what) {
    JournalEntry e = entry(JournalKind::timeout, std::move(what));
    if (player_) e.bytes = player_->sent();
    house_.journal(std::move(e));
  };
  switch (phase_) {
    case Phase::handshake:
    case Phase::unanswered:
      timed_out("no TLS handshake after " + format_duration(limits.request_deadline));
      close(false);
      return;
    case Phase::head:
    case Phase::body:
      timed_out("request not complete after " + format_duration(limits.request_deadline));
      keep_alive_ = false;
      body_unread_ = true;
      answer(own_answer(408));
      return;
    case Phase::idle:
      timed_out("no request after " + format_duration(limits.idle_deadline));
      close(false);
      return;
    case Phase::playing:
    case Phase::unread:
      timed_out("no progress after " + format_duration(limits.stall_deadline));
      reset_on_close(socket_.native_handle());
      end();
      house_.journal(entry(JournalKind::closed, "reset"));
      return;
    case Phase::skipping:
      timed_out("rest of the request body not read after " + format_duration(limits.request_deadline));
      close(false);
      return;
    default:
      end();
      return;
  }
}

void Connection::abandon() {
  if (phase_ == Phase::ended) return;
  reset_on_close(socket_.native_handle());
  end();
}

void Connection::end() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  const auto self = shared_from_this();
  loop_.cancel(pace_);
  loop_.cancel(limit_);
  if (waiting_at_ != nullptr) loop_.waiting().remove(*waiting_at_, id_);
  if (websocket_) std::exchange(websocket_, nullptr)->abandon();
  boost::system::error_code ignored;
  socket_.close(ignored);
  loop_.connections().erase(id_);
  house_.ended();
  house_.with_handler([&](Handler& handler) { handler.on_closed(id_); });
}

}  // namespace assay::http
