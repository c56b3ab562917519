// Screen: what a terminal window shows of the bytes that a program prints (libvterm). It knows the escape
// sequences of an xterm; colours are read and forgotten.
//
// Not thread-safe. No bytes make it fail.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/process/terminal.h"

namespace assay::process {

class Screen {
 public:
  explicit Screen(TerminalSize size);
  Screen(Screen&&) noexcept;
  Screen& operator=(Screen&&) noexcept;
  ~Screen();

  // Bytes may end in the middle of a character or of a sequence.
  void feed(std::string_view bytes);
  // The rows from the top to the last one with text, each without the blanks at its end, UTF-8.
  std::string text() const;
  // What a terminal answers to questions of the program (where is the cursor, what are you) since the last
  // call: it is to be written to the program's input.
  std::string take_answers();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `text` of a screen for a report: long runs of one character that is no letter or digit (the frames of wide
// boxes, the blanks in them) become short, empty rows in a row become one.
std::string condensed(std::string_view text);

}  // namespace assay::process
