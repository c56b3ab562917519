// The journal: everything the fakes, the browser and the cell saw and did, in order, with microseconds. It is
// the evidence that verdicts quote.
//
// Thread-safety: every method may be called from any thread. Entries are immutable once appended.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay {

enum class JournalKind {
  connect,          // a peer connected
  request,          // a whole request head and body was read
  bad_request,      // bytes that are not a request; detail says why
  response,         // the head of the answer was handed to the kernel
  done,             // the last byte of the answer was handed to the kernel
  peer_closed,      // the peer closed or reset before or after the answer ended
  closed,           // we closed
  timeout,          // a limit of time or size ended the connection; detail names it
  fault,            // a fault was applied; text is its name, detail its parameters and place
  unconfirmed_cut,  // a cut whose emptiness could not be confirmed: no verdict may rest on it
  hold,             // an answer waits at a barrier
  release,          // ... and was let go
  unclaimed,        // traffic that no fake and no rule expected
  lookup,           // a name was looked up (DNS)
  action,           // the browser, opener, client driver or a case step did something
  note              // anything else worth quoting
};
std::string_view to_string(JournalKind kind);

struct JournalEntry {
  std::uint64_t seq = 0;  // 1-based, without gaps
  Micros at{0};           // since the world's clock began
  std::string actor;  // "auth-station", "control-api", "inference", "browser", "client", "dns", "world", ...
  JournalKind kind = JournalKind::note;
  std::uint64_t connection = 0;  // 0 = none; unique within a world
  std::uint64_t exchange = 0;    // 0 = none; links request, response, fault and done of one exchange
  std::string text;              // one line: "POST /auth/exchange", "peer reset", ...
  int status = 0;                // HTTP status where one is known
  std::uint64_t bytes = 0;       // bytes of body, or sent so far
  std::shared_ptr<const Request> request;  // of JournalKind::request and unclaimed
  nlohmann::json detail;                   // what else is known; null when nothing
};

class Journal {
 public:
  // `clock` must outlive the journal. Keeps the last `capacity` entries (0 = all); dropped() counts the rest.
  // With a capacity the requests of entries take 64 MiB at most: over that the oldest bodies are let go, and
  // heads over 4 KiB; an entry without its own is a new one, whose detail has "let_go_bytes".
  explicit Journal(const Clock& clock, std::size_t capacity = 0);

  // Fills in seq and, when `at` is zero, the time. Returns seq.
  std::uint64_t append(JournalEntry entry);
  // Shorthand for an entry without connection.
  std::uint64_t note(std::string actor, JournalKind kind, std::string text, nlohmann::json detail = nullptr);

  // A copy of the entries after `after` (0 = all that are kept).
  std::vector<std::shared_ptr<const JournalEntry>> entries(std::uint64_t after = 0) const;
  std::uint64_t size() const;  // the last seq
  std::uint64_t dropped() const;

  // Waits for the first entry after `after` that satisfies `matches`; looks at those already there first. On
  // the deadline fails with "timed out after 5 s waiting for <awaited>". The deadline is of the clock's time.
  using Predicate = std::function<bool(const JournalEntry&)>;
  Result<std::shared_ptr<const JournalEntry>> wait(const Predicate& matches, Micros deadline,
                                                   std::string_view awaited, std::uint64_t after = 0) const;

  // Called under no lock after each append, on the appending thread; for live views. Set before the world
  // starts.
  void set_listener(std::function<void(const JournalEntry&)> listener);

 private:
  const Clock& clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::size_t waiters_ = 0;
  std::deque<std::shared_ptr<const JournalEntry>> entries_;
  std::uint64_t next_ = 1;
  std::function<void(const JournalEntry&)> listener_;
};

// One entry as JSON for the run record: {"seq","t_us","actor","kind","text", and connection, exchange,
// status, bytes, detail where set}. A request adds {"method","target","headers":[[name,value]...],"body"}; a
// body longer than `body_limit` bytes is cut and "body_bytes" gives its length. Bytes that are not UTF-8 are
// given as {"base64": "..."}. Redaction is the caller's work.
nlohmann::json to_json(const JournalEntry& entry, std::size_t body_limit = 4096);

}  // namespace assay
