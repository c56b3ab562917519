#include "harness/http/player.h"

#include <algorithm>
#include <array>

namespace assay::http {
namespace {

constexpr std::size_t kBudget = std::size_t{256} * 1024;  // bytes a turn
constexpr std::size_t kTurnSteps = 512;                   // steps a turn, for scripts of many tiny writes
constexpr std::size_t kPieces = 256;                      // writes joined into one call
constexpr Micros kFirstPause(15);
constexpr Micros kLongestPause(1000);

}  // namespace

Player::Player(std::shared_ptr<const wire::Script> script, Instant start, Micros cut_deadline,
               const assay::Clock* clock)
    : script_(std::move(script)), due_(start), cut_deadline_(cut_deadline), clock_(clock) {
  frames_.push_back({&script_->steps});
}

void Player::released(Instant now) {
  due_ = std::max(due_, now);
}

// A round of the innermost Repeat is over. False when there is nothing left to play.
bool Player::end_round(Frame& frame) {
  if (frames_.size() == 1) return false;
  // An endless Repeat that neither sends nor waits would spin for ever; it ends after one round.
  const bool idle = frame.sent_before == sent_ && !frame.waited;
  if ((frame.left == 0 && !idle) || frame.left > 1) {
    if (frame.left != 0) --frame.left;
    frame.index = 0;
    frame.sent_before = sent_;
    frame.waited = false;
  } else {
    const bool waited = frame.waited;
    frames_.pop_back();
    frames_.back().waited = frames_.back().waited || waited;
  }
  return true;
}

Need Player::write(Stage& stage, std::size_t& budget) {
  Frame& frame = frames_.back();
  std::array<iovec, kPieces> pieces;
  std::size_t count = 0;
  std::size_t total = 0;
  std::size_t skip = offset_;
  for (std::size_t i = frame.index; i < frame.steps->size() && count < kPieces && total < budget; ++i) {
    const auto* step = std::get_if<wire::Write>(&(*frame.steps)[i].op);
    if (step == nullptr) break;
    const std::size_t size = std::min(step->bytes.size() - skip, budget - total);
    if (size > 0) {
      // iovec is not const-correct; sendmsg only reads.
      pieces[count++] = {const_cast<char*>(step->bytes.data() + skip), size};
    }
    total += size;
    skip = 0;
  }
  std::size_t moved = 0;
  if (total > 0) {
    const Io io = stage.write(pieces.data(), static_cast<int>(count));
    if (io.state == Io::State::want_write || io.state == Io::State::want_read) {
      return {Need::Kind::writable, {}, nullptr, io};
    }
    if (io.state != Io::State::done) return {Need::Kind::lost, {}, nullptr, io};
    moved = io.bytes;
  }
  sent_ += moved;
  budget -= moved;
  const bool all = moved == total;
  // Past every write that is now wholly sent; an empty one is, at once.
  while (frame.index < frame.steps->size()) {
    const auto* step = std::get_if<wire::Write>(&(*frame.steps)[frame.index].op);
    if (step == nullptr) break;
    const std::size_t rest = step->bytes.size() - offset_;
    if (rest > moved) {
      offset_ += moved;
      break;
    }
    moved -= rest;
    offset_ = 0;
    ++frame.index;
  }
  return {all ? Need::Kind::turn : Need::Kind::writable, {}, nullptr, {}};
}

// True when the cut is behind us; else `need` says when to ask again.
bool Player::cut(Stage& stage, Instant now, Need& need) {
  const Stage::Peer peer = stage.peer();
  if (asked_since_ == Instant{}) {
    asked_since_ = now;
    pause_ = kFirstPause;
  }
  const bool given_up = peer == Stage::Peer::unknown || now - asked_since_ >= cut_deadline_;
  if (peer == Stage::Peer::has_read_all || given_up) {
    if (peer != Stage::Peer::has_read_all) stage.on_unconfirmed_cut();
    asked_since_ = {};
    return true;
  }
  need = {Need::Kind::time, now + pause_, nullptr, {}};
  pause_ = std::min(pause_ * 3 / 2, kLongestPause);
  return false;
}

Need Player::play(Stage& stage, Instant now) {
  std::size_t budget = kBudget;
  for (std::size_t turn = 0; turn < kTurnSteps && budget > 0; ++turn) {
    Frame& frame = frames_.back();
    if (frame.index == frame.steps->size()) {
      if (!end_round(frame)) return {Need::Kind::over, {}, nullptr, {}};
      continue;
    }
    const auto& op = (*frame.steps)[frame.index].op;
    if (std::holds_alternative<wire::Write>(op)) {
      Need need = write(stage, budget);
      if (need.kind != Need::Kind::turn) return need;
    } else if (std::holds_alternative<wire::Flush>(op)) {
      ++frame.index;
    } else if (std::holds_alternative<wire::Cut>(op)) {
      Need need;
      if (!cut(stage, now, need)) return need;
      frame.waited = true;
      ++frame.index;
    } else if (const auto* wait = std::get_if<wire::Wait>(&op)) {
      due_ += clock_ == nullptr ? wait->after : clock_->machine_time(wait->after);
      frame.waited = frame.waited || wait->after > Micros(0);
      ++frame.index;
      if (due_ > now) return {Need::Kind::time, due_, nullptr, {}};
    } else if (const auto* hold = std::get_if<wire::Hold>(&op)) {
      if (stage.held(hold->name)) return {Need::Kind::release, {}, &hold->name, {}};
      frame.waited = true;
      ++frame.index;
    } else if (const auto* repeat = std::get_if<wire::Repeat>(&op)) {
      ++frame.index;
      if (!repeat->steps.empty()) frames_.push_back({&repeat->steps, 0, repeat->times, sent_, false});
    } else if (std::holds_alternative<wire::Close>(op)) {
      return {Need::Kind::close, {}, nullptr, {}};
    } else if (std::holds_alternative<wire::Reset>(op)) {
      if (stage.all_acknowledged()) return {Need::Kind::reset, {}, nullptr, {}};
      if (asked_since_ == Instant{}) {
        asked_since_ = now;
        pause_ = kFirstPause;
      }
      const Need need = {Need::Kind::time, now + pause_, nullptr, {}};
      pause_ = std::min(pause_ * 3 / 2, kLongestPause);
      return need;
    } else if (std::holds_alternative<wire::Stall>(op)) {
      return {Need::Kind::peer, {}, nullptr, {}};
    } else if (std::holds_alternative<wire::AwaitInput>(op)) {
      if (!stage.input_waiting()) return {Need::Kind::input, {}, nullptr, {}};
      due_ = std::max(due_, now);
      frame.waited = true;
      ++frame.index;
    } else {
      if (!half_closed_) stage.half_close();
      half_closed_ = true;
      ++frame.index;
    }
  }
  return {Need::Kind::turn, {}, nullptr, {}};
}

}  // namespace assay::http
