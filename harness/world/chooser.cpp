#include "harness/world/chooser.h"

#include <algorithm>

#include "harness/process/idle.h"

namespace assay {
namespace {

constexpr int kLooks = 4;  // without a move between them, before a choice
constexpr Micros kNeverRests = std::chrono::seconds(3);

std::string hold_of(const std::string& answer) {
  return "schedule/" + answer;
}

}  // namespace

Result<std::unique_ptr<Chooser>> Chooser::make(ScheduleSpec spec, const PathAliases& aliases,
                                               Journal& journal) {
  std::vector<RequestMatch> only;
  for (const nlohmann::json& one : spec.hold) {
    auto match = parse_match(one, aliases);
    if (!match) return fail("schedule: hold: " + match.error().message);
    only.push_back(std::move(*match));
  }
  return std::unique_ptr<Chooser>(new Chooser(std::move(spec), std::move(only), journal));
}

Chooser::Chooser(ScheduleSpec spec, std::vector<RequestMatch> only, Journal& journal)
    : spec_(spec), only_(std::move(only)), journal_(journal), scheduler_(std::move(spec)) {}

bool Chooser::concerns(const Request& request) const {
  if (only_.empty()) return Scheduler::by_default(request.method, target_path(request.target));
  return std::any_of(only_.begin(), only_.end(),
                     [&](const RequestMatch& one) { return matches(one, request); });
}

void Chooser::hold(http::Server& server, const std::string& fake, const http::Incoming& incoming,
                   wire::Script& script) {
  if (!concerns(*incoming.request)) return;
  const std::string answer = scheduler_.name_for(fake, target_path(incoming.request->target));
  script.steps.insert(script.steps.begin(), wire::Step{wire::Hold{hold_of(answer)}});
  if (const auto alone = scheduler_.arrive(answer)) {
    server.post([this, &server, answer] { let_go(server, answer); }, *alone);
    return;
  }
  held_[incoming.exchange] = {answer, incoming.connection};
  look_later(server);
}

void Chooser::over(std::uint64_t exchange) {
  moved();
  if (const auto done = held_.extract(exchange)) scheduler_.gone(done.mapped().answer);
}

void Chooser::closed(std::uint64_t connection) {
  moved();
  std::erase_if(held_, [&](const auto& one) {
    if (one.second.connection != connection) return false;
    scheduler_.gone(one.second.answer);
    return true;
  });
}

void Chooser::look_later(http::Server& server) {
  if (looking_) return;
  looking_ = true;
  server.post(
      [this, &server] {
        looking_ = false;
        look(server);
      },
      spec_.quiet / kLooks);
}

void Chooser::look(http::Server& server) {
  const auto still = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - moved_);
  // Time alone says little on a busy machine, where clients are late for what they do: nobody may be at work,
  // in several looks. One that never rests is not waited for for ever.
  looks_ = process::others_are_idle() || still > kNeverRests ? looks_ + 1 : 0;
  const auto decision = looks_ < kLooks ? std::nullopt : scheduler_.decide(still);
  if (!decision) {
    if (scheduler_.waiting()) look_later(server);
    return;
  }
  if (!decision->misfit.empty())
    journal_.note("world", JournalKind::note, decision->misfit, {{"misfit", true}});
  journal_.note("world", JournalKind::action, "lets go " + decision->answer, decision->note);
  if (decision->delay.count() == 0) return let_go(server, decision->answer);
  looking_ = true;  // nothing else is chosen until it has gone
  server.post(
      [this, &server, answer = decision->answer] {
        looking_ = false;
        let_go(server, answer);
      },
      decision->delay);
}

void Chooser::let_go(http::Server& server, const std::string& answer) {
  server.release(hold_of(answer));
  moved();
  if (scheduler_.waiting()) look_later(server);
}

}  // namespace assay
