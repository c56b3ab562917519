// Why a fault that a case orders was refused: by the way the client connects or by the protocol that it
// speaks (then the case does not apply to it), or by a mistake in the case. Pure functions; thread-safe.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/journal.h"

namespace assay::conformance {

// `refused` is an entry with `fault_refused` in its detail, `journal` all entries, `provider` the descriptor,
// `profile` that of the client's file (empty = none): the answers of such a provider may be by themselves
// what the fault makes of others. One line when the reason lies with the client; empty = the case orders what
// cannot be.
std::string refused_by_client(const JournalEntry& refused,
                              const std::vector<std::shared_ptr<const JournalEntry>>& journal,
                              const nlohmann::json& provider, const std::string& profile = {});

}  // namespace assay::conformance
