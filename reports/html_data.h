// The data of the HTML report: what reports/html/report.js unpacks.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/record/record.h"

namespace assay::reports {

struct HtmlData {
  // A JSON object. Columns, so that 100,000 results stay small and quick to filter: "cases" holds a value a
  // case, "cells" a value a case and client (case-major); texts are numbers of "strings". "blocks" gives the
  // number of the first item of each block.
  std::string index;
  // JSON arrays of items; an item is the evidence of one cell, or of several that have the same.
  std::vector<std::string> blocks;
};

// `evidence` bounds the bytes of evidence kept, before packing; the worst results come first.
HtmlData html_data(const RunRecord& record, std::size_t green_evidence, std::size_t evidence);

// `text` as a zlib stream in base64.
std::string packed(const std::string& text);

}  // namespace assay::reports
