#include "cli/redacted_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/fixture/redact/redact.h"
#include "harness/fixture/redact/secret_words.h"

namespace assay::cli {
namespace {

constexpr std::size_t kShortestValue = 8;  // of a variable: what is shorter stands in a word by chance

bool names_secret(std::string_view name) {
  const std::string folded = secret::fold(name);
  return secret::ends_like_secret(folded) || folded.ends_with("password") || folded.ends_with("passwd") ||
         folded.ends_with("apikey") || folded.ends_with("authorization");
}

std::string placeholder(std::size_t size) {
  std::string out = "redacted-";
  out.resize(std::max(size, out.size()), 'x');
  return out;
}

// Words that are redacted one by one; TextRedactor knows what looks like a secret by itself.
std::vector<std::string> redacted_words(const std::vector<std::string>& words, const TextRedactor& redact) {
  std::vector<std::string> out;
  bool secret_follows = false;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (word.find(' ') != std::string::npos) {
      // One value that is a command of its own: --adapter "./mine --token x".
      std::vector<std::string> inner;
      for (const std::string_view part : split(word, ' ')) inner.emplace_back(part);
      out.push_back(fmt::format("{}", fmt::join(redacted_words(inner, redact), " ")));
    } else if ((secret_follows && !word.starts_with('-')) || secret::looks_random(word)) {
      out.push_back(placeholder(word.size()));
    } else if (equals != std::string::npos && equals + 1 < word.size() &&
               names_secret(word.substr(0, equals))) {
      out.push_back(word.substr(0, equals + 1) + placeholder(word.size() - equals - 1));
    } else {
      out.push_back(redact(word));
    }
    secret_follows = word.starts_with('-') && equals == std::string::npos && names_secret(word);
  }
  return out;
}

}  // namespace

std::vector<std::string> redacted_command(const std::vector<std::string>& argv,
                                          const std::vector<std::string>& environment) {
  RedactionRules rules = default_redaction_rules();
  for (const std::string& variable : environment) {
    const auto equals = variable.find('=');
    if (equals == std::string::npos || variable.size() - equals - 1 < kShortestValue) continue;
    if (names_secret(variable.substr(0, equals))) rules.secrets.push_back(variable.substr(equals + 1));
  }
  return redacted_words(argv, TextRedactor(rules));
}

}  // namespace assay::cli
