// Reads a run record. Unknown keys are ignored (a newer assay may have written them); `assay report lint` is
// strict.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/record.h"

namespace assay {

// Which cases keep journal, output and attempts when read. Reading 100,000 lines with `red` costs a tenth.
enum class KeepEvidence { all, not_green, none };

struct ReadOptions {
  KeepEvidence evidence = KeepEvidence::all;
};

struct RunRecord {
  RunHeader header;
  std::vector<CaseRecord> cases;  // in the order of the file
  std::optional<RunFooter> footer;
  std::vector<std::string> notes;  // what a reader should be told: "line 17 is torn: ignored", ...

  // A footer that says complete, nothing missing, and as many cases as planned.
  bool complete() const;
};

// A bad line is an error with its number, except the last: torn by a crash, it is dropped with a note.
Result<RunRecord> parse_record(std::string_view text, const std::string& name,
                               const ReadOptions& options = {});
Result<RunRecord> read_record(const std::string& path, const ReadOptions& options = {});

}  // namespace assay
