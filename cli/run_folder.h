// The folder of a run: it belongs to one run at a time, and holds no report of an older one.
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"
#include "reports/record/record.h"

namespace assay::cli {

class RunFolder {
 public:
  // Makes the folder and takes it; then removes the record and the reports that an older run left. Fails, and
  // removes nothing, when another run writes there. It is free again when this object or the process ends.
  static Result<RunFolder> take(const std::string& path);

  std::string record() const { return path_ + "/run.jsonl"; }
  std::string html() const { return path_ + "/report.html"; }
  std::string junit() const { return path_ + "/junit.xml"; }
  // Writes report.html and junit.xml.
  Result<void> write_reports(const RunRecord& record) const;

 private:
  RunFolder(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  UniqueFd lock_;
};

}  // namespace assay::cli
