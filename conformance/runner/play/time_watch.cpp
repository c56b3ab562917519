#include "conformance/runner/play/time_watch.h"

#include <algorithm>

#include "harness/process/cell.h"
#include "harness/time/start.h"

namespace assay::conformance {
namespace {

constexpr Micros kBeat = std::chrono::milliseconds(10);

}  // namespace

Micros CaseTime::work(Micros from, Micros to) const {
  if (rate.natural()) return Micros(0);
  // What was used by the last request until `moment`; the beginning counts as none.
  const auto used = [&](Micros moment) {
    Micros out{0};
    for (const auto& [at, cpu] : cpu_at) {
      if (at <= moment) out = cpu;
    }
    return out;
  };
  // Past the last request nothing was noted but the end of the play.
  const bool ends_later = cpu_at.empty() || to > cpu_at.back().first;
  const Micros between = (ends_later ? cpu : used(to)) - used(from);
  return std::max(Micros(0), Micros(static_cast<std::int64_t>(static_cast<double>(between.count()) *
                                                              (rate.factor() - 1))));
}

TimeWatch::TimeWatch(const casetime::CaseClock& clock, Journal& journal, bool measure)
    : clock_(clock), journal_(journal) {
  if (measure || !clock.map().rate.natural()) beat_ = std::thread([this] { beat(); });
  if (clock.map().rate.natural()) return;
  journal_.set_listener([this](const JournalEntry& entry) {
    if (entry.kind == JournalKind::request) on_request(entry.at);
  });
}

TimeWatch::~TimeWatch() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  over_changed_.notify_all();
  if (beat_.joinable()) beat_.join();
}

Result<void> TimeWatch::apply(Launch& launch) {
  const auto& map = clock_.map();
  if (map.rate.natural()) return {};
  const std::lock_guard lock(mutex_);
  if (!ledger_) {
    auto made = casetime::Ledger::create();
    if (!made) return tl::unexpected(made.error());
    ledger_.emplace(std::move(*made));
  }
  launch.through = casetime::timed_command(process::own_executable(), {map, ledger_->fd(), false}, {});
  launch.inherit = ledger_->fd();
  return {};
}

CaseTime TimeWatch::seen() const {
  const std::lock_guard lock(mutex_);
  CaseTime out;
  out.rate = clock_.map().rate;
  out.late = worst_beat_;
  out.cpu_at = cpu_at_;
  if (!ledger_) return out;
  out.late = std::max(out.late, ledger_->lateness().worst);
  out.cpu = Micros(ledger_->count(casetime::Ledger::cpu_ns) / 1000);
  for (casetime::Note& note : ledger_->notes()) {
    (note.kind == casetime::Note::uncompressed ? out.uncompressed : out.refused)
        .push_back(std::move(note.text));
  }
  return out;
}

void TimeWatch::on_request(Micros at) {
  const std::lock_guard lock(mutex_);
  if (ledger_) cpu_at_.emplace_back(at, Micros(ledger_->count(casetime::Ledger::cpu_ns) / 1000));
}

void TimeWatch::beat() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    const auto due = std::chrono::steady_clock::now() + kBeat;
    if (over_changed_.wait_until(lock, due, [this] { return over_; })) return;
    const auto late = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - due);
    worst_beat_ = std::max(worst_beat_, late);
  }
}

}  // namespace assay::conformance
