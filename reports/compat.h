// The compatibility report: which features hold with which client, from runs, each cell with the case that
// shows it and the command that repeats it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record/reader.h"

namespace assay::reports {

enum class Support {
  yes,     // every case that ran came out right
  partly,  // some did
  no,      // none did
  absent,  // the client does not claim it: no such capability, or every case is not-applicable
  unknown  // nothing ran: could-not-run or a broken harness
};
std::string_view to_string(Support support);

// One feature with one client.
struct CompatCell {
  Support support = Support::unknown;
  std::uint64_t held = 0;               // cases that came out right
  std::uint64_t ran = 0;                // cases that ran (not-applicable, could-not-run and error left out)
  const CaseRecord* witness = nullptr;  // the worst case that did not hold, else the first that did
};

struct CompatRow {
  std::string feature;
  std::map<std::string, CompatCell> cells;  // by client; a client without a case of the feature has none
};

struct Compat {
  std::vector<std::string> clients;    // in the order of the record
  std::vector<CompatRow> rows;         // in the order in which people ask for features, then by name
  std::vector<std::string> unclaimed;  // features that no client claims: they have no row
};

// A case counts for each feature it lists. xfail counts as not holding: a known failure is still one. Cases
// without a feature say nothing here. Points into `record`.
Compat compat(const RunRecord& record);

std::string render_compat_markdown(const RunRecord& record);
std::string render_compat_json(const RunRecord& record);
std::string render_compat_html(const RunRecord& record);

}  // namespace assay::reports
