#include "fakes/inference-api/wire_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "fakes/inference-api/validation.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using stream::Protocol;
using validation::bad_request;
using validation::Found;
using validation::list_of;
using validation::role_of;

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Found chat(const json& body) {
  constexpr std::array<std::string_view, 6> kRoles = {"system",    "developer", "user",
                                                      "assistant", "tool",      "function"};
  std::size_t i = 0;
  for (const json& message : list_of(body, "messages")) {
    if (!one_of(role_of(message), kRoles))
      return bad_request(
          fmt::format("Invalid value: '{}'. Supported values are: 'system', 'assistant', 'user', 'function', "
                      "'tool', and 'developer'.",
                      role_of(message)),
          fmt::format("messages[{}].role", i));
    ++i;
  }
  i = 0;
  for (const json& tool : list_of(body, "tools")) {
    for (const char* member : {"type", "function"})
      if (!tool.is_object() || !tool.contains(member))
        return bad_request(fmt::format("Missing required parameter: 'tools[{}].{}'.", i, member),
                           fmt::format("tools[{}].{}", i, member));
    ++i;
  }
  return validation::tool_message_order(body, Protocol::openai_chat);
}

// Calls that were made in this request and their outputs; with previous_response_id the server knows more.
Found responses_order(const json& body) {
  if (body.contains("previous_response_id") && !body["previous_response_id"].is_null()) return std::nullopt;
  std::set<std::string> calls, outputs;
  for (const json& item : list_of(body, "input")) {
    const std::string type = item.is_object() ? item.value("type", "") : "";
    if (type == "function_call") calls.insert(item.value("call_id", ""));
    if (type != "function_call_output") continue;
    if (!calls.contains(item.value("call_id", "")))
      return bad_request(fmt::format("No tool call found for function call output with call_id {}.",
                                     item.value("call_id", "")),
                         "input");
    outputs.insert(item.value("call_id", ""));
  }
  for (const std::string& call : calls)
    if (!outputs.contains(call))
      return bad_request(fmt::format("No tool output found for function call {}.", call), "input");
  return std::nullopt;
}

// What the assistant said is output, also where it stands in the input.
Found assistant_content(const json& item, std::size_t at) {
  std::size_t i = 0;
  for (const json& part : list_of(item, "content")) {
    const std::string type = part.is_object() ? part.value("type", "") : "";
    if (type != "output_text" && type != "refusal")
      return bad_request(
          fmt::format("Invalid value: '{}'. Supported values are: 'output_text' and 'refusal'.", type),
          fmt::format("input[{}].content[{}]", at, i));
    ++i;
  }
  return std::nullopt;
}

Found responses(const json& body) {
  constexpr std::array<std::string_view, 4> kRoles = {"assistant", "system", "developer", "user"};
  if (body.contains("max_tokens"))
    return bad_request(
        "Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved to "
        "'max_output_tokens'.",
        "max_tokens");
  std::size_t i = 0;
  for (const json& item : list_of(body, "input")) {
    if (item.is_object() && item.contains("role") && !one_of(role_of(item), kRoles))
      return bad_request(fmt::format("Invalid value: '{}'. Supported values are: 'assistant', 'system', "
                                     "'developer', and 'user'.",
                                     role_of(item)),
                         fmt::format("input[{}].role", i));
    if (item.is_object() && role_of(item) == "assistant") {
      if (auto wrong = assistant_content(item, i)) return wrong;
    }
    ++i;
  }
  i = 0;
  for (const json& tool : list_of(body, "tools")) {
    if (tool.is_object() && tool.value("type", "") == "function" && !tool.contains("name"))
      return bad_request(fmt::format("Missing required parameter: 'tools[{}].name'.", i),
                         fmt::format("tools[{}].name", i));
    ++i;
  }
  return responses_order(body);
}

