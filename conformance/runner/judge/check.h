// Check: a named part of what a case expects. A check is a list of predicates that must all hold; each is
// judged on the observation.
//
//   expect:
//     done: {L: {ok: true, within: 5s}}                    the result of the step labelled L ("each L" for
//     repeated ones) page: {browser: {status: 200, body: {contains: …}}}  what the browser was shown last
//     hops: {journal: [auth-station GET /login, …]}        these, in this order
//     once: {journal: {"auth POST /token": {count: 1, form: {…}}}}
//     quiet: {never: {secret: any, in: [stdout, stderr, argv, files]}}
//     kept: {store: {/worldrouter/key: present}}           the credential file
//     private: {credential_files: {mode: "0600"}}          every file in HOME that holds a token or key; none
//     = there is none code: {exit: 0}                                      how the client's process ended
//     slow: {gap: {each: "auth POST /token", from: 4, min: 6s}}
//     either: {any_of: [{…}, {…}]}
// Shapes and tests: docs/cases.md. Conditions: harness/world/condition.h.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/strict.h"

namespace assay::conformance {

struct Predicate {
  enum class Kind { result, browser, journal, never, store, credential_files, exit, gap, any_of };
  Kind kind = Kind::result;
  std::string subject;  // result: the label, "each L" kept as each = true
  bool each = false;
  nlohmann::json body;                          // what is demanded, checked in shape when it was read
  std::vector<std::vector<Predicate>> choices;  // any_of
};

struct Check {
  std::string name;
  std::vector<Predicate> predicates;
  nlohmann::json source;  // as the case gives it: what a report calls "expected"
};

struct CheckResult {
  std::string name;
  bool ok = false;
  bool settled = false;                 // not ok, and no longer wait could have made it so
  bool unconfirmed = false;             // rests on a cut that could not be confirmed: no verdict
  std::string expected;                 // one line
  std::string observed;                 // one line; empty when ok
  std::vector<std::uint64_t> evidence;  // journal seqs
};

// Reads the map under `key`. Problems are added to those of `owner`. A null value removes a check that a
// variant inherited.
std::vector<Check> parse_checks(ObjectReader& owner, std::string_view key);

}  // namespace assay::conformance
