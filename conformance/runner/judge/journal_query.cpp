#include "conformance/runner/judge/journal_query.h"

#include <algorithm>
#include <charconv>

#include "harness/base/text.h"

namespace assay::conformance {
namespace {

bool is_method(std::string_view word) {
  return word.size() >= 3 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_number(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <typename T>
T number(std::string_view word) {
  T n = 0;
  std::from_chars(word.data(), word.data() + word.size(), n);
  return n;
}

bool is_kind(std::string_view word) {
  for (int k = 0; k <= static_cast<int>(JournalKind::note); ++k) {
    if (to_string(static_cast<JournalKind>(k)) == word) return true;
  }
  return word == "opens" || word == "exec";
}

}  // namespace

const PathAliases& path_aliases() {
  static const PathAliases kAliases = {
      {"chat",
       {"*/chat/completions", "*/v1/messages", "*/v1/responses", "/responses", "*/codex/responses",
        "*:generateContent", "*:streamGenerateContent", "/api/chat", "/v2/chat", "/v1beta/interactions",
        "/model/*/converse*", "/model/*/invoke*"}},
      {"models", {"*/models", "/api/tags"}},
      // Where accounts of conformance/logins have them.
      {"authorize", {"*/authorize", "/o/oauth2/v2/auth", "/auth"}},
      {"token",
       {"*/token", "*/access_token", "*/authenticate", "*/auth/keys", "*/auth/register", "*/auth/refresh"}},
      {"device", {"*/device_authorization", "*/device/code", "*/usercode", "*/authorize/device"}},
      {"revoke", {"*/revoke"}},
      {"keys", {"/platform/v1/teams/*/keys"}},
  };
  return kAliases;
}

Result<JournalQuery> parse_query(const std::string& line) {
  JournalQuery out;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (!words.empty() && words.back().starts_with('#')) {
    if (!is_number(words.back().substr(1))) return fail("expected #1, #2, … at the end of \"" + line + "\"");
    out.nth = number<std::uint64_t>(words.back().substr(1));
    words.pop_back();
  }
  std::size_t at = 0;
  if (at < words.size() && !is_method(words[at]) && !is_kind(words[at])) out.actor = words[at++];
  if (at >= words.size())
    return fail("expected \"[actor] METHOD path\" or \"[actor] kind\", found \"" + line + "\"");
  if (is_method(words[at])) {
    out.method = words[at++];
    if (at >= words.size()) return fail("expected a path after " + out.method + " in \"" + line + "\"");
    const std::string path(words[at++]);
    if (const auto alias = path_aliases().find(path); alias != path_aliases().end()) {
      out.paths = alias->second;
    } else if (path.starts_with('/') || path.starts_with('*')) {
      out.paths = {path};
    } else {
      return fail(
          "expected a path that starts with / or *, or one of chat, models, authorize, token, device, "
          "revoke, keys, found \"" +
          path + "\"");
    }
    if (at < words.size() && is_number(words[at])) out.status = number<int>(words[at++]);
  } else if (is_kind(words[at])) {
    out.kind = words[at++];
    if (at < words.size()) out.text = words[at++];
  } else {
    return fail("expected a method or a kind of entry, found \"" + std::string(words[at]) + "\" in \"" +
                line + "\"");
  }
  if (at != words.size()) return fail("unexpected \"" + std::string(words[at]) + "\" in \"" + line + "\"");
  return out;
}

bool fits(const JournalQuery& query, const JournalEntry& entry) {
  if (!query.actor.empty() && query.actor != entry.actor) return false;
  if (!query.method.empty()) {
    if (!entry.request || (entry.kind != JournalKind::request && entry.kind != JournalKind::unclaimed))
      return false;
    if (query.method != entry.request->method) return false;
    const std::string_view path = target_path(entry.request->target);
    return std::any_of(query.paths.begin(), query.paths.end(),
                       [&](const std::string& glob) { return glob_match(glob, path); });
  }
  const bool kind =
      to_string(entry.kind) == query.kind ||
      (entry.kind == JournalKind::action && entry.text.substr(0, entry.text.find(' ')) == query.kind);
  return kind && (query.text.empty() || glob_match(query.text, entry.text));
}

int Statuses::of(const JournalEntry& entry) {
  if (!read_) {
    for (const auto& other : journal_) {
      if (other->kind == JournalKind::response) by_exchange_.emplace(other->exchange, other->status);
    }
    read_ = true;
  }
  const auto found = by_exchange_.find(entry.exchange);
  return found == by_exchange_.end() ? 0 : found->second;
}

Entries select(const JournalQuery& query, const Entries& journal) {
  Entries out;
  Statuses statuses(journal);
  for (const auto& entry : journal) {
    if (!fits(query, *entry)) continue;
    // A request that no fake claimed stands twice: as request and as unclaimed. Count it once.
    if (!query.method.empty() && entry->kind == JournalKind::unclaimed) continue;
    if (query.status != 0 && statuses.of(*entry) != query.status) continue;
    out.push_back(entry);
  }
  if (query.nth != 0) {
    if (out.size() < query.nth) return {};
    return {out[query.nth - 1]};
  }
  return out;
}

}  // namespace assay::conformance
