#include "harness/world/condition.h"

#include <array>
#include <charconv>
#include <optional>

#include "harness/base/text.h"

namespace assay {
namespace {

using nlohmann::json;
using Kind = Condition::Kind;

std::optional<double> as_number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string as_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool same(const json& a, const json& b) {
  if (a == b) return true;
  // Headers and forms carry numbers and booleans as text.
  return a.is_string() != b.is_string() && !a.is_null() && !b.is_null() && as_text(a) == as_text(b);
}

// "<=4" and its relatives; nullopt when `text` is not one of them.
std::optional<Condition> comparison(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, Kind>, 4> kSigns = {
      {{">=", Kind::at_least}, {"<=", Kind::at_most}, {">", Kind::more_than}, {"<", Kind::less_than}}};
  for (const auto& [sign, kind] : kSigns) {
    if (!text.starts_with(sign)) continue;
    if (const auto number = as_number(text.substr(sign.size()))) return Condition{kind, *number};
  }
  return std::nullopt;
}

Result<Condition> named_test(const std::string& name, const json& value) {
  if (name == "contains") return Condition{Kind::contains, value};
  if (name == "not") return Condition{Kind::not_equals, value};
  if (name == "in" && value.is_array()) return Condition{Kind::in, value};
  if (name == "min" && value.is_number()) return Condition{Kind::at_least, value};
  if (name == "max" && value.is_number()) return Condition{Kind::at_most, value};
  if ((name == "matches" || name == "not_matches") && value.is_string()) {
    auto pattern = Pattern::compile(value.get_ref<const std::string&>());
    if (!pattern) return tl::unexpected(pattern.error());
    return Condition{name == "matches" ? Kind::matches : Kind::not_matches, value, std::move(*pattern)};
  }
  return fail("unknown test \"" + name +
              "\"; expected contains, matches, not_matches, not, in (a list), min or max (numbers)");
}

}  // namespace

Result<std::vector<Condition>> parse_condition(const json& text) {
  if (text == "present") return std::vector{Condition{Kind::present, nullptr}};
  if (text == "absent") return std::vector{Condition{Kind::absent, nullptr}};
  if (text.is_string()) {
    if (auto compared = comparison(text.get<std::string>())) return std::vector{*compared};
  }
  if (!text.is_object()) return std::vector{Condition{Kind::equals, text}};
  std::vector<Condition> out;
  for (const auto& [name, value] : text.items()) {
    auto one = named_test(name, value);
    if (!one) return tl::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  if (out.empty()) return fail("expected a test, found an empty map");
  return out;
}

bool holds(const Condition& condition, const json* found) {
  if (condition.kind == Kind::absent) return found == nullptr;
  if (found == nullptr) return false;
  const json& value = condition.value;
  switch (condition.kind) {
    case Kind::equals:
      return same(*found, value);
    case Kind::not_equals:
      return !same(*found, value);
    case Kind::present:
      return true;
    case Kind::contains:
      if (found->is_array()) {
        for (const json& item : *found) {
          if (same(item, value)) return true;
        }
        return false;
      }
      return as_text(*found).find(as_text(value)) != std::string::npos;
    case Kind::matches:
      return condition.pattern && condition.pattern->found_in(as_text(*found));
    case Kind::not_matches:
      return condition.pattern && !condition.pattern->found_in(as_text(*found));
    case Kind::in:
      for (const json& item : value) {
        if (same(*found, item)) return true;
      }
      return false;
    default:
      break;
  }
  const auto number = as_number(*found);
  if (!number) return false;
  const double limit = value.get<double>();
  if (condition.kind == Kind::at_least) return *number >= limit;
  if (condition.kind == Kind::at_most) return *number <= limit;
  if (condition.kind == Kind::more_than) return *number > limit;
  return *number < limit;
}

bool all_hold(const std::vector<Condition>& conditions, const json* found) {
  for (const Condition& c : conditions) {
    if (!holds(c, found)) return false;
  }
  return true;
}

std::string describe(const Condition& condition) {
  switch (condition.kind) {
    case Kind::equals:
      return condition.value.dump();
    case Kind::not_equals:
      return "not " + condition.value.dump();
    case Kind::present:
      return "present";
    case Kind::absent:
      return "absent";
    case Kind::contains:
      return "something with " + condition.value.dump();
    case Kind::matches:
      return "something that matches " + condition.value.dump();
    case Kind::not_matches:
      return "something that does not match " + condition.value.dump();
    case Kind::in:
      return "one of " + condition.value.dump();
    case Kind::at_least:
      return "at least " + condition.value.dump();
    case Kind::at_most:
      return "at most " + condition.value.dump();
    case Kind::more_than:
      return "more than " + condition.value.dump();
    case Kind::less_than:
      return "less than " + condition.value.dump();
  }
  return {};
}

const json* at_pointer(const json& document, std::string_view pointer) {
  const json* here = &document;
  if (pointer.empty()) return here;
  for (const std::string_view raw : split(pointer.substr(pointer.front() == '/' ? 1 : 0), '/')) {
    std::string token;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1')) {
        token += raw[++i] == '0' ? '~' : '/';
      } else {
        token += raw[i];
      }
    }
    if (here->is_object()) {
      const auto found = here->find(token);
      if (found == here->end()) return nullptr;
      here = &*found;
    } else if (here->is_array()) {
      std::int64_t index = 0;
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
      if (error != std::errc() || end != token.data() + token.size()) return nullptr;
      if (index < 0) index += static_cast<std::int64_t>(here->size());
      if (index < 0 || index >= static_cast<std::int64_t>(here->size())) return nullptr;
      here = &(*here)[static_cast<std::size_t>(index)];
    } else {
      return nullptr;
    }
  }
  return here;
}

bool glob_match(std::string_view glob, std::string_view text) {
  // Greedy with one point to fall back to: linear in practice, no recursion.
  std::size_t g = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      from = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace assay
