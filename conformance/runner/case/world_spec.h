// From the `world:` of a case and a provider descriptor to the fakes that play it.
//
//   world:
//     provider: worldrouter          a file of conformance/providers
//     auth|control|inference:        settings of that fake (its README), and for any fake:
//       faults: [...]                on the answers to its main route (inference: chat; else all)
//       rules: [{method, path, nth, header, query, form, body, as, after, faults, hold, speed, ...orders to
//       the fake}] listen: [fault]              what its listener does instead
//       hosts: [api.example.com]     names that it answers for over TLS on port 443, in a cell
//     inference@B: {...}             a second provider named B
//     schedule: {choices: "…", rest: oldest, hold: [POST /token]}   in which order answers go out
//                                    (harness/world/schedule.h)
//     strict: true                   requests and rules must fit each other (harness/world/strict.h)
//     ports_busy: [1456]             ports that something else holds
//     cell: required                 without one what the case looks for cannot be seen
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/runner/case/case.h"
#include "harness/world/world.h"

namespace assay::conformance {

struct WorldPlan {
  WorldSpec spec;
  nlohmann::json provider;                    // the descriptor
  std::map<std::string, std::string> roles;   // "auth" → fake name, for the urls that a client is given
  std::map<std::string, std::string> second;  // second providers: "B" → fake name
  std::vector<std::uint16_t> ports_busy;
  bool needs_cell = false;
  std::string account;     // of conformance/logins, for a case that requires one
  std::string first_turn;  // the turn or fixture that chat is answered with; empty = the fake's own
};

// `account`: of the client, for a case that requires one; empty = kGenericAccount. Fails with the file and
// the line of the case when its world is wrong, as far as that shows without starting it.
Result<WorldPlan> plan_world(const Case& one, const std::string& data_folder, std::uint64_t seed,
                             const std::string& account = {});

// The adapter protocol's `urls` of a running world, for the first provider or a second one.
nlohmann::json client_urls(const WorldPlan& plan, const World& world, const std::string& second = {});

}  // namespace assay::conformance
