// Ollama's /api/chat. https://docs.ollama.com/api/chat
#include "probe/ask/write.h"

namespace assay::probe {
namespace {

using nlohmann::json;

void add_ollama_message(json& messages, const Message& message, const References& references) {
  switch (message.kind) {
    case Message::Kind::user:
      messages.push_back({{"role", "user"}, {"content", message.text}});
      break;
    case Message::Kind::assistant: {
      json said{{"role", "assistant"}, {"content", message.text}};
      for (const ToolCall& call : message.calls)
        said["tool_calls"].push_back({{"function", {{"name", call.name}, {"arguments", call.arguments}}}});
      messages.push_back(std::move(said));
      break;
    }
    case Message::Kind::results:
      // Results go to calls by the name of the tool and their order.
      for (const ToolResult& result : message.results)
        messages.push_back({{"role", "tool"}, {"tool_name", result.name}, {"content", result.text}});
      break;
    case Message::Kind::replay:
      if (const auto at = references.answers.find(message.answer); at != references.answers.end())
        messages.push_back(said_by(at->second, stream::Protocol::ollama));
      break;
  }
}

}  // namespace

json ollama_body(const Ask& ask, const Target& target, const References& references) {
  json body{{"model", ask.model.empty() ? target.model : ask.model},
            {"messages", json::array()},
            {"stream", ask.stream}};  // it streams unless it is told not to
  if (!ask.system.empty()) body["messages"].push_back({{"role", "system"}, {"content", ask.system}});
  for (const Message& message : ask.messages) add_ollama_message(body["messages"], message, references);
  json options = ask.settings;
  if (ask.max_tokens > 0) options["num_predict"] = ask.max_tokens;
  if (!options.empty()) body["options"] = std::move(options);
  if (!ask.tools.empty()) body["tools"] = function_tools(ask);
  if (!ask.schema.is_null()) body["format"] = ask.schema;
  if (ask.reasoning) body["think"] = true;
  return body;
}

}  // namespace assay::probe
