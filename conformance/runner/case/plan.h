// Plan: which cases are run, in which order, against which clients.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/runner/play/run_case.h"

namespace assay::conformance {

struct Filter {
  // Cases that do not depend on the protocol are played in each that a client speaks, not in its first alone.
  bool all_protocols = false;
  bool first_protocol = false;  // a frozen set names plays in the first protocol alone
  std::vector<std::string>
      cases;  // globs over ids, or a whole suite or a prefix of ids ("worldrouter/login"); empty = all
  std::vector<std::string> exclude;  // the same patterns: what they fit is left out
  std::string role;                  // empty = all
  Level level = Level::may;          // must = only must, should = must and should, may = all
  std::uint64_t shard = 1, shards = 1;
  std::uint64_t repeat = 1;
  bool random_order = false;  // by the seed; indices stay those of the plan in order
};

// How often `one` is put to a client, whose protocols the case may multiply. At least once: that a case is
// for none of them is said as a verdict.
std::vector<ProtocolPlay> plays_of(const Case& one, const ClientSpec& client, bool all_protocols);

// Whether a word of the command line ("any", "any/chat", "answers", "any/*/answers", a question's id without
// its axes) means `one`. A word may end with @ and a protocol, or a glob of protocols.
bool fits(const std::string& pattern, const Case& one);
// The id of a case alone means its first protocol; suites and globs mean every one.
bool fits(const std::string& pattern, const Case& one, const ProtocolPlay& play);
bool selected(const Case& one, const ProtocolPlay& play, const ClientSpec& client, const Filter& filter);

// Cases × clients × repeats that the filter lets through. The index counts over the whole plan, whatever the
// shard. Fails when a pattern matches nothing (with the nearest ids), or when nothing is left.
Result<std::vector<PlannedCase>> make_plan(const std::vector<Case>& cases,
                                           const std::vector<ClientSpec>& clients, const Filter& filter,
                                           std::uint64_t seed);

// "2/4"
Result<std::pair<std::uint64_t, std::uint64_t>> parse_shard(const std::string& text);

}  // namespace assay::conformance
