// Cohere's chat, version 2. https://docs.cohere.com/reference/chat
#include "probe/ask/write.h"

namespace assay::probe {
namespace {

using nlohmann::json;

void add_cohere_message(json& messages, const Message& message, const References& references) {
  switch (message.kind) {
    case Message::Kind::user:
      messages.push_back({{"role", "user"}, {"content", message.text}});
      break;
    case Message::Kind::assistant: {
      json said{{"role", "assistant"}};
      if (!message.text.empty()) said["content"] = message.text;
      if (!message.calls.empty()) said["tool_calls"] = function_calls(message);
      messages.push_back(std::move(said));
      break;
    }
    case Message::Kind::results:
      for (const ToolResult& result : message.results)
        messages.push_back({{"role", "tool"},
                            {"tool_call_id", result.id},
                            {"content", {{{"type", "document"}, {"document", {{"data", result.text}}}}}}});
      break;
    case Message::Kind::replay:
      if (const auto at = references.answers.find(message.answer); at != references.answers.end())
        messages.push_back(said_by(at->second, stream::Protocol::cohere));
      break;
  }
}

}  // namespace

json cohere_body(const Ask& ask, const Target& target, const References& references) {
  json body{{"model", ask.model.empty() ? target.model : ask.model},
            {"messages", json::array()},
            {"stream", ask.stream}};
  if (!ask.system.empty()) body["messages"].push_back({{"role", "system"}, {"content", ask.system}});
  for (const Message& message : ask.messages) add_cohere_message(body["messages"], message, references);
  if (ask.max_tokens > 0) body["max_tokens"] = ask.max_tokens;
  if (!ask.tools.empty()) body["tools"] = function_tools(ask);
  // Without tool_choice the model is free, and no word names a tool.
  if (ask.tool_choice == "required") body["tool_choice"] = "REQUIRED";
  if (ask.tool_choice == "none") body["tool_choice"] = "NONE";
  if (!ask.schema.is_null()) body["response_format"] = {{"type", "json_object"}, {"json_schema", ask.schema}};
  if (ask.reasoning) {
    body["thinking"] = {{"type", "enabled"}, {"token_budget", kThinkingTokens}};
    body["max_tokens"] = kThinkingTokens + ask.max_tokens;
  }
  for (const auto& [name, value] : ask.settings.items())
    body[name == "stop" ? "stop_sequences" : name == "top_p" ? "p" : name] = value;
  return body;
}

}  // namespace assay::probe
