// How a verb tells what went wrong: one line on stderr.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "harness/base/exit_code.h"
#include "harness/base/result.h"
#include "harness/base/visible.h"

namespace assay::cli {

// Whoever chose the name of a file does not choose what the terminal does. Lines and tabs stay.
inline std::string without_controls(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t size = text[i] == '\n' || text[i] == '\t' ? 0 : control_at(text, i);
    if (size == 0) {
      out += text[i];
    } else {
      out += visible(text.substr(i, size));
      i += size - 1;
    }
  }
  return out;
}

inline ExitCode say(const Error& error, ExitCode code = ExitCode::usage) {
  fmt::print(stderr, "assay: {}\n", without_controls(error.text()));
  return code;
}

}  // namespace assay::cli
