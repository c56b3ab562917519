// Joins the records of shards and of several clients into one.
#pragma once

#include <string>
#include <vector>

#include "reports/record/reader.h"

namespace assay::reports {

struct NamedRecord {
  std::string name;  // the file, for messages
  RunRecord record;
};

// One record in plan order (index, then client). What is lost (a shard i/n that no input holds, an input
// without a footer or with fewer cases than planned) is listed in header.missing; then the footer says
// incomplete and exit 3. Else its exit is the worst of the inputs'. An error: no input, shards of different
// plans, or a case that two inputs hold for the same client. `command` becomes header.command.
Result<RunRecord> merge_records(std::vector<NamedRecord> inputs, std::vector<std::string> command);

}  // namespace assay::reports
