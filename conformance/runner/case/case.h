// Case: one requirement, the world and the actions that test it, and what is expected. Read from YAML by
// case_file.h; the format is in docs/cases.md. Values: copy freely.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/runner/case/met.h"
#include "conformance/runner/case/step.h"
#include "conformance/runner/judge/check.h"
#include "conformance/runner/play/machine.h"
#include "harness/base/strict.h"

namespace assay::conformance {

enum class Level { must, should, may };
std::string_view to_string(Level level);

// What `protocols:` of a case says: in which of the protocols that a client speaks it is asked.
struct CaseProtocols {
  bool wire = false;               // in each: its question depends on how the protocol is spoken
  std::vector<std::string> named;  // in these alone; empty = in any
  bool fits(const std::string& protocol) const {
    return named.empty() || std::find(named.begin(), named.end(), protocol) != named.end();
  }
};

struct Case {
  std::string id;  // "worldrouter/login/callback-request-late", with axes "…/reads:1-byte", with a variant
                   // "…/no-stdin"
  std::string suite;  // "worldrouter/login"
  std::string title;
  std::string requirement;  // what the client must do, in one sentence
  std::string topic;        // what a maintainer would fix (reports/record/topic.h)
  std::string question;     // `id` of the file: axes, variants and protocols are one question
  Level level = Level::must;
  std::map<std::string, Level>
      level_of_kind;  // where it differs by the kind of client (sdk, program, gateway)
  CaseProtocols protocols;
  std::string role = "provider";
  std::vector<std::string> seen_in;     // "puffer#126", "oauth-login.accept-inherits-nonblocking"
  std::vector<std::string> needs;       // `requires`: capabilities that a client must have
  std::vector<std::string> flows;       // of logins that it is about (account.h); empty = all
  std::vector<std::string> free_needs;  // `needs`: what a client is free not to do (met.h)
  std::vector<MetPart> met;             // what must have happened before a pass counts
  std::vector<std::string> features;    // rows of the compatibility report that this case shows
  Machine machine;                      // `emulate`
  bool waits = false;                   // it is about waiting: played in case time
  std::string profile;  // "strict" or "lenient" where the requirement depends on it; else empty
  std::map<std::string, std::string> axes;  // the values that this one has

  nlohmann::json world;       // object: provider, the settings of its fakes, ports_busy
  nlohmann::json browser;     // object: how the user agent behaves
  nlohmann::json credential;  // object: {kind: api_key, key} and the like; empty = the case gives none
  nlohmann::json given;       // object: store, stdin, home_bytes, env
  nlohmann::json actors;      // object: name → {home: other actor}; empty = one actor "client"
  std::vector<Step> steps;
  std::vector<Check> checks;
  std::map<std::string, std::string> proven_by;  // mutant → check

  // The smallest sets of reports with which a mutant that proves the case is seen (conformance/cases/
  // observed.json, learned by selftest): whoever gives none of these sets whole cannot be asked. Empty =
  // nothing was learned.
  std::vector<std::vector<std::string>> observed_by;

  // Where it was written, for messages.
  std::string file;
  int line = 0;
  // The expanded case as the file gives it: what a cell is sent, and parses again.
  nlohmann::json source;
};

// How much a client of that kind must do it. An unknown kind is held to the strictest.
Level level_for(const Case& one, const std::string& kind);

// Reads one expanded case. `document.value` is the case itself. Problems name the file and the line.
Result<Case> parse_case(const Document& document, const std::string& suite, const std::string& id);

}  // namespace assay::conformance
