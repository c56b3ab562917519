// Sent: what an answer sends, as a value for the journal: its bytes, and marks where something happens
// between them.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/wire/script.h"

namespace assay {

// {"sent": the first bytes (text, or {"base64": …}), "bytes": how many in all, "marks": [[offset, "connection
// reset (RST)"], …]}. A Repeat counts once. Where `plain`, the bytes of the same answer without faults,
// differs, two marks enclose what the faults changed. At most kMostMarks marks; "marks_left_out" counts the
// others.
inline constexpr std::size_t kMostMarks = 40;
nlohmann::json sent_json(const wire::Script& script, const std::string* plain = nullptr,
                         std::size_t most = std::size_t{64} << 10U);

}  // namespace assay
