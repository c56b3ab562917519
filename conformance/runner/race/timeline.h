// Timeline: the journal of one play for people, the client's side at the left, the world's indented, with the
// one line marked that matters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "conformance/runner/judge/journal_query.h"
#include "reports/record/record.h"

namespace assay::conformance {

struct TimelineStyle {
  bool color = false;
  std::size_t width = 110;  // columns; longer lines are cut
};
struct TimelineMark {
  JournalQuery query;  // without #n the first that fits is marked
  std::string says;    // stands under the marked line
};

struct Timeline {
  std::string text;     // lines, each with its LF
  bool marked = false;  // an entry fits the mark
};
// Of a record whose journal was kept.
Timeline render_timeline(const CaseRecord& record, const TimelineMark& mark, const TimelineStyle& style = {});

// The same as it comes, line by line. Not thread-safe.
class TimelineLines {
 public:
  explicit TimelineLines(TimelineStyle style) : style_(style) {}
  // One line with its LF, and below it the screen that it shows, if any; empty = it is not worth a line.
  std::string next(const JournalEntry& entry);

 private:
  const TimelineStyle style_;
  std::map<std::uint64_t, std::string> asked_;  // exchange → what was asked in it
  std::optional<Micros> start_;
};

// The entries of a record's journal. Bodies may be cut and secrets blacked out, as the record has them.
Entries entries_of(const CaseRecord& record);

}  // namespace assay::conformance
