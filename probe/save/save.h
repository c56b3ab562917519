// Recordings of a probe, and what has drifted since one: answers compared field by field, by their shape and
// by the words that are no model's choice.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/fixture/fixture.h"
#include "harness/fixture/redact/redact.h"
#include "probe/run/result.h"

namespace assay::probe {

// "stream_end.openai-chat.json": the file of one check.
std::string fixture_name(const std::string& check, const std::string& protocol);

// The exchanges of one check, redacted and looked through again. Fails when something that looks secret
// cannot be replaced; then nothing of it may be written. Without an answer there is no fixture.
Result<Fixture> fixture_of(const CheckResult& check, const ProbeResult& result, const RedactionRules& rules);

// Writes DIR/NAME for every check that was answered and whose recording holds nothing suspect. Needs
// CheckResult::answers.
struct Saved {
  std::size_t files = 0;
  std::vector<std::string> left_out;  // what is suspect, one line a check
};
Result<Saved> save(const ProbeResult& result, const std::string& folder, const RedactionRules& rules);

// What is told of one exchange: "status 200", "content-type application/json", "body /usage: object",
// "event message_start /message/id: string", "body /choices/*/finish_reason = \"stop\"".
std::set<std::string> traits_of(const RecordedExchange& exchange);

// What differs between the fixtures in `folder` and this probe: "stream/end request 1: no longer \"…\"",
// "… new: \"…\"". Fails when the folder has no fixture of this protocol.
Result<std::vector<std::string>> drift(const ProbeResult& result, const std::string& folder,
                                       const RedactionRules& rules);

}  // namespace assay::probe
