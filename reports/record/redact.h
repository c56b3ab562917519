// Redaction: nothing is written to a record before it went through here.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

// Returns the text with its secrets replaced. An empty function redacts nothing. Must be thread-safe when the
// writer is used by several threads.
using Redactor = std::function<std::string(std::string_view)>;

// Replaces every canary by "[redacted]": as it stands, and in the forms in which it travels: percent-encoded,
// hexadecimal, and base64 or base64url at any of the three alignments (RFC 4648 section 4; Basic credentials,
// RFC 7617). A canary that the end of the text cuts off goes too, from 8 characters on. Canaries shorter than
// 8 characters are refused by exception: they would hit by chance.
Redactor redact_canaries(std::vector<std::string> canaries);

// Applies `redactor` to every string in `value`, keys included. {"base64": "..."} (bytes that are not UTF-8)
// is decoded, redacted and encoded again.
void redact(nlohmann::ordered_json& value, const Redactor& redactor);

}  // namespace assay
