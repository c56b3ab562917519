// Which protocol the bytes of an answer speak, by what stands in them: content types lie.
#pragma once

#include <optional>
#include <string_view>

#include "harness/stream/turn.h"

namespace assay::stream {

// From the first payloads of a stream, or a whole body. Nothing when they could be any protocol's or none's:
// the error bodies {error: {message}}, {error: "words"}, {message} and {detail} are shared by many.
std::optional<Protocol> detect_protocol(std::string_view bytes);

}  // namespace assay::stream
