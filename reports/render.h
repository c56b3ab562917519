// From files to reports: what the command line calls.
#pragma once

#include <string>
#include <vector>

#include "reports/diff.h"
#include "reports/lint.h"
#include "reports/record/reader.h"

namespace assay::reports {

// "console", "junit", "ctrf", "markdown", "html", "github", "badge", "compat", "compat-json", "compat-html".
std::vector<std::string> render_formats();

// The report `format` of the record at `path`.
Result<std::string> render_file(const std::string& path, const std::string& format);

// merge_records() of files; the header's command becomes the one that merges them.
Result<RunRecord> merge_files(const std::vector<std::string>& paths);

Result<std::vector<Change>> diff_files(const std::string& before, const std::string& after,
                                       const DiffOptions& options);

}  // namespace assay::reports