Found anthropic(const json& body, const Request& request) {
  if (find_header(request.headers, "anthropic-version") == nullptr)
    return bad_request("anthropic-version: header is required");
  if (!body.contains("max_tokens")) return bad_request("max_tokens: Field required");
  std::size_t i = 0;
  for (const json& message : list_of(body, "messages")) {
    const std::string role = role_of(message);
    if (role == "system")
      return bad_request(
          "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, "
          "not "
          "\"system\" as an input message role.");
    if (role != "user" && role != "assistant")
      return bad_request(fmt::format("messages.{}.role: Input should be 'user' or 'assistant'", i));
    ++i;
  }
  i = 0;
  for (const json& tool : list_of(body, "tools")) {
    if (tool.is_object() && tool.contains("function"))
      return bad_request(
          fmt::format("tools.{}: Input tag 'function' found using 'type' does not match any of the expected "
                      "tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'web_search_20250305'",
                      i));
    const std::string type = tool.is_object() ? tool.value("type", "custom") : "";
    if (type == "custom" && !tool.contains("input_schema"))
      return bad_request(fmt::format("tools.{}.custom.input_schema: Field required", i));
    ++i;
  }
  return validation::tool_message_order(body, Protocol::anthropic);
}

// As many responses behind a turn of calls as there are calls in it.
Found gemini_order(const json& body) {
  const auto count = [](const json& content, const char* name, const char* other) {
    const json& parts = list_of(content, "parts");
    return std::count_if(parts.begin(), parts.end(), [&](const json& part) {
      return part.is_object() && (part.contains(name) || part.contains(other));
    });
  };
  std::ptrdiff_t owed = 0;
  for (const json& content : list_of(body, "contents")) {
    const auto given = count(content, "functionResponse", "function_response");
    if (given != owed)
      return bad_request(
          "Please ensure that the number of function response parts is equal to the number of function call "
          "parts of the function call turn.");
    owed = count(content, "functionCall", "function_call");
  }
  if (owed != 0)
    return bad_request("Please ensure that function call turn comes before a function response turn.");
  return std::nullopt;
}

Found gemini(const json& body) {
  constexpr std::array<std::string_view, 17> kFields = {"contents",
                                                        "systemInstruction",
                                                        "system_instruction",
                                                        "tools",
                                                        "toolConfig",
                                                        "tool_config",
                                                        "generationConfig",
                                                        "generation_config",
                                                        "safetySettings",
                                                        "safety_settings",
                                                        "cachedContent",
                                                        "cached_content",
                                                        "model",
                                                        "labels",
                                                        "serviceTier",
                                                        "service_tier",
                                                        "store"};
  for (const auto& [name, value] : body.items())
    if (!one_of(name, kFields))
      return bad_request(
          fmt::format("Invalid JSON payload received. Unknown name \"{}\": Cannot find field.", name));
  std::size_t i = 0;
  for (const json& content : list_of(body, "contents")) {
    const std::string role = role_of(content);
    if (!role.empty() && role != "user" && role != "model" && role != "function")
      return bad_request("Please use a valid role: user, model.");
    if (list_of(content, "parts").empty())
      return bad_request(
          fmt::format("* GenerateContentRequest.contents[{}].parts: contents.parts must not be "
                      "empty.\n",
                      i));
    ++i;
  }
  if (body.contains("tools") && !body["tools"].is_array())
    return bad_request(
        "Invalid JSON payload received. 'tools': proto field is repeating but the value is not a list",
        "tools");
  i = 0;
  for (const json& tool : list_of(body, "tools")) {
    for (const char* name : {"function", "type", "input_schema", "name"})
      if (tool.is_object() && tool.contains(name))
        return bad_request(fmt::format(
            "Invalid JSON payload received. Unknown name \"{}\" at 'tools[{}]': Cannot find field.", name,
            i));
    ++i;
  }
  return gemini_order(body);
}

