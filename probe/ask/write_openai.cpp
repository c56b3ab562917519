// The two protocols of OpenAI.
#include "probe/ask/write.h"

namespace assay::probe {
namespace {

using nlohmann::json;

// A schema as OpenAI's strict mode wants it is written so in the check; here it only gets its envelope.
constexpr const char* kSchemaName = "probe";

void add_chat_message(json& messages, const Message& message, const References& references) {
  switch (message.kind) {
    case Message::Kind::user:
      messages.push_back({{"role", "user"}, {"content", message.text}});
      break;
    case Message::Kind::assistant: {
      json said{{"role", "assistant"}, {"content", message.text.empty() ? json() : json(message.text)}};
      if (!message.calls.empty()) said["tool_calls"] = function_calls(message);
      messages.push_back(std::move(said));
      break;
    }
    case Message::Kind::results:
      for (const ToolResult& result : message.results)
        messages.push_back({{"role", "tool"}, {"tool_call_id", result.id}, {"content", result.text}});
      break;
    case Message::Kind::replay:
      if (const auto at = references.answers.find(message.answer); at != references.answers.end())
        messages.push_back(said_by(at->second, stream::Protocol::openai_chat));
      break;
  }
}

void add_input(json& input, const Message& message, const References& references) {
  switch (message.kind) {
    case Message::Kind::user:
      input.push_back({{"role", "user"}, {"content", message.text}});
      break;
    case Message::Kind::assistant:
      if (!message.text.empty()) input.push_back({{"role", "assistant"}, {"content", message.text}});
      for (const ToolCall& call : message.calls)
        input.push_back({{"type", "function_call"},
                         {"call_id", call.id},
                         {"name", call.name},
                         {"arguments", call.arguments.dump()}});
      break;
    case Message::Kind::results:
      for (const ToolResult& result : message.results)
        input.push_back({{"type", "function_call_output"}, {"call_id", result.id}, {"output", result.text}});
      break;
    case Message::Kind::replay:
      if (const auto at = references.answers.find(message.answer); at != references.answers.end())
        for (const json& item : said_by(at->second, stream::Protocol::openai_responses))
          input.push_back(item);
      break;
  }
}

json choice_of(const std::string& word, bool nested) {
  if (word == "auto" || word == "none" || word == "required") return word;
  if (nested) return {{"type", "function"}, {"function", {{"name", word}}}};
  return {{"type", "function"}, {"name", word}};
}

}  // namespace

json function_tools(const Ask& ask) {
  json tools = json::array();
  for (const Tool& tool : ask.tools)
    tools.push_back(
        {{"type", "function"},
         {"function",
          {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}}}});
  return tools;
}

json function_calls(const Message& message) {
  json calls = json::array();
  for (const ToolCall& call : message.calls)
    calls.push_back({{"id", call.id},
                     {"type", "function"},
                     {"function", {{"name", call.name}, {"arguments", call.arguments.dump()}}}});
  return calls;
}

json chat_body(const Ask& ask, const Target& target, const References& references) {
  json body{{"model", ask.model.empty() ? target.model : ask.model}, {"messages", json::array()}};
  if (!ask.system.empty()) body["messages"].push_back({{"role", "system"}, {"content", ask.system}});
  for (const Message& message : ask.messages) add_chat_message(body["messages"], message, references);
  if (ask.max_tokens > 0)
    body[target.max_tokens_field.empty() ? "max_tokens" : target.max_tokens_field] = ask.max_tokens;
  if (ask.stream) body["stream"] = true;
  if (ask.stream && ask.usage) body["stream_options"] = {{"include_usage", true}};
  if (ask.choices > 1) body["n"] = ask.choices;
  if (!ask.tools.empty()) body["tools"] = function_tools(ask);
  if (!ask.tool_choice.empty()) body["tool_choice"] = choice_of(ask.tool_choice, true);
  if (ask.parallel) body["parallel_tool_calls"] = *ask.parallel;
  if (!ask.schema.is_null())
    body["response_format"] = {
        {"type", "json_schema"},
        {"json_schema", {{"name", kSchemaName}, {"strict", true}, {"schema", ask.schema}}}};
  if (ask.reasoning) body["reasoning_effort"] = "low";
  body.update(ask.settings);
  return body;
}

json responses_body(const Ask& ask, const Target& target, const References& references) {
  // Nothing is left on the server unless a check is about just that.
  json body{{"model", ask.model.empty() ? target.model : ask.model},
            {"input", json::array()},
            {"store", ask.store}};
  if (!ask.system.empty()) body["instructions"] = ask.system;
  for (const Message& message : ask.messages) add_input(body["input"], message, references);
  constexpr int least = 16;  // fewer are refused by OpenAI
  if (ask.max_tokens > 0) body["max_output_tokens"] = std::max(least, ask.max_tokens);
  if (ask.stream) body["stream"] = true;
  for (const Tool& tool : ask.tools)
    body["tools"].push_back({{"type", "function"},
                             {"name", tool.name},
                             {"description", tool.description},
                             {"parameters", tool.parameters},
                             {"strict", false}});
  if (!ask.tool_choice.empty()) body["tool_choice"] = choice_of(ask.tool_choice, false);
  if (ask.parallel) body["parallel_tool_calls"] = *ask.parallel;
  if (!ask.schema.is_null())
    body["text"] = {
        {"format",
         {{"type", "json_schema"}, {"name", kSchemaName}, {"strict", true}, {"schema", ask.schema}}}};
  if (ask.reasoning) {
    body["reasoning"] = {{"effort", "low"}, {"summary", "auto"}};
    body["include"] = {"reasoning.encrypted_content"};
  }
  for (const auto& [name, value] : ask.settings.items())
    if (name != "stop") body[name] = value;  // Responses have no stop sequences
  return body;
}

}  // namespace assay::probe
