#include "fakes/oauth/rules.h"

#include <algorithm>

#include "fakes/common/jwt.h"
#include "harness/base/text.h"

namespace assay::fakes {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

struct Loopback {
  std::string_view host;
  std::string_view port;  // with its colon; may be empty
  std::string_view rest;  // path and query
};

std::optional<Loopback> loopback(std::string_view uri) {
  for (const std::string_view host : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
    if (!uri.starts_with(host)) continue;
    auto rest = uri.substr(host.size());
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto port = rest.substr(0, end);
    if (!port.empty() &&
        (port.front() != ':' || port.substr(1).find_first_not_of(digits) != std::string_view::npos))
      continue;
    return Loopback{host, port, rest.substr(end)};
  }
  return std::nullopt;
}

}  // namespace

bool redirect_matches(std::string_view registered, std::string_view uri, bool exact_port) {
  if (registered == uri) return true;
  if (exact_port) return false;
  const auto a = loopback(registered);
  const auto b = loopback(uri);
  return a && b && a->host == b->host && a->rest == b->rest;
}

bool redirect_allowed(std::string_view uri) {
  if (uri.find('#') != std::string_view::npos) return false;
  return loopback(uri).has_value() ||
         (uri.starts_with("https://") && uri.size() > std::string_view("https://").size());
}

bool verifier_well_formed(std::string_view verifier) {
  constexpr std::size_t least = 43;
  constexpr std::size_t most = 128;
  static const std::string unreserved = std::string(letters_and_digits) + "-._~";
  return verifier.size() >= least && verifier.size() <= most &&
         verifier.find_first_not_of(unreserved) == std::string_view::npos;
}

bool challenge_well_formed(std::string_view challenge, std::string_view method) {
  if (method != "S256") return verifier_well_formed(challenge);
  constexpr std::size_t of_sha256 = 43;
  static const std::string base64url_alphabet = std::string(letters_and_digits) + "-_";
  return challenge.size() == of_sha256 &&
         challenge.find_first_not_of(base64url_alphabet) == std::string_view::npos;
}

bool verifier_fits(std::string_view verifier, std::string_view challenge, std::string_view method) {
  return method == "S256" ? base64url(sha256(verifier)) == challenge : verifier == challenge;
}

std::vector<std::string> scope_words(std::string_view scope) {
  std::vector<std::string> words;
  for (const auto word : split(scope, ' '))
    if (!word.empty()) words.emplace_back(word);
  return words;
}

bool scope_within(std::string_view narrow, const std::vector<std::string>& wide) {
  const auto words = scope_words(narrow);
  return std::all_of(words.begin(), words.end(), [&](const auto& word) {
    return std::find(wide.begin(), wide.end(), word) != wide.end();
  });
}

}  // namespace assay::fakes
