// Small text helpers that several rooms need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay {

// RFC 4648 base64 (section 4) and base64url without padding (section 5). Decoding refuses foreign characters.
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);     // padding optional
Result<std::string> base64url_decode(std::string_view text);  // padding optional

// True when `bytes` are well-formed UTF-8 (Unicode table 3-7: no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);

std::string to_lower(std::string_view ascii);
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
// RFC 3986 percent-encoding of everything but unreserved characters.
std::string percent_encode(std::string_view text);
// application/x-www-form-urlencoded decoding ('+' is a space); a malformed escape is kept as it stands.
std::string form_decode(std::string_view text);

// The whole of a file or pipe, or an error that names it. Folders, devices without an end (/dev/zero), files
// of more than max_file_bytes and pipes that nobody writes to for 5 seconds are errors.
inline constexpr std::size_t max_file_bytes = std::size_t{1} << 30U;
Result<std::string> read_file(const std::string& path);
// Writes a regular file through a temporary one and rename, so that a reader never sees half, with the mode
// of the file it replaces or that of any new file; a link is followed. Anything else (a device, a pipe,
// /dev/fd/N, /dev/stdout) is written to as it is. Errors name the path and the cause.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes);

}  // namespace assay
