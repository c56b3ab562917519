// Session: the steps that ask a client something, or do something to it.
#include "conformance/runner/play/session_core.h"

#include "conformance/adapter_protocol.h"
#include "conformance/runner/case/deadlines.h"

namespace assay::conformance {

using nlohmann::json;

void Session::perform(const Step::Do& step, const std::string&) {
  finish(begin(step.operation), step.operation.label);
}

void Session::perform(const Step::Start& step, const std::string&) {
  started_[step.operation.label] = begin(step.operation);
}

void Session::perform(const Step::Join& step, const std::string&) {
  const auto found = started_.find(step.label);
  if (found == started_.end()) broken("join " + step.label + ": it was not started");
  finish(found->second, step.label);
  started_.erase(found);
}

void Session::perform(const Step::Cancel& step, const std::string&) {
  const auto found = started_.find(step.label);
  if (found == started_.end()) broken("cancel " + step.label + ": it was not started");
  journal_.note("client", JournalKind::action, (step.terminate ? "terminate " : "cancel ") + step.label);
  Client& client = *found->second.actor->client;
  json request = {{"op", "cancel"}, {"target", found->second.id}};
  if (step.terminate) request["terminate"] = true;
  const std::uint64_t id = client.begin(std::move(request));
  (void)client.finish(id, clock_.case_time(kAnswerDeadline));
  finish(found->second, step.label);
  started_.erase(found);
}

void Session::perform(const Step::Answer& step, const std::string&) {
  Actor* actor = &actors_.begin()->second;
  json request = {{"op", "answer"}, {"prompt", step.prompt}, {"text", need_resolved(step.text)}};
  if (!step.label.empty()) {
    const auto found = started_.find(step.label);
    if (found == started_.end()) broken("answer of " + step.label + ": it was not started");
    actor = found->second.actor;
    request["target"] = found->second.id;
  }
  const std::uint64_t id = actor->client->begin(std::move(request));
  (void)actor->client->finish(id, clock_.case_time(kAnswerDeadline));
}

void Session::perform(const Step::Parallel& step, const std::string&) {
  // Requests are sent from one thread each, released together.
  std::vector<Begun> begun(step.operations.size());
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < step.operations.size(); ++i) begun[i] = begin(step.operations[i]);
  for (std::size_t i = 0; i < begun.size(); ++i) finish(begun[i], step.operations[i].label);
}

void Session::perform(const Step::Repeat& step, const std::string&) {
  for (std::uint64_t i = 0; i < step.times; ++i) finish(begin(step.operation), step.operation.label);
}

void Session::perform(const Step::Restart& step, const std::string&) {
  Actor& actor = actor_of(step.actor);
  journal_.note("client", JournalKind::action, "restart");
  if (actor.client) played_.observation.processes.push_back(actor.client->stop(adapter::grace));
  set_client(actor, nullptr);
  actor.labels.clear();
  start_client(actor);
}

void Session::perform(const Step::Kill& step, const std::string&) {
  Actor& actor = actor_of(step.actor);
  journal_.note("client", JournalKind::action, "kill");
  if (actor.client) actor.client->kill();
}

}  // namespace assay::conformance
