// Gemini Interactions: a conversation is a list of steps. https://ai.google.dev/gemini-api/docs/interactions
#include "probe/ask/write.h"

namespace assay::probe {
namespace {

using nlohmann::json;

json text_contents(const std::string& text) {
  return json::array({{{"type", "text"}, {"text", text}}});
}

void add_steps(json& input, const Message& message, const References& references) {
  switch (message.kind) {
    case Message::Kind::user:
      input.push_back({{"type", "user_input"}, {"content", text_contents(message.text)}});
      return;
    case Message::Kind::assistant:
      if (!message.text.empty())
        input.push_back({{"type", "model_output"}, {"content", text_contents(message.text)}});
      for (const ToolCall& call : message.calls)
        input.push_back(
            {{"type", "function_call"}, {"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
      return;
    case Message::Kind::results:
      for (const ToolResult& result : message.results)
        input.push_back({{"type", "function_result"},
                         {"call_id", result.id},
                         {"name", result.name},
                         {"result", text_contents(result.text)}});
      return;
    case Message::Kind::replay:
      break;
  }
  const auto at = references.answers.find(message.answer);
  if (at == references.answers.end()) return;
  const json said = said_by(at->second, stream::Protocol::gemini_interactions);
  if (said.is_array()) input.insert(input.end(), said.begin(), said.end());
}

json generation_config(const Ask& ask) {
  json config = json::object();
  if (ask.max_tokens > 0) config["max_output_tokens"] = ask.max_tokens;
  if (ask.settings.contains("temperature")) config["temperature"] = ask.settings["temperature"];
  if (ask.settings.contains("top_p")) config["top_p"] = ask.settings["top_p"];
  if (ask.settings.contains("stop")) config["stop_sequences"] = ask.settings["stop"];
  if (ask.reasoning) config["thinking_summaries"] = "auto";
  if (!ask.tool_choice.empty()) {
    const std::string& word = ask.tool_choice;
    config["tool_choice"] = word == "required" ? json("any")
                            : word == "auto" || word == "none"
                                ? json(word)
                                : json{{"allowed_tools", {{"mode", "any"}, {"tools", {word}}}}};
  }
  return config;
}

}  // namespace

json interactions_body(const Ask& ask, const Target& target, const References& references) {
  json body{{"model", ask.model.empty() ? target.model : ask.model}, {"input", json::array()}};
  // Interactions are stored unless that is refused; a probe leaves nothing behind that it was not asked for.
  body["store"] = ask.store;
  if (!ask.system.empty()) body["system_instruction"] = ask.system;
  for (const Message& message : ask.messages) add_steps(body["input"], message, references);
  if (ask.stream) body["stream"] = true;
  for (const Tool& tool : ask.tools)
    body["tools"].push_back({{"type", "function"},
                             {"name", tool.name},
                             {"description", tool.description},
                             {"parameters", tool.parameters}});
  const json config = generation_config(ask);
  if (!config.empty()) body["generation_config"] = config;
  if (!ask.schema.is_null())
    body["response_format"] = {{"type", "text"}, {"mime_type", "application/json"}, {"schema", ask.schema}};
  return body;
}

}  // namespace assay::probe
