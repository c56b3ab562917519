// Text from strangers, made fit for a terminal, a report or a line of a log.
#pragma once

#include <string>
#include <string_view>

namespace assay {

// The length in bytes of a character at `at` that steers a terminal or reorders what is read: C0 and C1
// controls, DEL, and the bidirectional controls of Unicode (U+202E, U+2066, ...). 0 = there is none. Tabs and
// line ends count.
std::size_t control_at(std::string_view text, std::size_t at);
// `text` with each of them escaped: \x1b, \x9b, \u202e.
std::string visible(std::string_view text);

}  // namespace assay
