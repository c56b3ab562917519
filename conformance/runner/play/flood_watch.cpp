#include "conformance/runner/play/flood_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay::conformance {
namespace {

constexpr std::size_t kMost = 4'000, kFirst = 1'000, kLast = 500, kEvidence = 500;

// 10000 → "10,000"
std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

std::shared_ptr<const JournalEntry> left_out(const JournalEntry& after, std::size_t count) {
  auto note = std::make_shared<JournalEntry>();
  note->seq = after.seq + 1;
  note->at = after.at;
  note->actor = "world";
  note->kind = JournalKind::note;
  note->text = grouped(count) + " entries left out of the record";
  return note;
}

}  // namespace

void FloodWatch::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  if (stopper_.joinable()) stopper_.join();
}

void FloodWatch::pass(std::string what) {
  const std::lock_guard lock(mutex_);
  if (over_) return;
  what_ = std::move(what);
  over_ = true;
  // The appending thread must not wait for a client that waits for it.
  if (!ended_) stopper_ = std::thread(stop_);
}

void FloodWatch::count(const JournalEntry& entry) {
  if (over_) return;
  const auto more = [](std::atomic<std::uint64_t>& sum, std::uint64_t by, std::uint64_t limit) {
    return sum.fetch_add(by) + by > limit;
  };
  if (entry.kind == JournalKind::request) {
    if (more(requests_, 1, limits_.requests))
      return pass("the client sent more than " + grouped(limits_.requests) + " requests");
    if (entry.request && more(bytes_, entry.request->body.size(), limits_.request_bytes))
      return pass("the client sent more than " + grouped(limits_.request_bytes) + " bytes of request bodies");
  }
  if (entry.kind == JournalKind::connect && more(connections_, 1, limits_.connections))
    return pass("the client opened more than " + grouped(limits_.connections) + " connections");
  if (more(entries_, 1, limits_.entries))
    return pass("the client caused more than " + grouped(limits_.entries) + " journal entries");
}

void FloodWatch::count_output(std::size_t bytes) {
  if (!over_ && output_.fetch_add(bytes) + bytes > limits_.output_bytes)
    pass("the client printed more than " + grouped(limits_.output_bytes) + " bytes");
}

std::string FloodWatch::what() const {
  const std::lock_guard lock(mutex_);
  return what_.empty() ? "" : what_ + " in one case and was stopped";
}

std::vector<std::shared_ptr<const JournalEntry>> kept_entries(
    const std::vector<std::shared_ptr<const JournalEntry>>& journal,
    const std::vector<std::vector<std::uint64_t>*>& evidence) {
  if (journal.size() <= kMost) return journal;
  std::set<std::uint64_t> quoted;
  for (const auto* list : evidence) {
    // Each check keeps some: its first say what happened, however often it happened.
    const auto most = std::min(list->size(), kEvidence / std::max<std::size_t>(evidence.size(), 1) + 1);
    quoted.insert(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(most));
  }
  std::vector<std::shared_ptr<const JournalEntry>> out;
  std::set<std::uint64_t> kept;
  std::size_t gap = 0;
  for (std::size_t i = 0; i < journal.size(); ++i) {
    const auto& entry = journal[i];
    if (i >= kFirst && i + kLast < journal.size() && !quoted.contains(entry->seq)) {
      ++gap;
      continue;
    }
    if (gap > 0) out.push_back(left_out(*out.back(), gap));
    gap = 0;
    out.push_back(entry);
    kept.insert(entry->seq);
  }
  for (auto* list : evidence)
    list->erase(std::remove_if(list->begin(), list->end(), [&](auto seq) { return !kept.contains(seq); }),
                list->end());
  return out;
}

}  // namespace assay::conformance
