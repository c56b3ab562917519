// Judges of what a client leaves behind: output, files, the credential store, the browser's page, its exit.
#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/judge.h"
#include "conformance/runner/judge/phrase.h"
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
  const auto subject = [&, operations = phrase::operations_of(observation)](const std::string& label) {
    return phrase::subject(label, operations);
  };
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
          own(message->get<std::string>(), "the error message of " + subject(label));
        }
        for (const auto& [at, event] : outcome.events) {
          if (event.contains("message") && event["message"].is_string())
            own(event["message"].get<std::string>(), event.value("kind", "") + " event of " + subject(label));
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

std::string store_fact(const std::string& key, const json& demand, const json* seen) {
  const std::string wanted = phrase::condition(demand);
  if (key == "json") {
    if (seen != nullptr && *seen == "absent") return "there is no credential file";
    return fmt::format("the credential file is {} JSON", seen == nullptr ? "no" : seen->get<std::string>());
  }
  if (key == "mode") {
    if (seen == nullptr) return "there is no credential file";
    return fmt::format("the credential file has mode {} (expected: {})", seen->get<std::string>(),
                       demand.is_string() ? demand.get<std::string>() : wanted);
  }
  if (seen == nullptr) return fmt::format("the credential file has no {} (expected: {})", key, wanted);
  return fmt::format("{} in the credential file is {} (expected: {})", key, phrase::value(*seen), wanted);
}

}  // namespace

Judgement judge_never(const json& demand, const Observation& observation) {
  Judgement out;
  auto miss = [&](std::string what) {
    out.ok = false;
    out.settled = true;
    out.facts.push_back(std::move(what));
  };
  std::optional<Pattern> pattern;
  if (demand.contains("matches")) {
    auto compiled = Pattern::compile(demand["matches"].get<std::string>());
    if (!compiled) return {false, {compiled.error().message}, {}};
    pattern = std::move(*compiled);
  }
  std::vector<std::string> owned;
  for (const json& place : demand["in"]) {
    const auto where = place.get<std::string>();
    if (demand.contains("secret")) {
      const auto secret = demand["secret"].get<std::string>();
      for (const Finding& finding : observation.findings) {
        if (finding.where == where && (secret == "any" || secret == finding.secret)) {
          miss(fmt::format("the secret \"{}\" appears in {} ({})", finding.secret, finding.where,
                           finding.place));
        }
      }
    }
    const auto texts = texts_in(where, observation, owned);
    for (const Text& text : texts) {
      if (demand.contains("text")) {
        for (const json& forbidden :
             demand["text"].is_array() ? demand["text"] : json::array({demand["text"]})) {
          if (text.text->find(forbidden.get<std::string>()) != std::string::npos)
            miss(fmt::format("{} appears in {} ({})", phrase::value(forbidden), where, text.place));
        }
      }
      if (pattern && pattern->found_in(*text.text)) {
        miss(fmt::format("a match of /{}/ appears in {} ({})", demand["matches"].get<std::string>(), where,
                         text.place));
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
    out.facts.push_back(store_fact(key, value, seen));
  }
  return out;
}

Judgement judge_credential_files(const json& demand, const Observation& observation) {
  Judgement out;
  for (const CredentialFile& file : observation.credential_files) {
    if (demand == "none") {
      out.facts.push_back(fmt::format("the file {} holds the {}", file.path, file.secret));
      continue;
    }
    const json mode = fmt::format("{:04o}", file.mode);
    const auto conditions = parse_condition(demand["mode"]);
    if (conditions && all_hold(*conditions, &mode)) continue;
    out.facts.push_back(fmt::format("the file {} holds the {} and has mode {} (expected: {})", file.path,
                                    file.secret, mode.get<std::string>(), phrase::condition(demand["mode"])));
  }
  out.ok = out.facts.empty();
  return out;
}

Judgement judge_browser(const json& demand, const Observation& observation) {
  if (observation.pages.empty()) return {false, {"the browser was never sent anywhere"}, {}};
  const json& page = observation.pages.back();
  const std::string error = page.contains("error") && page["error"].is_string()
                                ? " (" + page["error"].get<std::string>() + ")"
                                : "";
  Judgement out;
  for (const auto& [key, value] : demand.items()) {
    const auto conditions = parse_condition(value);
    const json* found = at_pointer(page, key.starts_with('/') ? key : "/" + key);
    if (conditions && all_hold(*conditions, found)) continue;
    out.ok = false;
    const std::string wanted = phrase::condition(value);
    if (key == "status" && found != nullptr && *found == 0) {
      out.facts.push_back(fmt::format("the browser got no response{} (expected: status {})", error, wanted));
    } else {
      out.facts.push_back(fmt::format("the browser got {} {}{} (expected: {})", phrase::field(key),
                                      found == nullptr ? "none" : phrase::value(*found), error, wanted));
    }
  }
  return out;
}

Judgement judge_exit(const json& demand, const Observation& observation) {
  if (observation.processes.empty()) return {false, {"no client process ran"}, {}};
  const ProcessOutcome& process = observation.processes.back();
  bool ok = false;
  if (demand == "clean") {
    ok = !process.exited_by_itself || (process.exit_code == 0 && process.exit_signal == 0);
  } else if (demand == "nonzero") {
    ok = process.exit_signal == 0 && process.exit_code != 0;
  } else {
    ok = process.exit_signal == 0 && process.exit_code == demand.get<int>();
  }
  if (ok) return {};
  return {false,
          {process.exit_signal != 0 ? fmt::format("the client was killed by signal {}", process.exit_signal)
                                    : fmt::format("the client exited {}", process.exit_code)},
          {}};
}

}  // namespace assay::conformance
