// Words of a POSIX shell: a command line as text, and back. Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay {

// `text` as one word: as it stands where a shell would take it so, else in single quotes.
std::string shell_word(std::string_view text);
// `words` as one line that a shell splits into the same words.
std::string shell_line(const std::vector<std::string>& words);
// The words of `line`: split at blanks outside of quotes, with quotes and backslashes taken away. Nothing is
// expanded. Fails on a quote that does not end and a backslash at the end.
Result<std::vector<std::string>> split_shell_line(std::string_view line);

}  // namespace assay
