// Judges of what a client leaves behind: output, files, the credential store, the browser's page, its exit.
#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "conformance/runner/judge/judge.h"
#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

struct Text {
  std::string where;
  std::string place;
  const std::string* text;
};

// Every text of the observation that `place` names.
std::vector<Text> texts_in(const std::string& place, const Observation& observation,
                           std::vector<std::string>& owned) {
  std::vector<Text> out;
  owned.clear();
  owned.reserve(4096);  // pointers into it must stay
  auto own = [&](std::string text, std::string where) {
    if (owned.size() == owned.capacity()) return;
    owned.push_back(std::move(text));
    out.push_back({place, std::move(where), &owned.back()});
  };
  for (const ProcessOutcome& process : observation.processes) {
    if (place == "stdout") out.push_back({place, process.actor, &process.out});
    if (place == "stderr") out.push_back({place, process.actor, &process.err});
    if (place == "argv") {
      for (const std::string& argument : process.argv) out.push_back({place, process.actor, &argument});
      for (const process::Sighting& seen : process.sightings) {
        for (const std::string& argument : seen.process.argv)
          out.push_back({place, process.actor + " " + seen.process.name, &argument});
      }
    }
  }
  if (place == "files") {
    for (const auto& [path, text] : observation.files) out.push_back({place, path, &text});
  }
  if (place == "messages") {
    for (const auto& [label, outcomes] : observation.outcomes) {
      for (const Outcome& outcome : outcomes) {
        if (const json* message = at_pointer(outcome.result, "/error/message");
            message != nullptr && message->is_string()) {
          own(message->get<std::string>(), label + ".error.message");
        }
        for (const auto& [at, event] : outcome.events) {
          if (event.contains("message") && event["message"].is_string())
            own(event["message"].get<std::string>(), label + " " + event.value("kind", ""));
        }
      }
    }
  }
  if (place == "pages") {
    for (const json& page : observation.pages)
      own(page.dump(-1, ' ', false, json::error_handler_t::replace), "the page in the browser");
  }
  if (place == "urls" || place == "requests") {
    for (const auto& entry : observation.journal) {
      if (!entry->request) continue;
      if (place == "urls") {
        out.push_back({place, entry->text, &entry->request->target});
      } else {
        out.push_back({place, entry->text, &entry->request->body});
      }
    }
  }
  return out;
}

}  // namespace

Judgement judge_never(const json& demand, const Observation& observation) {
  Judgement out;
  auto miss = [&](const std::string& what) {
    out.ok = false;
    out.observed += (out.observed.empty() ? "" : "; ") + what;
  };
  std::vector<std::string> owned;
  for (const json& place : demand["in"]) {
    const auto where = place.get<std::string>();
    if (demand.contains("secret")) {
      const auto secret = demand["secret"].get<std::string>();
      for (const Finding& finding : observation.findings) {
        if (finding.where == where && (secret == "any" || secret == finding.secret)) {
          miss(fmt::format("{} in {} ({})", finding.secret, finding.where, finding.place));
        }
      }
    }
    const auto texts = texts_in(where, observation, owned);
    for (const Text& text : texts) {
      if (demand.contains("text")) {
        for (const json& forbidden :
             demand["text"].is_array() ? demand["text"] : json::array({demand["text"]})) {
          if (text.text->find(forbidden.get<std::string>()) != std::string::npos)
            miss(fmt::format("{} in {} ({})", shown(forbidden), where, text.place));
        }
      }
      if (demand.contains("matches") &&
          std::regex_search(*text.text, std::regex(demand["matches"].get<std::string>()))) {
        miss(
            fmt::format("something that matches {} in {} ({})", shown(demand["matches"]), where, text.place));
      }
    }
  }
  return out;
}

Judgement judge_store(const json& demand, const Observation& observation) {
  Judgement out;
  const json& store = observation.store;
  for (const auto& [key, value] : demand.items()) {
    json found;
    const json* seen = nullptr;
    if (key == "json") {
      found = store.is_null() ? "absent" : store.is_discarded() ? "invalid" : "valid";
      seen = &found;
    } else if (key == "mode") {
      found = fmt::format("{:04o}", observation.store_mode);
      seen = store.is_null() ? nullptr : &found;
    } else if (!store.is_discarded()) {
      seen = at_pointer(store, key.starts_with('/') ? key : "/" + key);
    }
    const auto conditions = parse_condition(value);
    if (conditions && all_hold(*conditions, seen)) continue;
    out.ok = false;
    out.observed += fmt::format("{}store {} is {}", out.observed.empty() ? "" : "; ", key,
                                seen == nullptr ? "absent" : shown(*seen));
  }
  return out;
}

Judgement judge_browser(const json& demand, const Observation& observation) {
  if (observation.pages.empty()) return {false, "the browser was never sent anywhere", {}};
  const json& page = observation.pages.back();
  Judgement out;
  for (const auto& [key, value] : demand.items()) {
    const auto conditions = parse_condition(value);
    const json* found = at_pointer(page, key.starts_with('/') ? key : "/" + key);
    if (conditions && all_hold(*conditions, found)) continue;
    out.ok = false;
    out.observed += fmt::format("{}the browser's {} is {}", out.observed.empty() ? "" : "; ", key,
                                found == nullptr ? "absent" : shown(*found));
  }
  if (!out.ok)
    out.observed +=
        page.contains("error") && !page["error"].is_null() ? " (" + shown(page["error"]) + ")" : "";
  return out;
}

Judgement judge_exit(const json& demand, const Observation& observation) {
  if (observation.processes.empty()) return {false, "no client process ran", {}};
  const ProcessOutcome& process = observation.processes.back();
  const std::string how = process.exit_signal != 0 ? fmt::format("signal {}", process.exit_signal)
                                                   : fmt::format("exit {}", process.exit_code);
  bool ok = false;
  if (demand == "clean") {
    ok = !process.exited_by_itself || (process.exit_code == 0 && process.exit_signal == 0);
  } else if (demand == "nonzero") {
    ok = process.exit_signal == 0 && process.exit_code != 0;
  } else {
    ok = process.exit_signal == 0 && process.exit_code == demand.get<int>();
  }
  if (ok) return {};
  return {false, "the client ended with " + how, {}};
}

}  // namespace assay::conformance
