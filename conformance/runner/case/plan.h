// Plan: which cases are run, in which order, against which clients.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/runner/play/run_case.h"

namespace assay::conformance {

struct Filter {
  std::vector<std::string>
      cases;  // globs over ids, or a whole suite or a prefix of ids ("worldrouter/login"); empty = all
  std::vector<std::string> exclude;  // the same patterns: what they fit is left out
  std::string role;                  // empty = all
  Level level = Level::may;          // must = only must, should = must and should, may = all
  std::uint64_t shard = 1, shards = 1;
  std::uint64_t repeat = 1;
  bool random_order = false;  // by the seed; indices stay those of the plan in order
};

// Whether a word of the command line ("any", "any/chat", "answers", "any/*/answers") means `one`.
bool fits(const std::string& pattern, const Case& one);
bool selected(const Case& one, const Filter& filter);

// Cases × clients × repeats that the filter lets through. The index counts over the whole plan, whatever the
// shard. Fails when a pattern matches nothing (with the nearest ids), or when nothing is left.
Result<std::vector<PlannedCase>> make_plan(const std::vector<Case>& cases,
                                           const std::vector<ClientSpec>& clients, const Filter& filter,
                                           std::uint64_t seed);

// "2/4"
Result<std::pair<std::uint64_t, std::uint64_t>> parse_shard(const std::string& text);

}  // namespace assay::conformance
