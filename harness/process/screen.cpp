#include "harness/process/screen.h"

#include <vterm.h>

#include <cctype>
#include <cstdint>
#include <utility>

#include "harness/base/text.h"

namespace assay::process {
namespace {

struct FreeTerminal {
  void operator()(VTerm* terminal) const { ::vterm_free(terminal); }
};

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6U));
    out += static_cast<char>(0x80 | (c & 0x3fU));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12U));
    out += static_cast<char>(0x80 | ((c >> 6U) & 0x3fU));
    out += static_cast<char>(0x80 | (c & 0x3fU));
  } else {
    out += static_cast<char>(0xf0 | ((c >> 18U) & 0x07U));
    out += static_cast<char>(0x80 | ((c >> 12U) & 0x3fU));
    out += static_cast<char>(0x80 | ((c >> 6U) & 0x3fU));
    out += static_cast<char>(0x80 | (c & 0x3fU));
  }
}

}  // namespace

struct Screen::State {
  std::unique_ptr<VTerm, FreeTerminal> terminal;
  VTermScreen* screen = nullptr;  // of `terminal`
  TerminalSize size;
  std::string answers;
};

Screen::Screen(TerminalSize size) : state_(std::make_unique<State>()) {
  state_->size = size;
  state_->terminal.reset(::vterm_new(size.rows, size.columns));
  ::vterm_set_utf8(state_->terminal.get(), 1);
  ::vterm_output_set_callback(
      state_->terminal.get(),
      [](const char* bytes, std::size_t count, void* to) {
        static_cast<State*>(to)->answers.append(bytes, count);
      },
      state_.get());
  state_->screen = ::vterm_obtain_screen(state_->terminal.get());
  ::vterm_screen_enable_altscreen(state_->screen, 1);
  ::vterm_screen_reset(state_->screen, 1);
}

Screen::Screen(Screen&&) noexcept = default;
Screen& Screen::operator=(Screen&&) noexcept = default;
Screen::~Screen() = default;

void Screen::feed(std::string_view bytes) {
  ::vterm_input_write(state_->terminal.get(), bytes.data(), bytes.size());
}

std::string Screen::text() const {
  std::string out;
  std::size_t empty_rows = 0;
  for (int row = 0; row < state_->size.rows; ++row) {
    std::string line;
    std::size_t blanks = 0;
    for (int column = 0; column < state_->size.columns;) {
      VTermScreenCell cell{};
      ::vterm_screen_get_cell(state_->screen, VTermPos{row, column}, &cell);
      column += cell.width > 1 ? cell.width : 1;
      if (cell.chars[0] == 0 || cell.chars[0] == ' ') {
        ++blanks;
        continue;
      }
      line.append(blanks, ' ');
      blanks = 0;
      for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i) {
        // The second half of a wide character has a mark instead of one.
        if (cell.chars[i] <= 0x10ffff) append_utf8(line, cell.chars[i]);
      }
    }
    if (line.empty()) {
      ++empty_rows;
      continue;
    }
    if (!out.empty() || row > 0) out.append(out.empty() ? empty_rows : empty_rows + 1, '\n');
    empty_rows = 0;
    out += line;
  }
  return out;
}

std::string Screen::take_answers() {
  return std::exchange(state_->answers, {});
}

std::string condensed(std::string_view text) {
  constexpr std::size_t kLongest = 24, kShown = 6;
  std::string out;
  bool empty_before = true;
  for (const std::string_view row : split(text, '\n')) {
    std::string line;
    for (std::size_t at = 0; at < row.size();) {
      std::size_t width = 1;
      while (at + width < row.size() && (static_cast<unsigned char>(row[at + width]) & 0xc0U) == 0x80U)
        ++width;
      const std::string_view one = row.substr(at, width);
      const bool letter = width == 1 && std::isalnum(static_cast<unsigned char>(row[at])) != 0;
      std::size_t count = 1;
      while (!letter && row.substr(at + count * width, width) == one) ++count;
      for (std::size_t i = 0; i < (count > kLongest ? kShown : count); ++i) line += one;
      at += count * width;
    }
    const bool empty = trim(line).empty();
    if (empty && empty_before) continue;
    empty_before = empty;
    if (!out.empty()) out += '\n';
    if (!empty) out += line;
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace assay::process
