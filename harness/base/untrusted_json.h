// JSON from a stranger: a client's output, a request body, a response. nlohmann's parser takes any depth, but
// copying, comparing and printing the value recurse, so a line of 8 MB of brackets would overflow the stack.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/base/strict.h"

namespace assay {

// Of a journal in a run record: values of clients stand in it, wrapped a few times.
inline constexpr std::size_t max_record_depth = 2 * max_depth;

// Whether arrays and objects nest deeper than `most`. Brackets in strings do not count. Linear; reads text
// that is no JSON too.
bool nests_deeper(std::string_view text, std::size_t most = max_depth);
// Whether an object of `text` has the same key twice, however deep. False for text that is no JSON.
bool has_duplicate_key(std::string_view text);

// `text` with the escape of a surrogate that stands alone replaced by that of U+FFFD: grammar allows it
// (RFC 8259 section 8.2), and a parser of Unicode does not.
std::string with_paired_surrogates(std::string_view text);

// The value; discarded when `text` is no JSON or nests deeper than `most`.
template <typename Json = nlohmann::json>
Json parse_untrusted(std::string_view text, std::size_t most = max_depth) {
  if (nests_deeper(text, most)) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

}  // namespace assay
