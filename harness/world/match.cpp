#include "harness/world/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/base/strict.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay {
namespace {

using nlohmann::json;

Result<std::vector<FieldMatch>> parse_fields(const json& map, std::string_view what) {
  if (!map.is_object()) return fail("expected a map of conditions under \"" + std::string(what) + "\"");
  std::vector<FieldMatch> out;
  for (const auto& [name, value] : map.items()) {
    auto conditions = parse_condition(value);
    if (!conditions) return tl::unexpected(conditions.error());
    out.push_back({name, std::move(*conditions)});
  }
  return out;
}

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0) {
    return fail("expected nth as 2, \"2+\" or \"1-3\", found \"" + std::string(text) + "\"");
  }
  return n;
}

Result<void> parse_nth(const json& value, RequestMatch& match) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  const auto dash = text.find('-');
  const bool open = text.ends_with('+');
  const auto first = parse_count(std::string_view(text).substr(0, open ? text.size() - 1 : dash));
  if (!first) return tl::unexpected(first.error());
  match.first = *first;
  match.last = open ? UINT64_MAX : *first;
  if (!open && dash != std::string::npos) {
    const auto last = parse_count(std::string_view(text).substr(dash + 1));
    if (!last) return tl::unexpected(last.error());
    match.last = *last;
    if (match.last < match.first) {
      return fail("nth \"" + text + "\" can never be: expected the lower number first, as in \"" +
                  std::to_string(match.last) + "-" + std::to_string(match.first) + "\"");
    }
  }
  return {};
}

Result<void> add_path(const std::string& path, const PathAliases& aliases, RequestMatch& match) {
  if (const auto alias = aliases.find(path); alias != aliases.end()) {
    match.paths.insert(match.paths.end(), alias->second.begin(), alias->second.end());
  } else if (path.starts_with('/') || path.starts_with('*')) {
    match.paths.push_back(path);
  } else {
    return fail("expected a path that starts with / or *, or an alias, found \"" + path + "\"");
  }
  return {};
}

// "POST chat", "GET /v1/models", "chat", "/token".
Result<RequestMatch> parse_line(const std::string& line, const PathAliases& aliases) {
  RequestMatch match;
  const auto space = line.find(' ');
  std::string path = line;
  if (space != std::string::npos) {
    match.method = line.substr(0, space);
    path = line.substr(space + 1);
  }
  if (auto added = add_path(path, aliases, match); !added) return tl::unexpected(added.error());
  return match;
}

bool fields_hold(const std::vector<FieldMatch>& fields, const auto& value_of) {
  return std::all_of(fields.begin(), fields.end(), [&](const FieldMatch& field) {
    const std::optional<std::string> found = value_of(field.name);
    const json value = found ? json(*found) : json();
    return all_hold(field.conditions, found ? &value : nullptr);
  });
}

// A value as a sentence shows it: long ones are cut.
std::string shown_value(const json* value) {
  constexpr std::size_t kMost = 120;
  if (value == nullptr) return "is absent";
  std::string text = value->dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return "is " + text;
}

void tell_field(std::string_view where, const FieldMatch& field, const json* found,
                std::vector<std::string>& out) {
  for (const Condition& condition : field.conditions) {
    if (holds(condition, found)) continue;
    out.push_back(
        fmt::format("{} {} {} (expected: {})", where, field.name, shown_value(found), describe(condition)));
  }
}

void tell_fields(std::string_view where, const std::vector<FieldMatch>& fields, const auto& value_of,
                 std::vector<std::string>& out) {
  for (const FieldMatch& field : fields) {
    const std::optional<std::string> found = value_of(field.name);
    const json value = found ? json(*found) : json();
    tell_field(where, field, found ? &value : nullptr, out);
  }
}

}  // namespace

Result<RequestMatch> parse_match(const json& text, const PathAliases& aliases) {
  if (text.is_string()) return parse_line(text.get<std::string>(), aliases);
  if (!text.is_object()) return fail("expected a match: a line such as \"POST /token\" or a map");
  RequestMatch match;
  for (const auto& item : text.items()) {
    const std::string& key = item.key();
    const json& value = item.value();
    Result<void> ok;
    auto fields = [&](std::vector<FieldMatch>& into) {
      auto parsed = parse_fields(value, key);
      if (!parsed) {
        ok = tl::unexpected(parsed.error());
      } else {
        into = std::move(*parsed);
      }
    };
    if (key == "method" && value.is_string()) {
      match.method = value.get<std::string>();
    } else if (key == "path" && value.is_string()) {
      ok = add_path(value.get<std::string>(), aliases, match);
    } else if (key == "nth") {
      ok = parse_nth(value, match);
    } else if (key == "header") {
      fields(match.header);
    } else if (key == "query") {
      fields(match.query);
    } else if (key == "form") {
      fields(match.form);
    } else if (key == "body") {
      fields(match.body);
    } else {
      ok = fail(
          unknown_word("key of a match", key, {"method", "path", "nth", "header", "query", "form", "body"}));
    }
    if (!ok) return tl::unexpected(ok.error());
  }
  return match;
}

bool matches(const RequestMatch& match, const Request& request) {
  if (!match.method.empty() && match.method != request.method) return false;
  const std::string_view path = target_path(request.target);
  if (!match.paths.empty() && std::none_of(match.paths.begin(), match.paths.end(),
                                           [&](const std::string& glob) { return glob_match(glob, path); })) {
    return false;
  }
  if (!fields_hold(match.header, [&](const std::string& name) -> std::optional<std::string> {
        const std::string* value = find_header(request.headers, name);
        return value == nullptr ? std::nullopt : std::optional(*value);
      })) {
    return false;
  }
  if (!fields_hold(match.query, [&](const std::string& name) { return query_value(request.target, name); }))
    return false;
  if (!match.form.empty()) {
    const std::string as_query = "?" + request.body;
    if (!fields_hold(match.form, [&](const std::string& name) { return query_value(as_query, name); }))
      return false;
  }
  if (match.body.empty()) return true;
  const json body = parse_untrusted(request.body);
  return std::all_of(match.body.begin(), match.body.end(), [&](const FieldMatch& field) {
    return all_hold(field.conditions, body.is_discarded() ? nullptr : at_pointer(body, field.name));
  });
}

std::vector<std::string> differences(const RequestMatch& match, const Request& request) {
  std::vector<std::string> out;
  const std::string_view path = target_path(request.target);
  if (!match.method.empty() && match.method != request.method)
    out.push_back(fmt::format("the method is {}, not {}", request.method, match.method));
  if (!match.paths.empty() && std::none_of(match.paths.begin(), match.paths.end(),
                                           [&](const std::string& glob) { return glob_match(glob, path); }))
    out.push_back(fmt::format("the path is {}, not {}", path, match.paths.front()));
  tell_fields(
      "header", match.header,
      [&](const std::string& name) -> std::optional<std::string> {
        const std::string* value = find_header(request.headers, name);
        return value == nullptr ? std::nullopt : std::optional(*value);
      },
      out);
  tell_fields(
      "query", match.query, [&](const std::string& name) { return query_value(request.target, name); }, out);
  const std::string as_query = "?" + request.body;
  tell_fields(
      "form", match.form, [&](const std::string& name) { return query_value(as_query, name); }, out);
  if (match.body.empty()) return out;
  const json body = parse_untrusted(request.body);
  for (const FieldMatch& field : match.body)
    tell_field("body", field, body.is_discarded() ? nullptr : at_pointer(body, field.name), out);
  return out;
}

}  // namespace assay
