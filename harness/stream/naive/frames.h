// The payloads of an answer, found in the plainest way: for tests that want a second opinion. Shares no code
// with the library. Invalid UTF-8 is left as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::stream::naive {

struct Payload {
  std::string event;  // SSE event type, eventstream :event-type or :exception-type
  std::string data;
};

// Told by the first byte: '{' or '[' JSON values, NUL an AWS event stream, anything else SSE. `flush`: what
// the end cut off counts as an event too, as recorders trim newlines.
std::vector<Payload> payloads_of(std::string_view bytes, bool flush);

// SSE: lines end with CRLF, LF or CR; a blank one ends an event.
std::vector<Payload> sse_payloads(std::string_view bytes, bool flush);

std::string base64_plain(std::string_view text);

}  // namespace assay::stream::naive
