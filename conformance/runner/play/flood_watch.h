// FloodWatch: counts what a client asks of the world of its case, and has it stopped at a number that no
// client needs. A retry loop without a pause is then judged at once instead of filling the memory of the
// harness.
//
// Thread-safety: every method from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/journal.h"

namespace assay::conformance {

struct FloodLimits {
  std::uint64_t requests = 10'000;
  std::uint64_t connections = 20'000;
  std::uint64_t entries = 100'000;                         // of the journal, of any kind
  std::uint64_t request_bytes = std::uint64_t{1} << 30U;   // bodies of all requests
  std::uint64_t output_bytes = std::uint64_t{256} << 20U;  // what all its processes print
};

class FloodWatch {
 public:
  // `stop` is called once, on a thread of the watch's own, when a limit is passed.
  explicit FloodWatch(std::function<void()> stop, FloodLimits limits = {})
      : stop_(std::move(stop)), limits_(limits) {}
  ~FloodWatch() { end(); }
  FloodWatch(const FloodWatch&) = delete;
  FloodWatch& operator=(const FloodWatch&) = delete;

  void count(const JournalEntry& entry);
  void count_output(std::size_t bytes);
  bool over() const { return over_; }
  // Waits for `stop` where it was called; after this it is not called any more.
  void end();
  // "the client sent more than 10,000 requests in this case and was stopped"; empty below all limits.
  std::string what() const;

 private:
  void pass(std::string what);

  const std::function<void()> stop_;
  const FloodLimits limits_;
  std::atomic<std::uint64_t> requests_{0}, connections_{0}, entries_{0}, bytes_{0}, output_{0};
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  std::string what_;
  bool ended_ = false;
  std::thread stopper_;
};

// The entries that a record keeps: all of them up to 4,000. Of more, the first 1,000, the last 500, and the
// first 500 that `evidence` names, with a note in place of those left out. `evidence` is cut to what is kept.
std::vector<std::shared_ptr<const JournalEntry>> kept_entries(
    const std::vector<std::shared_ptr<const JournalEntry>>& journal,
    const std::vector<std::vector<std::uint64_t>*>& evidence);

}  // namespace assay::conformance
