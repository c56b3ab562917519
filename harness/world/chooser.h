// Chooser: plays a schedule (schedule.h) on the answers of a running world. Each answer waits at a hold of
// its own; when nothing has moved for a while the chooser lets one go, and journals which and what else
// waited: an action "lets go auth.token.2" of the actor "world".
//
// Used on the loop thread of the server alone; outlives no server that it was given.
#pragma once

#include <chrono>
#include <unordered_map>

#include "harness/base/journal.h"
#include "harness/http/server.h"
#include "harness/wire/script.h"
#include "harness/world/match.h"
#include "harness/world/schedule.h"

namespace assay {

class Chooser {
 public:
  // `journal` outlives the chooser. Fails when a request of spec.hold cannot be read.
  static Result<std::unique_ptr<Chooser>> make(ScheduleSpec spec, const PathAliases& aliases,
                                               Journal& journal);

  // An answer is about to be sent: it is held if the schedule says so.
  void hold(http::Server& server, const std::string& fake, const http::Incoming& incoming,
            wire::Script& script);
  // A request came, or an answer went: the world is not still.
  void moved() {
    moved_ = std::chrono::steady_clock::now();
    looks_ = 0;
  }
  // The exchange or its connection is over.
  void over(std::uint64_t exchange);
  void closed(std::uint64_t connection);

 private:
  struct Held {
    std::string answer;
    std::uint64_t connection = 0;
  };

  Chooser(ScheduleSpec spec, std::vector<RequestMatch> only, Journal& journal);
  bool concerns(const Request& request) const;
  void look(http::Server& server);
  void look_later(http::Server& server);
  void let_go(http::Server& server, const std::string& answer);

  const ScheduleSpec spec_;
  const std::vector<RequestMatch> only_;
  Journal& journal_;
  Scheduler scheduler_;
  std::unordered_map<std::uint64_t, Held> held_;  // by exchange
  std::chrono::steady_clock::time_point moved_;
  int looks_ = 0;         // since then
  bool looking_ = false;  // a look is on its way
};

}  // namespace assay
