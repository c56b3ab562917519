#include "reports/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>
#include <utility>

#include "harness/base/pattern.h"
#include "reports/summary.h"

namespace assay::reports {
namespace {

// Client, case, and the how manieth line of that case it is (--repeat).
using Key = std::tuple<std::string_view, std::string_view, int>;

class Comparison {
 public:
  explicit Comparison(const DiffOptions& options) : options_(options) {}

  std::vector<std::string> details(const CaseRecord& a, const CaseRecord& b) {
    std::vector<std::string> out;
    text(out, "reason", a.reason, b.reason);
    text(out, "not met", unmet(a), unmet(b));
    for (const Check& check : a.checks) {
      const Check* other = find(b, check.name);
      if (other == nullptr)
        out.push_back(fmt::format("check {}: gone", check.name));
      else
        compare(out, check, *other);
    }
    for (const Check& check : b.checks)
      if (find(a, check.name) == nullptr) out.push_back(fmt::format("check {}: new", check.name));
    return out;
  }

 private:
  static std::string unmet(const CaseRecord& c) {
    std::string out;
    for (const Precondition& one : c.met)
      if (!one.ok) out += (out.empty() ? "" : "; ") + one.text;
    return out;
  }

  static const Check* find(const CaseRecord& c, std::string_view name) {
    const auto at = std::find_if(c.checks.begin(), c.checks.end(),
                                 [&](const Check& check) { return check.name == name; });
    return at == c.checks.end() ? nullptr : &*at;
  }

  void compare(std::vector<std::string>& out, const Check& a, const Check& b) const {
    if (a.ok != b.ok)
      out.push_back(fmt::format("check {}: {}", a.name, b.ok ? "holds now" : "does not hold any more"));
    text(out, "check " + a.name + ": expected", a.expected, b.expected);
    text(out, "check " + a.name + ": observed", a.observed, b.observed);
  }

  void text(std::vector<std::string>& out, const std::string& what, const std::string& a,
            const std::string& b) const {
    if (a == b || (options_.stable && stable_text(a) == stable_text(b))) return;
    out.push_back(fmt::format("{} \"{}\" -> \"{}\"", what, one_line(a, 160), one_line(b, 160)));
  }

  DiffOptions options_;
};

bool red(const std::optional<Verdict>& verdict) {
  return verdict && is_red(*verdict);
}
bool green(const std::optional<Verdict>& verdict) {
  return verdict && is_green(*verdict);
}

int group(const Change& change) {
  if (red(change.after) && !red(change.before)) return 0;
  if (!change.after) return 1;
  if (!change.before) return 2;
  if (green(change.after) && !green(change.before)) return 4;
  return 3;
}

std::string_view name_of(const std::optional<Verdict>& verdict) {
  return verdict ? to_string(*verdict) : "absent";
}

}  // namespace

std::vector<Change> diff_records(const RunRecord& before, const RunRecord& after,
                                 const DiffOptions& options) {
  std::map<Key, std::pair<const CaseRecord*, const CaseRecord*>> cases;
  const auto each = [](const RunRecord& record, const auto& take) {
    std::map<std::pair<std::string_view, std::string_view>, int> seen;
    for (const CaseRecord& c : record.cases) take(Key(c.client, c.name, seen[{c.client, c.name}]++), c);
  };
  each(before, [&](const Key& key, const CaseRecord& c) { cases[key].first = &c; });
  each(after, [&](const Key& key, const CaseRecord& c) { cases[key].second = &c; });
  Comparison comparison(options);
  std::vector<Change> out;
  for (const auto& [key, sides] : cases) {
    const auto& [a, b] = sides;
    Change change{std::string(std::get<0>(key)), std::string(std::get<1>(key)), {}, {}, {}};
    if (a != nullptr) change.before = a->verdict;
    if (b != nullptr) change.after = b->verdict;
    if (a != nullptr && b != nullptr) change.details = comparison.details(*a, *b);
    if (change.before != change.after || !change.details.empty()) out.push_back(std::move(change));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Change& a, const Change& b) { return group(a) < group(b); });
  return out;
}

std::string render_diff(const std::vector<Change>& changes) {
  constexpr const char* kGroups[] = {"newly red", "gone", "new", "changed", "fixed"};
  std::size_t counts[5] = {};
  std::string out;
  for (const Change& change : changes) {
    const int kind = group(change);
    ++counts[kind];
    out += fmt::format("{:<9} {}  ({})  {} -> {}\n", kGroups[kind], one_line(change.name),
                       one_line(change.client), name_of(change.before), name_of(change.after));
    for (const std::string& detail : change.details) out += "            " + detail + "\n";
  }
  if (changes.empty()) return "no change\n";
  std::string summary;
  for (int i = 0; i < 5; ++i)
    if (counts[i] != 0) summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", counts[i], kGroups[i]);
  return out + summary + "\n";
}

namespace {

bool is_token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

// Words of 20 characters or more with a letter and a digit: ids, keys and hashes.
std::string without_tokens(std::string_view text) {
  constexpr std::size_t kShortest = 20;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_token_character(text[end])) ++end;
    std::string_view word = text.substr(at, end - at);
    const std::string_view dashes = word.substr(0, std::min(word.find_first_not_of('-'), word.size()));
    word.remove_prefix(dashes.size());
    const auto has = [&](int (*kind)(int)) {
      return std::any_of(word.begin(), word.end(),
                         [&](char c) { return kind(static_cast<unsigned char>(c)) != 0; });
    };
    out += dashes;
    if (word.size() >= kShortest && has(std::isdigit) && has(std::isalpha)) {
      out += "<token>";
    } else {
      out += word;
    }
    if (end < text.size()) out += text[end++];
    at = end;
  }
  return out;
}

}  // namespace

std::string stable_text(std::string_view text) {
  // The order matters: a timestamp is also digits, a path may hold a token.
  static const std::vector<std::pair<Pattern, const char*>> kRules = [] {
    std::vector<std::pair<Pattern, const char*>> rules;
    const auto rule = [&](const char* pattern, const char* by) {
      rules.emplace_back(Pattern::compile(pattern).value(), by);
    };
    rule(R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?)", "<time>");
    rule(R"(\b\d+(\.\d+)?\s?(us|µs|ms|s|sec|seconds|min)\b)", "<time>");
    rule(R"(/(tmp|var|home|root|proc|run|private|Users|opt|mnt|builds)/[^\s"',;:)\]}]*)", "<path>");
    rule(R"((127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0):\d+)", R"(\1:<port>)");
    rule(R"(\b(port)([ =:]+)\d+)", R"(\1\2<port>)");
    rule(R"(\b(pid|process)([ =:]+)\d+)", R"(\1\2<pid>)");
    return rules;
  }();
  std::string out(text);
  for (const auto& [pattern, name] : kRules) out = pattern.replaced(std::move(out), name);
  return without_tokens(out);
}

}  // namespace assay::reports
