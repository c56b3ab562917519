// Rules about what a conversation may hold: reasoning that goes back, the order of calls and results, roles,
// content.
#include "fakes/inference-api/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace assay::fakes::validation {

namespace {

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

}  // namespace

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

namespace {

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

}  // namespace

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

namespace {

bool blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

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

namespace {

bool starts_with_bytes(const std::string& base64_data, std::string_view prefix) {
  return base64_data.compare(0, prefix.size(), prefix) == 0;
}

}  // namespace

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

}  // namespace assay::fakes::validation
