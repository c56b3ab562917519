// `assay report lint`: is a file a run record to the letter?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay::reports {

// Everything wrong with `text`, the content of `name`, as errors with file and line: lines against the schema
// (reports/schemas/run-record.schema.json), header first and footer last, one line a client and case,
// evidence that exists, counts that add up. At most `limit` problems are listed.
std::vector<Error> lint_record(std::string_view text, const std::string& name, std::size_t limit = 50);

}  // namespace assay::reports
