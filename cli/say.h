// How a verb tells what went wrong: one line on stderr.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "harness/base/exit_code.h"
#include "harness/base/result.h"

namespace assay::cli {

// Whoever chose the name of a file does not choose what the terminal does.
inline std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

inline ExitCode say(const Error& error, ExitCode code = ExitCode::usage) {
  fmt::print(stderr, "assay: {}\n", without_controls(error.text()));
  return code;
}

}  // namespace assay::cli
