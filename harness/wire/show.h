// show(): a script in words, for tests and for people: `write "a\r\n", cut, wait 5ms, reset`.
#pragma once

#include <string>

#include "harness/wire/script.h"

namespace assay::wire {

// Bytes as a C string literal would have them, without the quotes; what is not printable ASCII as \xNN.
std::string escape_bytes(std::string_view bytes);
// One step a line. The bytes of a write stand in quotes.
std::string show(const Steps& steps);
// And after them "close" or "keep-alive", and "before the request's body" where that is so.
std::string show(const Script& script);

}  // namespace assay::wire
