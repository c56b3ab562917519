// What the pages of a site show, sorted once. The pointers live as long as the record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/summary.h"

namespace assay::reports {

struct SiteClient {
  ClientInfo info;
  std::vector<const CaseRecord*> cases;   // in plan order
  std::map<std::size_t, Tally> by_topic;  // rank of the topic → verdicts
  Tally all;
};

struct SiteQuestion {
  std::string id;
  const CaseRecord* first = nullptr;                            // title, requirement, level, topic
  std::map<std::string, std::vector<const CaseRecord*>> plays;  // by client
  std::vector<std::string> seen_in;                             // without repetition
};

struct SiteModel {
  std::vector<SiteClient> clients;      // in the order of the header
  std::vector<SiteQuestion> questions;  // by topic, then in plan order
  std::vector<std::size_t> topics;      // ranks that occur
};

SiteModel site_model(const RunRecord& record);

// Plays that count: everything but not-applicable and could-not-run.
std::uint64_t asked(const Tally& tally);

}  // namespace assay::reports
