// The HTML report: one self-contained file that reads nothing from the network.
#pragma once

#include <cstddef>
#include <string>

#include "reports/record/record.h"

namespace assay::reports {

struct HtmlOptions {
  // Bytes of evidence (journal, output) of cases that came out as expected; above, those keep only their
  // checks.
  std::size_t green_evidence = std::size_t{6} << 20U;
  // Bytes that the evidence of the others may take in the file, worst cases first; above, the page says that
  // the run record has it.
  std::size_t file_evidence = std::size_t{9} << 20U;
};

// The page holds an index of all cases and clients, and blocks of evidence that it unpacks when a case is
// opened; all are zlib streams (RFC 1950) in base64. Script and style come from reports/html/.
std::string render_html(const RunRecord& record, const HtmlOptions& options = {});

}  // namespace assay::reports
