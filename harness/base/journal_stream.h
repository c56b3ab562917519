// A live view of a journal: each entry as a line on a descriptor, written by a thread of its own, so that
// serving never waits for a terminal (only for `kWaiting` bytes that nobody has read).
//
// Thread-safety: show() may be called from any thread. The destructor writes what is left and joins; nobody
// may call show() then. The descriptor stays the caller's and outlives this.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "harness/base/journal.h"

namespace assay {

struct JournalStreamOptions {
  int descriptor = 2;
  bool color = false;
  bool everything = false;  // each kind of entry, and requests with headers and the beginning of their bodies
};

class JournalStream {
 public:
  explicit JournalStream(JournalStreamOptions options);
  ~JournalStream();
  JournalStream(const JournalStream&) = delete;
  JournalStream& operator=(const JournalStream&) = delete;

  void show(const JournalEntry& entry);
  // Whole lines that somebody else has made, in their place among the entries. From any thread.
  void write(std::string_view lines);

 private:
  template <typename Append>  // void(std::string& out)
  void add(const Append& append);
  void write_lines();

  static constexpr std::size_t kWaiting = std::size_t{4} << 20U;
  static constexpr Micros kTogether = std::chrono::milliseconds(20);
  JournalStreamOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;  // lines that were not written yet
  bool idle_ = false;    // the writer waits for a first line
  bool over_ = false;
  std::thread writer_;
};

}  // namespace assay
