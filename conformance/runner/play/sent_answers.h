// Sent answers: what the journal has of the answers' bytes (harness/world/sent.h), made fit for a record.
#pragma once

#include <memory>
#include <vector>

#include "harness/base/journal.h"
#include "reports/record/redact.h"

namespace assay::conformance {

// The entries, with the bytes of answers redacted as a whole, so that no mark splits a secret, and cut to
// `most` bytes afterwards. Marks move with the bytes; one inside a secret stands before it.
std::vector<std::shared_ptr<const JournalEntry>> with_redacted_answers(
    std::vector<std::shared_ptr<const JournalEntry>> entries, const Redactor& redactor,
    std::size_t most = std::size_t{6} << 10U);

}  // namespace assay::conformance
