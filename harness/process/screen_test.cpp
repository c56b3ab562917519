#include "harness/process/screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::process {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

constexpr TerminalSize kSmall{5, 40};

std::string shown(std::string_view bytes) {
  Screen screen(kSmall);
  screen.feed(bytes);
  return screen.text();
}

TEST(Screen, ShowsLinesWithoutTheBlanksBehindThem) {
  EXPECT_EQ(shown("Login\r\n  code:  A1B2   \r\n"), "Login\n  code:  A1B2");
}

TEST(Screen, KeepsEmptyRowsBetweenAndAboveText) {
  EXPECT_EQ(shown("\r\none\r\n\r\ntwo"), "\none\n\ntwo");
}

TEST(Screen, IsEmptyBeforeAnythingIsPrinted) {
  EXPECT_EQ(shown(""), "");
}

TEST(Screen, ALineThatIsDrawnAgainIsShownOnce) {
  EXPECT_EQ(shown("Waiting |\rWaiting /\rWaiting -\x1b[2K\rDone"), "Done");
}

TEST(Screen, GoesWhereTheCursorIsTold) {
  EXPECT_EQ(shown("\x1b[2J\x1b[3;5Hmenu\x1b[1;1H\x1b[31mred\x1b[0m"), "red\n\n    menu");
}

TEST(Screen, ScrollsAndShowsTheLastRows) {
  EXPECT_EQ(shown("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7"), "3\n4\n5\n6\n7");
}

TEST(Screen, ShowsWhatStoodThereWhenTheAlternateScreenEnds) {
  EXPECT_EQ(shown("before\x1b[?1049h\x1b[Hfull screen"), "full screen");
  EXPECT_EQ(shown("before\x1b[?1049h\x1b[Hfull screen\x1b[?1049l"), "before");
}

TEST(Screen, CharactersOfAllWidthsInAnyPieces) {
  const std::string text = "✓ é 漢字 ❯ next";
  Screen screen(kSmall);
  for (const char byte : text) screen.feed({&byte, 1});
  EXPECT_EQ(screen.text(), text);
}

TEST(Screen, AnswersWhereTheCursorIsOnce) {
  Screen screen(kSmall);
  screen.feed("ab\x1b[6n");
  EXPECT_EQ(screen.take_answers(), "\x1b[1;3R");
  EXPECT_EQ(screen.take_answers(), "");
}

TEST(Screen, AnswersWhatItIs) {
  Screen screen(kSmall);
  screen.feed("\x1b[c");
  const std::string answer = screen.take_answers();
  EXPECT_THAT(answer, StartsWith("\x1b[?"));
  EXPECT_THAT(answer, EndsWith("c"));
}

TEST(Screen, TakesAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>((i * 7919) >> 3);
  Screen screen(kSmall);
  screen.feed(bytes);
  (void)screen.text();
  screen.feed(
      "\x1b\\\x1b"
      "c");
  screen.feed("ok");
  EXPECT_EQ(screen.text(), "ok");
}

TEST(Condensed, FramesOfWideBoxesAreShort) {
  std::string frame;
  for (int i = 0; i < 300; ++i) frame += "─";
  EXPECT_EQ(condensed("╭" + frame + "╮\n│ Paste code" + std::string(200, ' ') + "│\n\n\n\nend\n"),
            "╭──────╮\n│ Paste code      │\n\nend");
}

TEST(Condensed, LettersAndShortRunsStay) {
  const std::string code = "code: " + std::string(60, 'x') + " ......";
  EXPECT_EQ(condensed(code), code);
}

}  // namespace
}  // namespace assay::process
