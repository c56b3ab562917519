#include "harness/base/shell_words.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ShellWords, SplitAsAShellDoesWithoutExpansion) {
  EXPECT_THAT(split_shell_line("python3 ./my-adapter.py").value(), ElementsAre("python3", "./my-adapter.py"));
  EXPECT_THAT(split_shell_line("  a\t'b c'  \"d 'e'\" f\\ g ").value(),
              ElementsAre("a", "b c", "d 'e'", "f g"));
  EXPECT_THAT(split_shell_line(R"(a"b"'c' "" "\$x \n")").value(), ElementsAre("abc", "", R"($x \n)"));
  EXPECT_THAT(split_shell_line("$HOME *").value(), ElementsAre("$HOME", "*"));
  EXPECT_THAT(split_shell_line(" ").value(), IsEmpty());
  EXPECT_THAT(split_shell_line("a 'b").error().message, HasSubstr("does not end"));
  EXPECT_THAT(split_shell_line("a \\").error().message, HasSubstr("backslash"));
}

TEST(ShellWords, WhatIsQuotedIsSplitIntoTheSameWords) {
  const std::vector<std::string> words = {"plain/x:1-byte", "with blank", "it's", "",  "$HOME", "*", "a\\b",
                                          "\"q\"",          "new\nline",  "#x",   "~", "a;b",   "!", "{x}"};
  EXPECT_EQ(split_shell_line(shell_line(words)).value(), words);
  EXPECT_EQ(shell_word("plain/x:1-byte"), "plain/x:1-byte");
  EXPECT_EQ(shell_word("a*"), "'a*'");
}

}  // namespace
}  // namespace assay
