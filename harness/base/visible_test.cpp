#include "harness/base/visible.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Visible, EscapesWhatSteersATerminalOrReordersText) {
  const std::pair<const char*, const char*> kTexts[] = {
      {"plain añb €", "plain añb €"},
      {"\x1b[2J", "\\x1b[2J"},
      {"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f"},
      {"\u0080\u009b31m\u009f", "\\x80\\x9b31m\\x9f"},
      {"\u00a0\u00e9", "\u00a0\u00e9"},
      {"\u061c\u200e\u200f", "\\u061c\\u200e\\u200f"},
      {"\u202a\u202e|\u202f", "\\u202a\\u202e|\u202f"},
      {"\u2066\u2069|\u2065\u206a", "\\u2066\\u2069|\u2065\u206a"},
      {"\xc2", "\xc2"},
      {"\xe2\x80", "\xe2\x80"},
  };
  for (const auto& [text, shown] : kTexts) EXPECT_EQ(visible(text), shown);
}

}  // namespace
}  // namespace assay
