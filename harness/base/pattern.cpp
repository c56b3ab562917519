#include "harness/base/pattern.h"

#include <re2/re2.h>

namespace assay {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::string excerpt(const std::string& text) {
  constexpr std::size_t kMost = 80;
  return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

}  // namespace

Result<Pattern> Pattern::compile(const std::string& text) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(text, options);
  if (compiled->ok()) return Pattern(std::move(compiled));
  std::string why = "not a regular expression: " + excerpt(text) + ": " + excerpt(compiled->error());
  if (text.find("(?!") != std::string::npos || text.find("(?=") != std::string::npos ||
      text.find("(?<") != std::string::npos)
    why += " (RE2 syntax has no look-ahead or look-behind; use not_matches)";
  return fail(std::move(why));
}

bool Pattern::found_in(std::string_view text) const {
  return RE2::PartialMatch(piece(text), *compiled_);
}

std::optional<std::string> Pattern::first_in(std::string_view text) const {
  re2::StringPiece match;
  if (!compiled_->Match(piece(text), 0, text.size(), RE2::UNANCHORED, &match, 1)) return std::nullopt;
  return std::string(match.data(), match.size());
}

std::string Pattern::replaced(std::string text, const std::string& by) const {
  RE2::GlobalReplace(&text, *compiled_, by);
  return text;
}

}  // namespace assay
