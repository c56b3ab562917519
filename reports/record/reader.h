// Reads a run record. Unknown keys are ignored (a newer assay may have written them); `assay report lint` is
// strict.
#pragma once

#include <string>
#include <string_view>

#include "reports/record/record.h"

namespace assay {

// Which cases keep journal, output and attempts when read. Reading 100,000 lines with `red` costs a tenth.
enum class KeepEvidence { all, not_green, none };

struct ReadOptions {
  KeepEvidence evidence = KeepEvidence::all;
};

// A bad line is an error with its number, except the last: torn by a crash, it is dropped with a note.
Result<RunRecord> parse_record(std::string_view text, const std::string& name,
                               const ReadOptions& options = {});
Result<RunRecord> read_record(const std::string& path, const ReadOptions& options = {});

}  // namespace assay
