// Phrases: how demands and findings are put into words, so that what a check expected and what was observed
// read as sentences that a person can paste into a bug report. Pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/runner/play/observation.h"
#include "harness/base/time.h"

namespace assay::conformance::phrase {

// Which operation a label stands for. A label without one is a step that was never reached.
using Operations = std::map<std::string, std::string>;  // label → "chat"
Operations operations_of(const Observation& observation);

// "the chat"; "the chat \"second\"" when the case has several.
std::string subject(const std::string& label, const Operations& operations);

// A value in a sentence: JSON on one line, cut after `most` bytes.
std::string value(const nlohmann::json& value, std::size_t most = 160);

// "1.9 s", "300 ms".
std::string duration(Micros time);

// What a condition wants of a value: "\"x\"", "not 0", "at most 3", "a value", "none", "a match of /^401/".
std::string condition(const nlohmann::json& demand);

// What a condition wants of a number of things: "none", "exactly 1", "at most 3".
std::string count(const nlohmann::json& demand);

// A journal query as a noun: "POST chat requests to inference", "POST chat request #2 to inference",
// "DNS lookups". What has no better name stays as it is written, in quotes.
std::string entries(const std::string& query, bool plural = true);

// A moment of a gap: "SIGTERM", "the end of the chat", "the first POST chat request to inference".
std::string moment(const std::string& name, const Operations& operations);

// A key of a result: "/executed/0/id" is "the id of tool call 1", "finish_reason" stays.
std::string field(const std::string& key);

// "A, B and C".
std::string list(const std::vector<std::string>& words, std::string_view last = " and ");

// Facts joined to one sentence: upper case first, a full stop at the end. Repeated facts are told once.
std::string sentence(const std::vector<std::string>& facts);

}  // namespace assay::conformance::phrase
