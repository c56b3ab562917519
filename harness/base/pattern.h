// Pattern: a regular expression in RE2's syntax. Matching takes time linear in the text and bounded memory,
// whatever the expression and the text are, so both may come from strangers. RE2 has no look-ahead, no
// look-behind and no back-references.
//
// A value; copies share what was compiled. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace re2 {
class RE2;
}

namespace assay {

class Pattern {
 public:
  // Fails with "not a regular expression: (?!x): invalid perl operator: (?!".
  static Result<Pattern> compile(const std::string& text);

  bool found_in(std::string_view text) const;
  // What the leftmost match is; nullopt without one.
  std::optional<std::string> first_in(std::string_view text) const;
  // Every match replaced; \1 to \9 in `by` are the groups.
  std::string replaced(std::string text, const std::string& by) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace assay
