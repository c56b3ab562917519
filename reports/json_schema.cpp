#include "reports/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "harness/base/pattern.h"

namespace assay::reports {
namespace {

using nlohmann::json;

std::string escape(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("~/", at)) != std::string::npos; at += 2)
    text.replace(at, 1, text[at] == '~' ? "~0" : "~1");
  return text;
}

std::string_view type_name(const json& value) {
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  return value.type_name();
}

bool has_type(const json& value, std::string_view type) {
  return type_name(value) == type || (type == "number" && value.is_number());
}

std::string shortened(const json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

class Checker {
 public:
  explicit Checker(const json& schema) : root_(schema) {}

  void check(const json& schema, const json& value, const std::string& at) {
    static const std::set<std::string, std::less<>> kKnown = {
        "$ref",  "type",    "const",     "enum",    "properties", "required", "additionalProperties",
        "items", "minimum", "minLength", "pattern", "description"};
    for (const auto& [keyword, unused] : schema.items())
      if (!kKnown.contains(keyword)) throw std::logic_error("schema keyword not supported: " + keyword);
    if (schema.contains("$ref")) check(resolve(schema["$ref"].get_ref<const std::string&>()), value, at);
    if (!types(schema, value, at)) return;
    if (schema.contains("const") && value != schema["const"])
      report(at, fmt::format("expected {}, found {}", schema["const"].dump(), shortened(value)));
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      report(at, fmt::format("expected one of {}, found {}", schema["enum"].dump(), shortened(value)));
    if (value.is_string()) text(schema, value.get_ref<const std::string&>(), at);
    if (value.is_number() && schema.contains("minimum") && value < schema["minimum"])
      report(at, fmt::format("expected {} or more, found {}", schema["minimum"].dump(), value.dump()));
    if (value.is_array() && schema.contains("items"))
      for (std::size_t i = 0; i < value.size(); ++i)
        check(schema["items"], value[i], fmt::format("{}/{}", at, i));
    if (value.is_object()) members(schema, value, at);
  }

  const json& resolve(std::string_view reference) const {
    if (!reference.starts_with("#/"))
      throw std::logic_error("schema reference is not local: " + std::string(reference));
    return root_.at(json::json_pointer(std::string(reference.substr(1))));
  }

  std::vector<SchemaProblem> problems;

 private:
  void report(const std::string& at, std::string message) { problems.push_back({at, std::move(message)}); }

  bool types(const json& schema, const json& value, const std::string& at) {
    const auto type = schema.find("type");
    if (type == schema.end()) return true;
    const json list = type->is_array() ? *type : json::array({*type});
    for (const json& one : list)
      if (has_type(value, one.get_ref<const std::string&>())) return true;
    std::string names;
    for (const json& one : list) names += (names.empty() ? "" : " or ") + one.get<std::string>();
    report(at, fmt::format("expected {}, found {}", names, type_name(value)));
    return false;
  }

  void text(const json& schema, const std::string& value, const std::string& at) {
    if (schema.contains("minLength") && value.size() < schema["minLength"].get<std::size_t>())
      report(at, "expected some text, found none");
    if (schema.contains("pattern") &&
        !Pattern::compile(schema["pattern"].get<std::string>()).value().found_in(value))
      report(at,
             fmt::format("expected {}, found {}", schema["pattern"].get<std::string>(), shortened(value)));
  }

  void members(const json& schema, const json& value, const std::string& at) {
    const json none = json::object();
    const json& known = schema.contains("properties") ? schema["properties"] : none;
    if (schema.contains("required"))
      for (const json& key : schema["required"])
        if (!value.contains(key)) report(at, fmt::format("\"{}\" is missing", key.get<std::string>()));
    for (const auto& [key, member] : value.items()) {
      const std::string below = at + "/" + escape(key);
      if (known.contains(key))
        check(known[key], member, below);
      else if (const auto more = schema.find("additionalProperties"); more == schema.end())
        continue;
      else if (more->is_object())
        check(*more, member, below);
      else if (!more->get<bool>())
        report(below, "unknown key");
    }
  }

  const json& root_;
};

}  // namespace

std::vector<SchemaProblem> check_schema(const json& schema, std::string_view reference, const json& value) {
  Checker checker(schema);
  checker.check(checker.resolve(reference), value, "");
  return std::move(checker.problems);
}

}  // namespace assay::reports
