// Session: one operation of a client, from its request to its end.
#include "conformance/runner/play/session_core.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/adapter_protocol.h"
#include "conformance/runner/case/deadlines.h"

namespace assay::conformance {

using nlohmann::json;
using std::chrono::milliseconds;

// How long a client has in case time to send its first request, by the machine's clock.
constexpr Micros kToStart = std::chrono::minutes(2);

Session::Actor& Session::actor_of(const std::string& name) {
  if (name.empty()) return actors_.begin()->second;
  const auto found = actors_.find(name);
  if (found == actors_.end()) broken("there is no actor \"" + name + "\" in this case");
  return found->second;
}

json Session::provider_of(const std::string& second) const {
  json provider = plan_.provider;
  // A client that is asked in a protocol of its own has a provider of that kind.
  if (!played_.protocol.empty()) provider["default_api"] = played_.protocol;
  if (const json base = client_.fake.value("base_path", json()); base.is_string())
    provider["api_base_path"] = base;
  if (!second.empty()) provider["id"] = second;
  return provider;
}

json Session::request_for(const Operation& operation, const Actor& actor) {
  json request = need_resolved(operation.fields);
  request["op"] = operation.op;
  if (!operation.provider.empty() && !plan_.second.contains(operation.provider))
    broken("there is no second provider \"" + operation.provider + "\" in the world");
  request["provider"] = provider_of(operation.provider);
  request["urls"] = client_urls(plan_, *world_, operation.provider);
  request["home"] = actor.home;
  request["deadline_ms"] = deadline_of(operation, client_.patience).count() / 1000;
  if (request.contains("providers")) {
    json all = json::array();
    for (const json& name : request["providers"]) {
      const std::string second = name == plan_.provider["id"] ? "" : name.get<std::string>();
      all.push_back({{"provider", provider_of(second)}, {"urls", client_urls(plan_, *world_, second)}});
    }
    request["providers"] = std::move(all);
  }
  if (!request.contains("credential") && !case_.credential.empty() && !keeps_store(actor))
    request["credential"] = case_.credential;
  if (request.contains("credential")) remember_secrets(request["credential"]);
  if (operation.op == "login") tell_of_login(request);
  if (operation.op == "login" && request.contains("key")) remember_secrets({{"key", request["key"]}});
  return request;
}

// A program is told whether the case answers its prompts, an adapter which of its flows the case is about.
void Session::tell_of_login(json& request) const {
  if (client_.recipe) {
    request["answers"] = std::any_of(case_.steps.begin(), case_.steps.end(), [](const Step& step) {
      return std::holds_alternative<Step::Answer>(step.action);
    });
  } else if (!case_.flows.empty() && case_.flows.front() == "device" && !request.contains("flow")) {
    request["flow"] = "device";
  }
}

bool Session::keeps_store(const Actor& actor) const {
  return !client_.program && has_capability(actor.client->hello().capabilities, "store");
}

Session::Begun Session::begin(const Operation& operation) {
  if (flood_.over()) throw Stop{Stop::Why::flood, {}};
  Actor& actor = actor_of(operation.actor);
  if (!actor.client) broken("the actor " + actor.name + " is not running");
  json request = request_for(operation, actor);
  journal_.note(
      "client", JournalKind::action,
      fmt::format("begins {}{}", operation.op, operation.label.empty() ? "" : " as " + operation.label),
      actors_.size() > 1 ? json{{"actor", actor.name}} : json());
  const Micros deadline =
      milliseconds(request["deadline_ms"].get<std::int64_t>()) + clock_.case_time(adapter::grace);
  // An event may come before begin() returns; on_event waits for this lock and then knows the label.
  const std::lock_guard lock(mutex_);
  const Micros at = clock_.now();
  const std::uint64_t id = actor.client->begin(std::move(request));
  actor.labels[id] = operation.label;
  return {&actor, id, deadline, at};
}

void Session::finish(const Begun& begun, const std::string& label) {
  await_first_request(begun);
  Outcome outcome = begun.actor->client->finish(begun.id, begun.deadline);
  outcome.label = label;
  // What the adapter was given ends a grace earlier than what it is waited for.
  const Micros given = begun.deadline - clock_.case_time(adapter::grace);
  if (outcome.end == Outcome::End::result && !client_.program &&
      ended_by_adapter(outcome.result, clock_.now() - begun.at, given,
                       played_.reports.has("error.category"))) {
    outcome.end = Outcome::End::timeout;
    outcome.result = {{"message", fmt::format("the client had not ended after {}, and the adapter ended it",
                                              format_duration(given))}};
  }
  outcome.first_request = first_request_since(outcome.started);
  if (outcome.first_request > outcome.ended) outcome.first_request = Micros(0);
  if (outcome.end == Outcome::End::timeout)
    outcome.result["message"] = fmt::format("{}, {} requests sent", outcome.result.value("message", ""),
                                            requests_since(outcome.started));
  if (outcome.op == "login" && outcome.result.is_object() && !outcome.result.contains("user_code")) {
    if (const std::string code = shown_code(label); !code.empty()) outcome.result["user_code"] = code;
  }
  json detail = {{"ok", outcome.end == Outcome::End::result ? outcome.result.value("ok", json()) : json()}};
  if (outcome.result.is_object() && outcome.result.contains("error"))
    detail["error"] = outcome.result["error"];
  if (outcome.result.is_object() && outcome.result.contains("screen"))
    detail["screen"] = outcome.result["screen"];
  if (actors_.size() > 1) detail["actor"] = begun.actor->name;
  const char* how = outcome.end == Outcome::End::result    ? "ends"
                    : outcome.end == Outcome::End::timeout ? "timed out in"
                    : outcome.end == Outcome::End::crash   ? "crashed in"
                                                           : "refused";
  journal_.note("client", JournalKind::action,
                fmt::format("{} {}{}", how, outcome.op, label.empty() ? "" : " as " + label),
                std::move(detail));
  if (outcome.end == Outcome::End::skipped) skipped_ = outcome.result.value("reason", "skipped");
  if (outcome.end == Outcome::End::errored && errored_.empty())
    errored_ = outcome.op + ": " + outcome.result.value("message", "");
  played_.observation.outcomes[label].push_back(std::move(outcome));
}

std::string Session::shown_code(const std::string& label) {
  const std::lock_guard lock(mutex_);
  for (const SeenEvent& seen : events_) {
    if (seen.label == label && seen.event.contains("user_code")) return seen.event.value("user_code", "");
  }
  return {};
}

// In case time a program that takes a second to start has lost many: its deadline begins with its first
// request, and until then it has as long by the machine's clock, but no more than minutes.
void Session::await_first_request(const Begun& begun) const {
  constexpr Micros kSlice = milliseconds(20);
  if (clock_.map().rate.natural()) return;
  const auto until =
      std::chrono::steady_clock::now() + std::min(begun.deadline, std::max(kToStart, client_.patience));
  const auto sent = [&](const JournalEntry& e) { return e.kind == JournalKind::request && e.at >= begun.at; };
  while (!begun.actor->client->ended(begun.id) && std::chrono::steady_clock::now() < until) {
    if (journal_.wait(sent, clock_.case_time(kSlice), "a request")) return;
  }
}

Micros Session::first_request_since(Micros start) const {
  const auto entries = journal_.entries();
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return entry->kind == JournalKind::request && entry->at >= start;
  });
  return found == entries.end() ? Micros(0) : (*found)->at;
}

std::size_t Session::requests_since(Micros start) const {
  const auto entries = journal_.entries();
  return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](const auto& entry) {
    return entry->kind == JournalKind::request && entry->at >= start;
  }));
}

}  // namespace assay::conformance
