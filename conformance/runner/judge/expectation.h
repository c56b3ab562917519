// Expectation: a check as a sentence that says what must hold, for reports and `assay explain`.
#pragma once

#include "conformance/runner/judge/check.h"
#include "conformance/runner/judge/phrase.h"

namespace assay::conformance {

// "The chat succeeds with the text "pong"; at most 3 POST chat requests to inference." With an observation,
// references such as ${auth.url} and `from-turn` are replaced by what they stood for in that run.
std::string expected_sentence(const Check& check, const phrase::Operations& operations,
                              const Observation* observation = nullptr);

}  // namespace assay::conformance
