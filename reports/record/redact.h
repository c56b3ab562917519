// Redaction: nothing is written to a record before it went through here.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace assay {

// Returns the text with its secrets replaced. An empty function redacts nothing. Must be thread-safe when the
// writer is used by several threads.
using Redactor = std::function<std::string(std::string_view)>;

// Applies `redactor` to every string in `value`, keys included. {"base64": "..."} (bytes that are not UTF-8)
// is decoded, redacted and encoded again.
void redact(nlohmann::ordered_json& value, const Redactor& redactor);

}  // namespace assay
