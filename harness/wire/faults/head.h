// Editing the head of a script, and framing what is added to its body.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/wire/faults/params.h"
#include "harness/wire/faults/place.h"

namespace assay::wire {

// The line of a header of the final response, its CR LF included; nullopt when there is none.
std::optional<Range> header_line(const Script& script, const Layout& where, std::string_view name);
// Replaces that line, or adds one after the last; refused when the head was cut.
// Empty where a comment may stand in the body; else why not: lines of JSON and binary event streams have
// none.
std::string why_no_comment(std::string_view content_type);

Result<Script> set_header_line(Script script, std::string_view name, std::string_view value);
// One HTTP chunk (RFC 9112 section 7.1) with its marks.
Write http_chunk(std::string_view data);
// More of the body, with its marks: an HTTP chunk, or the bytes as they are.
Write body_piece(std::string_view data, bool chunked);
// Reads {NAME: VALUE, ...} under `key`; empty when absent.
Headers read_headers(Params& params, std::string_view key);

}  // namespace assay::wire
