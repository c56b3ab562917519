// Words that rules share: what an endpoint did, in a form that can be pasted into a bug report.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "probe/ask/answer.h"

namespace assay::probe {

// "did not answer: connection refused"
std::string no_answer(const Answer& answer);
// "answered 404 with {"detail":"Not Found"}"
std::string answered(const Answer& answer);
// The beginning of the body, made visible, on one line.
std::string opening(const Answer& answer);
// "a; b; and 3 more"
std::string list_of_few(const std::vector<std::string>& problems);
std::string in_quotes(std::string_view text);
// Statuses that say nothing of the request: no credit, too many requests, overloaded.
bool is_busy(int status);
std::vector<std::string> model_names(const nlohmann::json& list);

// What is wanted in this protocol: {gemini: [400, 403], else: 401}, or the same in all.
const nlohmann::json& parameter_for(const nlohmann::json& parameter, stream::Protocol protocol);

// A string or a whole number at a place of an event; "" and nullopt when none is there.
std::string text_at(const nlohmann::json& value, const char* pointer);
std::optional<std::int64_t> number_at(const nlohmann::json& value, const char* pointer);
// The `type` of an event's data (Gemini Interactions: `event_type`); "" = it has none.
std::string payload_type(const nlohmann::json& payload);
// The type of an event's data, else the name that its framing has for it.
std::string type_of(const Event& event);

}  // namespace assay::probe
