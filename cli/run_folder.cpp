#include "cli/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>

#include "harness/base/text.h"
#include "reports/html.h"
#include "reports/junit.h"

namespace assay::cli {

namespace fs = std::filesystem;

Result<RunFolder> RunFolder::take(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail("cannot make the folder: " + error.message(), path);
  // The folder itself is the lock: no file of ours stays behind, and the kernel frees it however we end.
  UniqueFd lock(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() >= 0 && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return fail("another run writes into this folder: wait for its end, or choose another with --out", path);
  RunFolder out(path, std::move(lock));
  for (const std::string& file : {out.record(), out.html(), out.junit()}) {
    fs::remove(file, error);
    if (error) return fail("cannot remove the report of an older run: " + error.message(), file);
  }
  return out;
}

Result<void> RunFolder::write_reports(const RunRecord& record) const {
  if (auto written = write_file_atomically(junit(), reports::render_junit(record)); !written) return written;
  return write_file_atomically(html(), reports::render_html(record));
}

}  // namespace assay::cli
