// How long the steps of a case may take.
#pragma once

#include "conformance/runner/case/case.h"

namespace assay::conformance {

inline constexpr Micros kOperationDeadline = std::chrono::seconds(15);
inline constexpr Micros kAwaitDeadline = std::chrono::seconds(10);
inline constexpr Micros kAnswerDeadline = std::chrono::seconds(10);  // of a client to a cancel or a prompt

// What an operation has: its own deadline or the usual one, never less than the patience of the client.
Micros deadline_of(const Operation& operation, Micros patience);

// What an await step has. A client that has sent no request yet is still starting: it has its patience.
Micros await_deadline(const Step::Await& step, Micros patience, bool silent);

// Whether an adapter ended the operation itself because the time that it was given was over: the client did
// not. An adapter of a client that has categories of its own says what the client said.
bool ended_by_adapter(const nlohmann::json& result, Micros took, Micros given, bool has_categories);

// All steps of the case, one after the other, each to its deadline, in the time of the case.
Micros longest(const Case& one, Micros patience);

}  // namespace assay::conformance