// https://ai.google.dev/api/interactions-api. A stored interaction may hold the calls that results here are
// of.
Found interactions(const json& body) {
  constexpr std::array<std::string_view, 20> kFields = {"model",
                                                        "agent",
                                                        "agent_config",
                                                        "input",
                                                        "system_instruction",
                                                        "tools",
                                                        "generation_config",
                                                        "response_format",
                                                        "response_mime_type",
                                                        "response_modalities",
                                                        "previous_interaction_id",
                                                        "stream",
                                                        "store",
                                                        "background",
                                                        "service_tier",
                                                        "cached_content",
                                                        "environment",
                                                        "labels",
                                                        "webhook_config",
                                                        "safety_settings"};
  for (const auto& [name, value] : body.items())
    if (!one_of(name, kFields)) return bad_request(fmt::format("Unknown parameter: '{}'.", name), name);
  std::set<std::string> called;
  std::size_t i = 0;
  for (const json& step : list_of(body, "input")) {
    const std::string type = step.is_object() ? step.value("type", "") : "";
    if (type.empty())
      return bad_request(fmt::format("Missing required parameter: 'input[{}].type'.", i), "input");
    if (type == "function_call") called.insert(step.value("id", ""));
    const json& contents = list_of(step, "content");
    const auto unknown_result = [&](const json& one) {
      return one.is_object() && one.value("type", "") == "function_result" &&
             !called.contains(one.value("call_id", ""));
    };
    if (!body.contains("previous_interaction_id") &&
        (unknown_result(step) || std::any_of(contents.begin(), contents.end(), unknown_result)))
      return bad_request(
          fmt::format("input[{}]: function_result has a call_id that no function_call has.", i), "input");
    ++i;
  }
  i = 0;
  for (const json& tool : list_of(body, "tools")) {
    const std::string type = tool.is_object() ? tool.value("type", "") : "";
    if (type.empty())
      return bad_request(fmt::format("Missing required parameter: 'tools[{}].type'.", i), "tools");
    if (type == "function" && tool.value("name", "").empty())
      return bad_request(fmt::format("Missing required parameter: 'tools[{}].name'.", i), "tools");
    ++i;
  }
  return std::nullopt;
}

Found bedrock(const json& body) {
  std::set<std::string> owed;
  bool tools = false;
  std::size_t i = 0;
  for (const json& message : list_of(body, "messages")) {
    const std::string role = role_of(message);
    if (role != "user" && role != "assistant")
      return bad_request(
          fmt::format("1 validation error detected: Value '{}' at 'messages.{}.member.role' failed to "
                      "satisfy constraint: "
                      "Member must satisfy enum value set: [user, assistant]",
                      role, i + 1));
    if (i == 0 && role != "user")
      return bad_request(
          "A conversation must start with a user message. Try again with a conversation that starts with a "
          "user "
          "message.");
    std::set<std::string> called;
    for (const json& block : list_of(message, "content")) {
      if (!block.is_object()) continue;
      tools = tools || block.contains("toolUse") || block.contains("toolResult");
      if (block.contains("toolUse")) called.insert(block["toolUse"].value("toolUseId", ""));
      if (block.contains("toolResult") && owed.erase(block["toolResult"].value("toolUseId", "")) == 0)
        return bad_request(
            fmt::format("The number of toolResult blocks at messages.{}.content exceeds the number of "
                        "toolUse blocks of previous turn.",
                        i));
    }
    if (!owed.empty())
      return bad_request(
          fmt::format("The model returned the following errors: Expected toolResult blocks at "
                      "messages.{}.content for the "
                      "following Ids: {}",
                      i, *owed.begin()));
    owed = std::move(called);
    ++i;
  }
  if (tools && !body.contains("toolConfig"))
    return bad_request(
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> wire_objection(const json& body, const Request& request, Protocol protocol) {
  switch (protocol) {
    case Protocol::openai_chat:
    case Protocol::cohere:
      return chat(body);
    case Protocol::openai_responses:
      return responses(body);
    case Protocol::anthropic:
      return anthropic(body, request);
    case Protocol::gemini:
      return gemini(body);
    case Protocol::gemini_interactions:
      return interactions(body);
    case Protocol::bedrock:
      return bedrock(body);
    case Protocol::ollama:
      return validation::argument_types(body, protocol);
    default:
      return std::nullopt;
  }
}

}  // namespace assay::fakes
