#include "fakes/inference-api/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

namespace assay::fakes {
namespace {

using nlohmann::json;
using stream::Protocol;
using Found = std::optional<Refusal>;

Refusal bad_request(std::string message, std::string param = "") {
  Refusal refusal;
  refusal.error.message = std::move(message);
  refusal.error.param = std::move(param);
  return refusal;
}

const json& list_of(const json& object, const char* name) {
  static const json nothing = json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : nothing;
}

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

std::string role_of(const json& message) {
  return message.is_object() ? message.value("role", "") : "";
}

bool has_calls(const json& message) {
  return !list_of(message, "tool_calls").empty();
}

// DeepSeek and Arcee: reasoning goes back with tool calls.
Found chat_reasoning(const json& body) {
  std::size_t i = 0;
  for (const auto& message : list_of(body, "messages")) {
    if (role_of(message) == "assistant" && has_calls(message)) {
      const auto reasoning = message.value("reasoning_content", json());
      if (!reasoning.is_string() || reasoning.get_ref<const std::string&>().empty())
        return bad_request(
            fmt::format("Missing `reasoning_content` field in the assistant message at index {}", i),
            fmt::format("messages[{}].reasoning_content", i));
    }
    ++i;
  }
  return std::nullopt;
}

// With thinking on, an assistant message that calls tools begins with its signed thinking.
Found anthropic_reasoning(const json& body) {
  if (body.value("thinking", json::object()).value("type", "disabled") == "disabled") return std::nullopt;
  std::size_t i = 0;
  for (const auto& message : list_of(body, "messages")) {
    const auto& blocks = list_of(message, "content");
    const bool calls = std::any_of(blocks.begin(), blocks.end(),
                                   [](const json& b) { return b.value("type", "") == "tool_use"; });
    if (calls && role_of(message) == "assistant") {
      const auto first = blocks[0].value("type", "");
      if (first != "thinking" && first != "redacted_thinking")
        return bad_request(fmt::format(
            "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{}`. "
            "When `thinking` is enabled, a final `assistant` message must start with a thinking block",
            i, first));
      if (first == "thinking" && blocks[0].value("signature", "").empty())
        return bad_request(fmt::format("messages.{}.content.0.thinking.signature: Field required", i));
    }
    ++i;
  }
  return std::nullopt;
}

// A function call stands behind the reasoning item that led to it.
Found responses_reasoning(const json& body) {
  bool reasoned = false;
  for (const auto& item : list_of(body, "input")) {
    const auto type = item.value("type", "message");
    if (type == "reasoning") reasoned = true;
    if (type == "message" || type == "function_call_output") reasoned = false;
    if (type == "function_call" && !reasoned)
      return bad_request(
          fmt::format("Item '{}' of type 'function_call' was provided without its required 'reasoning' item",
                      item.value("id", item.value("call_id", ""))),
          "input");
  }
  return std::nullopt;
}

// The first function call of a model's turn carries its thought signature.
Found gemini_reasoning(const json& body) {
  for (const auto& content : list_of(body, "contents")) {
    for (const auto& part : list_of(content, "parts")) {
      if (!part.contains("functionCall")) continue;
      if (part.value("thoughtSignature", "").empty())
        return bad_request(
            fmt::format("Function call is missing a thought_signature in functionCall parts: {}",
                        part["functionCall"].value("name", "")));
      break;
    }
  }
  return std::nullopt;
}

Found reasoning_replay(const json& body, Protocol protocol) {
  switch (protocol) {
    case Protocol::anthropic:
      return anthropic_reasoning(body);
    case Protocol::openai_responses:
      return responses_reasoning(body);
    case Protocol::gemini:
      return gemini_reasoning(body);
    default:
      return chat_reasoning(body);
  }
}

Found no_reasoning(const json& body, Protocol) {
  std::size_t i = 0;
  for (const auto& message : list_of(body, "messages")) {
    for (const char* name : {"reasoning_content", "reasoning", "reasoning_details"})
      if (message.is_object() && message.contains(name))
        return bad_request(fmt::format("Unknown field: messages[{}].{}", i, name), name);
    ++i;
  }
  return std::nullopt;
}

Found chat_tool_order(const json& messages) {
  std::set<std::string> open;
  for (const auto& message : messages) {
    const auto role = role_of(message);
    if (role == "tool") {
      if (open.erase(message.value("tool_call_id", "")) == 0)
        return bad_request(
            "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
            "messages");
      continue;
    }
    if (!open.empty())
      return bad_request(
          "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
          "'tool_call_id'",
          "messages");
    for (const auto& call : list_of(message, "tool_calls")) open.insert(call.value("id", ""));
  }
  if (!open.empty())
    return bad_request(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'",
        "messages");
  return std::nullopt;
}

Found anthropic_tool_order(const json& messages) {
  std::set<std::string> open;
  std::size_t i = 0;
  for (const auto& message : messages) {
    std::set<std::string> answered;
    for (const auto& block : list_of(message, "content"))
      if (block.value("type", "") == "tool_result") answered.insert(block.value("tool_use_id", ""));
    for (const auto& id : open)
      if (!answered.contains(id))
        return bad_request(
            fmt::format("messages.{}: `tool_use` ids were found without `tool_result` blocks "
                        "immediately after: {}",
                        i - 1, id));
    for (const auto& id : answered)
      if (!open.contains(id))
        return bad_request(
            fmt::format("messages.{}: unexpected `tool_use_id` found in `tool_result` blocks: {}", i, id));
    open.clear();
    for (const auto& block : list_of(message, "content"))
      if (block.value("type", "") == "tool_use") open.insert(block.value("id", ""));
    ++i;
  }
  if (!open.empty())
    return bad_request(
        fmt::format("messages.{}: `tool_use` ids were found without `tool_result` blocks immediately "
                    "after: {}",
                    i - 1, *open.begin()));
  return std::nullopt;
}

Found tool_message_order(const json& body, Protocol protocol) {
  const auto& messages = list_of(body, "messages");
  return protocol == Protocol::anthropic ? anthropic_tool_order(messages) : chat_tool_order(messages);
}

Found content_after_tool_use(const json& body, Protocol) {
  std::size_t i = 0;
  for (const auto& message : list_of(body, "messages")) {
    bool seen = false;
    for (const auto& block : list_of(message, "content")) {
      const bool call = block.value("type", "") == "tool_use";
      if (seen && !call && role_of(message) == "assistant")
        return bad_request(
            fmt::format("messages.{}: `tool_use` blocks must be the last blocks of a message", i));
      seen = seen || call;
    }
    ++i;
  }
  return std::nullopt;
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

Found plain_tool_schema(const json& body, Protocol) {
  for (const auto& tool : tools_of(body))
    if (tool.schema != nullptr)
      if (auto found = find_schema_word(*tool.schema, tool.name)) return found;
  return std::nullopt;
}

Found tool_names(const json& body, Protocol) {
  static const std::regex allowed("[a-zA-Z_][a-zA-Z0-9_.-]{0,63}");
  std::set<std::string> seen;
  for (const auto& tool : tools_of(body)) {
    if (!std::regex_match(tool.name, allowed))
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

Found string_content(const json& body, Protocol) {
  std::size_t i = 0;
  for (const auto& message : list_of(body, "messages")) {
    if (message.is_object() && message.contains("content") && !message["content"].is_string() &&
        !(has_calls(message) && message["content"].is_null()))
      return bad_request(fmt::format("messages[{}].content must be a string", i), "messages");
    ++i;
  }
  return std::nullopt;
}

bool blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

Found empty_text(const json& body, Protocol) {
  for (const auto& message : list_of(body, "messages")) {
    if (message.is_object() && message.contains("content") && message["content"].is_string() &&
        !has_calls(message) && blank(message["content"].get<std::string>()))
      return bad_request("messages: text content must be non-empty", "messages");
    for (const auto& block : list_of(message, "content"))
      if (block.value("type", "") == "text" && blank(block.value("text", "")))
        return bad_request("messages: text content blocks must be non-empty", "messages");
  }
  return std::nullopt;
}

Found no_developer_role(const json& body, Protocol) {
  for (const auto& message : list_of(body, "messages"))
    if (role_of(message) == "developer") return bad_request("Unexpected message role.", "messages");
  return std::nullopt;
}

Found alternating_roles(const json& body, Protocol) {
  std::string before;
  bool first = true;
  for (const auto& message : list_of(body, "messages")) {
    const auto role = role_of(message);
    if (role == "system" && first) {
      first = false;
      continue;
    }
    first = false;
    if (role == "tool" || role == before || (before.empty() && role != "user")) {
      Refusal refusal = bad_request(
          "After the optional system message, conversation roles must alternate user and assistant roles "
          "(user/assistant/user/assistant/...)");
      refusal.status = 500;
      return refusal;
    }
    before = role;
  }
  return std::nullopt;
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
      } else if (!json::parse(arguments.get<std::string>(), nullptr, false).is_object()) {
        return bad_request("function.arguments must be a JSON object in text");
      }
    }
  }
  return std::nullopt;
}

std::size_t count_marks(const json& value) {
  std::size_t count = 0;
  if (value.is_object() && value.contains("cache_control")) ++count;
  if (value.is_structured())
    for (const auto& one : value) count += count_marks(one);
  return count;
}

Found cache_control_limit(const json& body, Protocol) {
  constexpr std::size_t limit = 4;
  std::size_t count = 0;
  for (const char* name : {"system", "tools", "messages"})
    if (body.contains(name)) count += count_marks(body[name]);
  if (count <= limit) return std::nullopt;
  return bad_request(
      fmt::format("A maximum of {} blocks with cache_control may be provided. Found {}.", limit, count));
}

Found one_sampling_parameter(const json& body, Protocol) {
  if (!body.contains("temperature") || !body.contains("top_p")) return std::nullopt;
  return bad_request(
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
}

Found thinking_budget(const json& body, Protocol) {
  const auto thinking = body.value("thinking", json::object());
  if (!thinking.is_object() || thinking.value("type", "") != "enabled") return std::nullopt;
  const auto budget = thinking.value("budget_tokens", json());
  const auto most = body.value("max_tokens", json());
  constexpr int least = 1024;
  if (!budget.is_number_integer() || budget < least)
    return bad_request(
        fmt::format("thinking.enabled.budget_tokens: Input should be greater than or equal to {}", least));
  if (!most.is_number_integer() || most <= budget)
    return bad_request("`max_tokens` must be greater than `thinking.budget_tokens`.");
  return std::nullopt;
}

Found tools_for_parallel_calls(const json& body, Protocol) {
  if (!body.contains("parallel_tool_calls") || !list_of(body, "tools").empty()) return std::nullopt;
  return bad_request(
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are "
      "specified.",
      "parallel_tool_calls");
}

Found stream_options_need_stream(const json& body, Protocol) {
  if (!body.contains("stream_options") || body.value("stream", json(false)) == true) return std::nullopt;
  return bad_request("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                     "stream_options");
}

Found json_mode_or_tools(const json& body, Protocol) {
  if (!body.contains("response_format") || list_of(body, "tools").empty()) return std::nullopt;
  return bad_request("`response_format` cannot be used together with `tools`", "response_format");
}

Found automatic_tool_choice(const json& body, Protocol) {
  const auto choice = body.value("tool_choice", json("auto"));
  if (choice == "auto" || choice == "none") return std::nullopt;
  return bad_request("Thinking mode does not support this tool_choice", "tool_choice");
}

Found strict_fields(const json& body, Protocol) {
  static const std::set<std::string> known{"model",          "messages",    "stream", "stream_options",
                                           "tools",          "tool_choice", "stop",   "temperature",
                                           "top_p",          "max_tokens",  "n",      "seed",
                                           "response_format"};
  for (const auto& [name, value] : body.items()) {
    if (known.contains(name)) continue;
    Refusal refusal = bad_request(fmt::format("Extra inputs are not permitted: {}", name), name);
    refusal.status = 422;
    refusal.error.type = "extra_forbidden";
    return refusal;
  }
  return std::nullopt;
}

bool dangerous(const std::string& text) {
  constexpr std::string_view words[] = {"rm -rf", "<script", "'; DROP TABLE", "`curl http", "../../"};
  constexpr std::size_t large = 8192;
  return text.size() > large || std::any_of(std::begin(words), std::end(words), [&](std::string_view word) {
           return text.find(word) != std::string::npos;
         });
}

bool any_dangerous(const json& value) {
  if (value.is_string()) return dangerous(value.get_ref<const std::string&>());
  return value.is_structured() && std::any_of(value.begin(), value.end(), any_dangerous);
}

Found waf(const json& body, Protocol) {
  if (!any_dangerous(body)) return std::nullopt;
  Refusal refusal;
  refusal.status = 403;
  refusal.html =
      "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Attention Required! | Cloudflare</title></head>\n"
      "<body><h1>Sorry, you have been blocked</h1><p>This website is using a security service to protect "
      "itself from "
      "online attacks.</p><p>Cloudflare Ray ID: <strong>8f00ba4baadf00d0</strong></p></body></html>\n";
  return refusal;
}

bool starts_with_bytes(const std::string& base64_data, std::string_view prefix) {
  return base64_data.compare(0, prefix.size(), prefix) == 0;
}

Found image_media_type(const json& body, Protocol) {
  for (const auto& message : list_of(body, "messages")) {
    for (const auto& block : list_of(message, "content")) {
      const auto source = block.value("source", json::object());
      if (!source.is_object() || !source.contains("data")) continue;
      const auto data = source.value("data", "");
      const auto declared = source.value("media_type", "");
      const std::string actual = starts_with_bytes(data, "iVBORw0KGgo") ? "image/png"
                                 : starts_with_bytes(data, "/9j/")      ? "image/jpeg"
                                 : starts_with_bytes(data, "R0lGOD")    ? "image/gif"
                                                                        : declared;
      if (actual != declared)
        return bad_request(
            fmt::format("The image was specified using the {} media type, but the image appears to be a {} "
                        "image",
                        declared, actual));
    }
  }
  return std::nullopt;
}

}  // namespace

const std::vector<Validator>& all_validators() {
  static const std::vector<Validator> all{
      {"alternating-roles", "user and assistant alternate after one system message (500)", alternating_roles},
      {"argument-types", "replayed arguments are text (chat) or an object (Ollama)", argument_types},
      {"automatic-tool-choice", "tool_choice is auto, none or absent", automatic_tool_choice},
      {"cache-control-limit", "at most four cache_control marks", cache_control_limit},
      {"content-after-tool-use", "tool_use blocks stand last in a message", content_after_tool_use},
      {"empty-text", "no empty or blank text", empty_text},
      {"image-media-type", "an image is what its media_type says", image_media_type},
      {"json-mode-or-tools", "response_format and tools exclude each other", json_mode_or_tools},
      {"no-developer-role", "no message has the role developer", no_developer_role},
      {"no-reasoning", "messages carry no reasoning fields", no_reasoning},
      {"one-sampling-parameter", "not both temperature and top_p", one_sampling_parameter},
      {"plain-tool-schema", "tool schemas hold none of the words that Gemini refuses", plain_tool_schema},
      {"reasoning-replay", "tool calls go back with the reasoning, or its proof, that led to them",
       reasoning_replay},
      {"stream-options-need-stream", "stream_options only with stream: true", stream_options_need_stream},
      {"strict-fields", "no field beyond the oldest chat fields (422)", strict_fields},
      {"string-content", "content is text, not a list of parts", string_content},
      {"thinking-budget", "1024 <= thinking.budget_tokens < max_tokens", thinking_budget},
      {"too-many-tools", "at most 128 tools", too_many_tools},
      {"tool-message-order", "every tool call is answered, and only calls are", tool_message_order},
      {"tool-names", "tool names fit [a-zA-Z_][a-zA-Z0-9_.-]{0,63} and differ", tool_names},
      {"tools-are-a-list", "tools is a list", tools_are_a_list},
      {"tools-for-parallel-calls", "parallel_tool_calls only with tools", tools_for_parallel_calls},
      {"waf", "a firewall blocks dangerous-looking or long text (403 HTML)", waf},
  };
  return all;
}

const Validator* find_validator(std::string_view name) {
  const auto& all = all_validators();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Validator& v) { return v.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::optional<Refusal> reject_field(const json& body, const std::string& pointer, std::string_view model) {
  if (!body.contains(json::json_pointer(pointer))) return std::nullopt;
  const auto name = pointer.substr(1);
  Refusal refusal = bad_request(
      fmt::format("Unsupported parameter: '{}' is not supported with model '{}'.", name, model), name);
  refusal.error.code = "unsupported_parameter";
  return refusal;
}

}  // namespace assay::fakes
