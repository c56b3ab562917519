// Journal queries: "auth-station GET /login", "POST chat #2", "inference peer-closed". What checks and
// `await` steps name entries by.
//
//   [actor] METHOD path-or-alias [status] [#n]    requests, claimed or not
//   [actor] kind [text-glob] [#n]                 any other entry: a JournalKind ("peer-closed", "lookup") or
//   the word of an action ("opens", "exec")
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/base/journal.h"
#include "harness/world/match.h"

namespace assay::conformance {

// The paths that carry a chat turn, in every protocol; models and token routes have names of their own.
const PathAliases& path_aliases();

struct JournalQuery {
  std::string actor;   // empty = any
  std::string method;  // empty = not a request
  std::vector<std::string> paths;
  int status = 0;         // 0 = any
  std::string kind;       // of an entry that is not a request
  std::string text;       // glob; empty = any
  std::uint64_t nth = 0;  // 0 = all
};

Result<JournalQuery> parse_query(const std::string& line);

using Entries = std::vector<std::shared_ptr<const JournalEntry>>;
// Does one entry fit, nth and status aside?
bool fits(const JournalQuery& query, const JournalEntry& entry);
// All that fit, in order; with nth only that one.
Entries select(const JournalQuery& query, const Entries& journal);
// The status that each exchange was answered with. Reads the journal once, when it is first asked. The
// journal outlives it.
class Statuses {
 public:
  explicit Statuses(const Entries& journal) : journal_(journal) {}
  // Of the exchange of `entry`; 0 when it was never answered.
  int of(const JournalEntry& entry);

 private:
  const Entries& journal_;
  bool read_ = false;
  std::unordered_map<std::uint64_t, int> by_exchange_;
};

}  // namespace assay::conformance
