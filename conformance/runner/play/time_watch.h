// TimeWatch: how time goes in one play. It has the ledger of the tracers, notes what the clients had used of
// the CPU when each request came, and measures beside them how late waits end on this machine.
//
// Thread-safe. It ends its thread when it goes.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "conformance/runner/client/client.h"
#include "conformance/runner/play/observation.h"
#include "harness/base/journal.h"
#include "harness/time/case_clock.h"
#include "harness/time/ledger.h"

namespace assay::conformance {

class TimeWatch {
 public:
  // Listens to `journal` in case time, and measures then, or when told to `measure`. Both outlive this.
  TimeWatch(const casetime::CaseClock& clock, Journal& journal, bool measure);
  ~TimeWatch();
  TimeWatch(const TimeWatch&) = delete;
  TimeWatch& operator=(const TimeWatch&) = delete;

  // Starts clients in case time; does nothing at the natural rate.
  Result<void> apply(Launch& launch);
  // What was seen until now.
  CaseTime seen() const;

 private:
  void on_request(Micros at);
  void beat();

  const casetime::CaseClock& clock_;
  Journal& journal_;
  mutable std::mutex mutex_;
  std::condition_variable over_changed_;
  bool over_ = false;
  std::optional<casetime::Ledger> ledger_;
  std::vector<std::pair<Micros, Micros>> cpu_at_;
  Micros worst_beat_{0};
  std::thread beat_;  // last
};

}  // namespace assay::conformance
