// What a connection does while a script is played at it.
#include <algorithm>
#include <utility>

#include "harness/http/connection.h"

namespace assay::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Micros kHalfCloseLook = std::chrono::milliseconds(5);

int status_of(const wire::Script& script) {
  // What stands before it waits: a hold, the time that a recording took.
  const auto first = std::find_if(script.steps.begin(), script.steps.end(), [](const wire::Step& step) {
    return std::holds_alternative<wire::Write>(step.op);
  });
  if (first == script.steps.end()) return 0;
  const auto* write = std::get_if<wire::Write>(&first->op);
  if (write == nullptr || write->bytes.size() < 12 || !write->bytes.starts_with("HTTP/1.")) return 0;
  int status = 0;
  for (const char c : std::string_view(write->bytes).substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace

void Connection::answer(Answer answer) {
  phase_ = Phase::playing;
  response_journalled_ = false;
  player_.emplace(answer.script(), Clock::now(), house_.limits().cut_deadline, &house_.clock());
  play();
}

void Connection::play() {
  const Instant now = Clock::now();
  if (waiting_at_ != nullptr) loop_.waiting().remove(*waiting_at_, id_);
  waiting_at_ = nullptr;
  const Need need = player_->play(*this, now);
  if (!response_journalled_ && player_->sent() > 0) {
    response_journalled_ = true;
    JournalEntry e = entry(JournalKind::response, {});
    e.status = status_of(player_->script());
    house_.journal(std::move(e));
  }
  switch (need.kind) {
    case Need::Kind::turn:
      limit(house_.limits().stall_deadline);
      loop_.post([self = shared_from_this()] {
        if (self->phase_ == Phase::playing) self->play();
      });
      return;
    case Need::Kind::writable:
      limit(house_.limits().stall_deadline);
      wait_writable();
      return;
    case Need::Kind::time:
      loop_.set(pace_, need.at);
      limit_until(need.at + house_.limits().stall_deadline);
      return;
    case Need::Kind::release: {
      waiting_at_ = need.hold;
      loop_.waiting().add(*need.hold, id_);
      limit(house_.limits().stall_deadline);
      house_.journal(entry(JournalKind::hold, *need.hold));
      return;
    }
    case Need::Kind::input:
      awaits_input_ = true;
      limit(house_.limits().stall_deadline);
      wait_readable();
      return;
    case Need::Kind::peer:
      limit(house_.limits().stall_deadline);
      if (peer_sent_fin_) lost("peer closed");
      return;
    case Need::Kind::over:
      after_answer(player_->script().keep_alive && keep_alive_ && !player_->half_closed());
      return;
    case Need::Kind::close:
      after_answer(false);
      return;
    case Need::Kind::reset: {
      reset_on_close(socket_.native_handle());
      JournalEntry e = entry(JournalKind::closed, "reset");
      e.bytes = player_->sent();
      end();
      house_.journal(std::move(e));
      return;
    }
    case Need::Kind::lost:
      lost(need.io.state == Io::State::failed ? "connection failed: " + transport_->error()
                                              : "peer reset while it was being answered");
      return;
  }
}

// The answer was sent as far as its script goes.
void Connection::after_answer(bool keep) {
  if (player_) {
    JournalEntry e = entry(JournalKind::done, {});
    e.bytes = player_->sent();
    house_.journal(std::move(e));
    const bool half_closed = player_->half_closed();
    player_.reset();
    house_.with_handler([&](Handler& handler) { handler.on_done(incoming_); });
    if (half_closed) {
      // The script asked for FIN while reading goes on: until the peer has had enough.
      phase_ = Phase::lingering;
      limit(house_.limits().stall_deadline);
      if (peer_sent_fin_) end();
      wait_readable();
      return;
    }
  }
  if (!keep || peer_sent_fin_) {
    close(body_unread_ || !in_.empty());
    return;
  }
  if (body_unread_) {
    phase_ = Phase::skipping;
    parser_.discard_body();
    limit(house_.limits().request_deadline);
  } else {
    phase_ = Phase::idle;
    parser_.reset();
    incoming_.request.reset();
    incoming_.exchange = 0;
    limit(house_.clock().machine_time(house_.limits().idle_deadline));
  }
  if (in_read_requests_) return;  // it goes on by itself
  if (!in_.empty()) read_requests({});
  if (phase_ != Phase::ended && phase_ != Phase::websocket) wait_readable();
}

// The peer sent FIN while it was being answered. If a process still holds its socket, it only stopped sending
// and still reads; else it is gone. A close() in progress looks like the former for some microseconds: look
// twice.
void Connection::look_at_half_closed_peer(bool again) {
  const SockDiag::Peer peer = loop_.diag().peer_of(socket_.native_handle());
  if (!peer.known || !peer.owned) {
    lost("peer closed while it was being answered");
  } else if (again) {
    loop_.after(kHalfCloseLook, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->phase_ == Phase::playing) self->look_at_half_closed_peer(false);
    });
  } else {
    JournalEntry e = entry(JournalKind::peer_closed, "peer sent FIN and still reads");
    e.bytes = player_->sent();
    house_.journal(std::move(e));
  }
}

Stage::Peer Connection::peer() {
  const SockDiag::Peer peer = loop_.diag().peer_of(socket_.native_handle());
  if (!peer.known) return Peer::unknown;
  if (peer.unread == 0 && peer.received >= transport_->sent()) return Peer::has_read_all;
  return peer.owned ? Peer::has_unread : Peer::unknown;
}

bool Connection::all_acknowledged() {
  return http::all_acknowledged(socket_.native_handle());
}

bool Connection::held(const std::string& name) {
  return house_.held(name);
}

void Connection::on_unconfirmed_cut() {
  JournalEntry e =
      entry(JournalKind::unconfirmed_cut, "the peer was not seen to have read everything before the cut");
  e.bytes = player_->sent();
  house_.journal(std::move(e));
}

void Connection::released(const std::string& name) {
  if (phase_ != Phase::playing || waiting_at_ == nullptr || *waiting_at_ != name) return;
  house_.journal(entry(JournalKind::release, name));
  player_->released(Clock::now());
  play();
}

}  // namespace assay::http
