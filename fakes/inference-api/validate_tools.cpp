// Rules about the definitions of tools and the arguments of calls.
#include "fakes/inference-api/validation.h"
#include "harness/base/untrusted_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace assay::fakes::validation {

namespace {

// The tool definitions' names and JSON schemas.
struct Tool {
  std::string name;
  const json* schema = nullptr;
};
std::vector<Tool> tools_of(const json& body) {
  std::vector<Tool> tools;
  const auto add = [&](const json& tool, const char* schema) {
    if (tool.is_object())
      tools.push_back({tool.value("name", ""), tool.contains(schema) ? &tool[schema] : nullptr});
  };
  for (const auto& tool : list_of(body, "tools")) {
    if (!tool.is_object()) continue;
    if (tool.contains("function")) {
      add(tool["function"], "parameters");
    } else if (tool.contains("functionDeclarations")) {
      for (const auto& one : list_of(tool, "functionDeclarations")) add(one, "parameters");
    } else {
      add(tool, tool.contains("input_schema") ? "input_schema" : "parameters");
    }
  }
  return tools;
}

Found find_schema_word(const json& schema, const std::string& tool) {
  static const std::set<std::string> words{
      "additionalProperties", "$schema",          "$ref",   "$defs", "const", "propertyNames",
      "patternProperties",    "exclusiveMinimum", "default"};
  if (schema.is_object()) {
    for (const auto& [name, value] : schema.items()) {
      if (words.contains(name))
        return bad_request(
            fmt::format("Invalid JSON payload received. Unknown name \"{}\" in the parameters of "
                        "function {}: Cannot find field.",
                        name, tool));
      if (name == "type" && value.is_array())
        return bad_request(
            fmt::format("Invalid JSON payload received. 'type' of function {} must be one value", tool));
      // The names under "properties" are the tool's own; what they stand for is a schema again.
      if (name == "properties" && value.is_object()) {
        for (const auto& property : value)
          if (auto found = find_schema_word(property, tool)) return found;
      } else if (auto found = find_schema_word(value, tool)) {
        return found;
      }
    }
  } else if (schema.is_array()) {
    for (const auto& one : schema)
      if (auto found = find_schema_word(one, tool)) return found;
  }
  return std::nullopt;
}

}  // namespace

Found plain_tool_schema(const json& body, Protocol) {
  for (const auto& tool : tools_of(body))
    if (tool.schema != nullptr)
      if (auto found = find_schema_word(*tool.schema, tool.name)) return found;
  return std::nullopt;
}

Found tool_names(const json& body, Protocol) {
  const auto allowed = [](const std::string& name) {
    constexpr std::size_t kLongest = 64;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && name.size() <= kLongest && letter(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
  };
  std::set<std::string> seen;
  for (const auto& tool : tools_of(body)) {
    if (!allowed(tool.name))
      return bad_request(
          fmt::format("Invalid function name '{}'. Must start with a letter or an underscore and hold at "
                      "most 64 letters, digits, underscores, dots and dashes",
                      tool.name),
          "tools");
    if (!seen.insert(tool.name).second)
      return bad_request(fmt::format("Duplicate function declaration found: {}", tool.name), "tools");
  }
  return std::nullopt;
}

Found too_many_tools(const json& body, Protocol) {
  constexpr std::size_t limit = 128;
  const auto count = tools_of(body).size();
  if (count <= limit) return std::nullopt;
  return bad_request(
      fmt::format(
          "Invalid 'tools': array too long. Expected an array with maximum length {}, but got an array with "
          "length {} instead.",
          limit, count),
      "tools");
}

Found tools_are_a_list(const json& body, Protocol) {
  if (!body.contains("tools") || body["tools"].is_array()) return std::nullopt;
  return bad_request(
      "Invalid JSON payload received. 'tools': proto field is repeating but the value is not a list",
      "tools");
}

Found argument_types(const json& body, Protocol protocol) {
  for (const auto& message : list_of(body, "messages")) {
    for (const auto& call : list_of(message, "tool_calls")) {
      const auto function = call.value("function", json::object());
      const auto arguments = function.value("arguments", json());
      if (protocol == Protocol::ollama) {
        if (!arguments.is_object())
          return bad_request("json: cannot unmarshal " + std::string(arguments.type_name()) +
                             " into Go struct field .messages.tool_calls.function.arguments of type map");
      } else if (!arguments.is_string()) {
        return bad_request("json: cannot unmarshal " + std::string(arguments.type_name()) +
                           " into Go struct field .messages.tool_calls.function.arguments of type string");
      } else if (!parse_untrusted(arguments.get<std::string>()).is_object()) {
        return bad_request("function.arguments must be a JSON object in text");
      }
    }
  }
  return std::nullopt;
}

}  // namespace assay::fakes::validation
