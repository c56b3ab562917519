// The live view of `assay serve`: journal entries of all worlds become lines for a terminal, one for each
// request, when its answer has ended.
//
// Thread-safety: every method may be called from any thread; `write` is called by one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/base/journal.h"
#include "harness/fixture/redact/redact.h"
#include "harness/wire/script.h"

namespace assay::serve {

class LiveView {
 public:
  struct Style {
    bool color = false;
    bool verbose = false;  // every entry, and the bytes of requests and answers
  };
  LiveView(Style style, std::function<void(std::string_view)> write);

  void entry(const std::string& world, const JournalEntry& entry);
  // The bytes of an answer, before they are sent; shown with `verbose` only.
  void answer(const std::string& world, std::uint64_t exchange, const wire::Script& script);

 private:
  // One request that is not answered to the end yet.
  struct Open {
    JournalEntry request;
    int status = 0;
    std::string faults;
    bool unclaimed = false;
    bool held = false;
  };
  using Key = std::pair<std::string, std::uint64_t>;  // world and exchange

  void close(const std::string& world, const Open& open, const JournalEntry& last);
  std::string shown(std::string_view text) const;
  void line(const char* paint, const std::string& text) const;

  Style style_;
  const TextRedactor redact_{default_redaction_rules()};
  std::function<void(std::string_view)> write_;
  std::mutex mutex_;
  std::map<Key, Open> open_;
};

}  // namespace assay::serve
