// Writes a run record a line at a time; each line is in the kernel's hands before append() returns, so that a
// crash keeps what is done.
#pragma once

#include <memory>
#include <string>

#include "reports/record/record.h"
#include "reports/record/redact.h"

namespace assay {

// Thread-safe. Without finish() the file has no footer and every reader calls it partial.
class RecordWriter {
 public:
  // Truncates or creates `path` and writes the header. Errors name the path and the cause.
  static Result<std::unique_ptr<RecordWriter>> open(const std::string& path, const RunHeader& header,
                                                    Redactor redactor = {});
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  Result<void> append(const CaseRecord& record);
  // Writes the footer, with the counts of what was appended, and closes. `complete` is false also when fewer
  // lines than planned were appended. Nothing may follow.
  Result<void> finish(int exit, std::int64_t duration_us, bool complete = true);

 private:
  struct State;
  explicit RecordWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One line each, without the newline, redacted. Compact JSON with "type" first; invalid UTF-8 becomes U+FFFD.
std::string header_line(const RunHeader& header, const Redactor& redactor = {});
std::string case_line(const CaseRecord& record, const Redactor& redactor = {});
std::string footer_line(const RunFooter& footer);
// All lines of a record that is redacted already, as a file holds them.
std::string record_text(const RunRecord& record);

}  // namespace assay
