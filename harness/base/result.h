// Result<T>: what a function returns when it may fail in normal use. Exceptions are kept for what is broken.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace assay {

// Why something failed, in words for a colleague. `file` and `line` say where, when the cause is a data file.
struct Error {
  std::string message;
  std::string file;
  int line = 0;  // 1-based; 0 = no line

  // "file:line: message", "file: message" or "message".
  std::string text() const;
};

template <typename T>
using Result = tl::expected<T, Error>;

// return fail("expected a number, found " + found);
inline tl::unexpected<Error> fail(std::string message, std::string file = {}, int line = 0) {
  return tl::unexpected<Error>(Error{std::move(message), std::move(file), line});
}

}  // namespace assay
