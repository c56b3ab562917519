// assay_report_sample CASES CLIENTS FILE: writes a made-up run record, for measuring and for the browser
// test.
#include <cstdio>
#include <cstdlib>

#include "harness/base/text.h"
#include "reports/record/writer.h"
#include "reports/sample/sample.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: assay_report_sample CASES CLIENTS FILE\n", stderr);
    return 2;
  }
  assay::reports::SampleSize size;
  size.cases = std::strtoull(argv[1], nullptr, 10);
  size.clients = std::strtoull(argv[2], nullptr, 10);
  const auto done = assay::write_file_atomically(argv[3], assay::record_text(sample_record(size)));
  if (!done) std::fprintf(stderr, "assay_report_sample: %s\n", done.error().text().c_str());
  return done ? 0 : 1;
}
