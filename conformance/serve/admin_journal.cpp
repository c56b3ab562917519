// The routes about the journal: read it, and wait for what it will say.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <unordered_map>

#include "conformance/runner/judge/journal_query.h"
#include "conformance/serve/admin_call.h"

namespace assay::serve {

using nlohmann::json;

namespace {

constexpr Micros kLongestWait = std::chrono::minutes(10);
constexpr Micros kUsualWait = std::chrono::seconds(5);
constexpr std::uint64_t kUsualLimit = 1000;

std::uint64_t number_of(const std::map<std::string, std::string>& query, const std::string& key,
                        std::uint64_t otherwise) {
  const auto found = query.find(key);
  if (found == query.end()) return otherwise;
  const std::string& text = found->second;
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    throw Refused{400, fmt::format("expected {} as a whole number, found \"{}\"", key, text)};
  return n;
}

conformance::JournalQuery query_of(const std::string& text) {
  return need(conformance::parse_query(text));
}

json page(const Era& era, const conformance::Entries& entries) {
  json out = json::array();
  for (const auto& entry : entries) out.push_back(to_json(*entry, std::size_t{64} * 1024));
  return {{"entries", std::move(out)}, {"last", era.journal.size()}, {"dropped", era.journal.dropped()}};
}

// Collects what a query asks for from entries as they come; a status is known only with the answer.
class Collector {
 public:
  explicit Collector(conformance::JournalQuery query) : query_(std::move(query)) {}

  void take(const JournalEntry& entry) {
    if (query_.status != 0 && entry.kind == JournalKind::response) {
      const auto asked = open_.find(entry.exchange);
      if (asked == open_.end()) return;
      if (entry.status == query_.status) found_.push_back(asked->second);
      open_.erase(asked);
      return;
    }
    if (!conformance::fits(query_, entry)) return;
    // What no fake claimed stands twice: as request and as unclaimed.
    if (!query_.method.empty() && entry.kind == JournalKind::unclaimed) return;
    const auto copy = std::make_shared<const JournalEntry>(entry);
    if (query_.status != 0) {
      open_[entry.exchange] = copy;
    } else {
      found_.push_back(copy);
    }
  }
  const conformance::Entries& found() const { return found_; }

 private:
  conformance::JournalQuery query_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const JournalEntry>> open_;  // asked, not answered
  conformance::Entries found_;
};

// One of the waits that may be under way at once.
class Waiting {
 public:
  explicit Waiting(std::atomic<int>& waits) : waits_(waits) {
    if (++waits_ <= kMostWaits) return;
    --waits_;
    throw Refused{503, fmt::format("{} requests wait for a journal already", kMostWaits)};
  }
  ~Waiting() { --waits_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  static constexpr int kMostWaits = 48;
  std::atomic<int>& waits_;
};

// Returns when `take` says so of an entry after `after`, when the era or the deadline ends, and soon after
// the peer has gone.
void wait_for(const AdminCall& call, const Era& era, Micros deadline, std::uint64_t after,
              const std::function<bool(const JournalEntry&)>& take) {
  constexpr Micros kLook = std::chrono::milliseconds(250);
  const Waiting waiting(call.waits);
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (true) {
    const auto left = std::chrono::duration_cast<Micros>(until - std::chrono::steady_clock::now());
    const auto found = era.journal.wait(
        [&](const JournalEntry& entry) {
          after = entry.seq;
          return take(entry) || era.over;
        },
        std::clamp(left, Micros(0), kLook), "an entry", after);
    if (found || left <= Micros(0) || era.over || (call.gone && call.gone())) return;
  }
}

}  // namespace

Response show_journal(const AdminCall& call) {
  const WorldView world = call.world();
  auto query = call.query({"after", "for", "limit"});
  const std::uint64_t after = number_of(query, "after", 0), limit = number_of(query, "limit", kUsualLimit);
  auto entries = query.contains("for")
                     ? conformance::select(query_of(query["for"]), world.era->journal.entries())
                     : world.era->journal.entries(after);
  std::erase_if(entries, [&](const auto& entry) { return entry->seq <= after; });
  if (entries.size() > limit) entries.resize(limit);
  return json_answer(200, page(*world.era, entries));
}

Response wait_journal(const AdminCall& call) {
  const WorldView world = call.world();
  auto query = call.query({"for", "after", "count", "deadline"});
  if (!query.contains("for")) throw Refused{400, "expected for=QUERY, such as for=POST%20chat"};
  const auto asked = query_of(query["for"]);
  // Never beyond the end, so that what ends an era ends the wait too.
  const std::uint64_t after = std::min(number_of(query, "after", 0), world.era->journal.size());
  const std::uint64_t count = std::max(asked.nth, number_of(query, "count", 1));
  if (count == 0) throw Refused{400, "expected a count of at least 1"};
  Micros deadline = kUsualWait;
  if (query.contains("deadline")) deadline = need(parse_duration(query["deadline"]));
  if (deadline < Micros(0) || deadline > kLongestWait)
    throw Refused{400, "expected a deadline of at most " + format_duration(kLongestWait)};
  const Era& era = *world.era;
  const char* const kEnded =
      "the journal ended while it was waited for: its world was reset or removed, or serving ends";
  if (era.over) throw Refused{410, kEnded};
  Collector collector(asked);
  wait_for(call, era, deadline, after, [&](const JournalEntry& entry) {
    collector.take(entry);
    return collector.found().size() >= count;
  });
  if (collector.found().size() >= count) {
    auto found = collector.found();
    if (asked.nth != 0) found = {found[asked.nth - 1]};
    return json_answer(200, page(era, found));
  }
  if (era.over) throw Refused{410, kEnded};
  throw Refused{504, fmt::format("timed out after {} waiting for {} of {}; {} seen",
                                 format_duration(deadline), count, query["for"], collector.found().size())};
}

}  // namespace assay::serve
