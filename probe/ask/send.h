// Sending the requests of a check, within the budget.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "probe/ask/answer.h"
#include "probe/ask/budget.h"
#include "probe/ask/target.h"
#include "probe/ask/write.h"

namespace assay::probe {

// What the requests of one play of a check brought.
struct Sent {
  References references;  // nonce, and the answers by the names of their requests
  std::string not_sent;   // why requests were left out; empty = all were sent
  bool over_budget = false;
};

// Sends them in order over one connection where the endpoint keeps it open; those that say `together` at the
// same time, each over its own. Blocks; never longer than the deadlines of the target allow.
Sent send_all(const std::vector<Ask>& asks, const Target& target, const std::string& nonce, Budget& budget);

}  // namespace assay::probe
