// Anthropic's messages and Gemini's contents.
#include "probe/ask/write.h"

namespace assay::probe {
namespace {

using nlohmann::json;

json anthropic_message(const Message& message, const References& references) {
  switch (message.kind) {
    case Message::Kind::user:
      return {{"role", "user"}, {"content", message.text}};
    case Message::Kind::assistant: {
      json content = json::array();
      if (!message.text.empty()) content.push_back({{"type", "text"}, {"text", message.text}});
      for (const ToolCall& call : message.calls)
        content.push_back(
            {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call.arguments}});
      return {{"role", "assistant"}, {"content", std::move(content)}};
    }
    case Message::Kind::results: {
      json content = json::array();
      for (const ToolResult& result : message.results)
        content.push_back({{"type", "tool_result"}, {"tool_use_id", result.id}, {"content", result.text}});
      return {{"role", "user"}, {"content", std::move(content)}};
    }
    case Message::Kind::replay:
      break;
  }
  const auto at = references.answers.find(message.answer);
  return {{"role", "assistant"},
          {"content", at == references.answers.end() ? json::array()
                                                     : said_by(at->second, stream::Protocol::anthropic)}};
}

json gemini_content(const Message& message, const References& references) {
  json parts = json::array();
  switch (message.kind) {
    case Message::Kind::user:
      return {{"role", "user"}, {"parts", {{{"text", message.text}}}}};
    case Message::Kind::assistant:
      if (!message.text.empty()) parts.push_back({{"text", message.text}});
      for (const ToolCall& call : message.calls)
        parts.push_back({{"functionCall", {{"name", call.name}, {"args", call.arguments}}}});
      return {{"role", "model"}, {"parts", std::move(parts)}};
    case Message::Kind::results:
      for (const ToolResult& result : message.results)
        parts.push_back(
            {{"functionResponse", {{"name", result.name}, {"response", {{"result", result.text}}}}}});
      return {{"role", "user"}, {"parts", std::move(parts)}};
    case Message::Kind::replay:
      break;
  }
  const auto at = references.answers.find(message.answer);
  return at == references.answers.end() ? json{{"role", "model"}, {"parts", json::array()}}
                                        : said_by(at->second, stream::Protocol::gemini);
}

json gemini_settings(const Ask& ask) {
  json config = json::object();
  if (ask.max_tokens > 0) config["maxOutputTokens"] = ask.max_tokens;
  if (ask.choices > 1) config["candidateCount"] = ask.choices;
  if (ask.settings.contains("temperature")) config["temperature"] = ask.settings["temperature"];
  if (ask.settings.contains("top_p")) config["topP"] = ask.settings["top_p"];
  if (ask.settings.contains("stop")) config["stopSequences"] = ask.settings["stop"];
  if (ask.reasoning) config["thinkingConfig"] = {{"includeThoughts", true}};
  if (!ask.schema.is_null()) {
    config["responseMimeType"] = "application/json";
    config["responseJsonSchema"] = ask.schema;
  }
  return config;
}

}  // namespace

json anthropic_body(const Ask& ask, const Target& target, const References& references) {
  json body{{"model", ask.model.empty() ? target.model : ask.model}, {"messages", json::array()}};
  if (!ask.system.empty()) body["system"] = ask.system;
  for (const Message& message : ask.messages)
    body["messages"].push_back(anthropic_message(message, references));
  if (ask.max_tokens > 0) body["max_tokens"] = ask.max_tokens;
  if (ask.stream) body["stream"] = true;
  for (const Tool& tool : ask.tools)
    body["tools"].push_back(
        {{"name", tool.name}, {"description", tool.description}, {"input_schema", tool.parameters}});
  if (!ask.tool_choice.empty()) {
    const std::string& word = ask.tool_choice;
    body["tool_choice"] = word == "required"                 ? json{{"type", "any"}}
                          : word == "auto" || word == "none" ? json{{"type", word}}
                                                             : json{{"type", "tool"}, {"name", word}};
  }
  if (ask.parallel && body.contains("tool_choice"))
    body["tool_choice"]["disable_parallel_tool_use"] = !*ask.parallel;
  if (!ask.schema.is_null())
    body["output_config"] = {{"format", {{"type", "json_schema"}, {"schema", ask.schema}}}};
  if (ask.reasoning) {
    body["thinking"] = {{"type", "enabled"}, {"budget_tokens", kThinkingTokens}};
    body["max_tokens"] = kThinkingTokens + ask.max_tokens;
  }
  for (const auto& [name, value] : ask.settings.items()) {
    if (name == "stop") {
      body["stop_sequences"] = value;
    } else {
      body[name] = value;
    }
  }
  return body;
}

json gemini_body(const Ask& ask, const Target& /*target*/, const References& references) {
  json body{{"contents", json::array()}};
  if (!ask.system.empty()) body["systemInstruction"] = {{"parts", {{{"text", ask.system}}}}};
  for (const Message& message : ask.messages) body["contents"].push_back(gemini_content(message, references));
  const json config = gemini_settings(ask);
  if (!config.empty()) body["generationConfig"] = config;
  if (!ask.tools.empty()) {
    json declarations = json::array();
    for (const Tool& tool : ask.tools)
      declarations.push_back({{"name", tool.name},
                              {"description", tool.description},
                              {"parametersJsonSchema", tool.parameters}});
    body["tools"] = {{{"functionDeclarations", std::move(declarations)}}};
  }
  if (!ask.tool_choice.empty()) {
    const std::string& word = ask.tool_choice;
    json calling{{"mode", word == "auto" ? "AUTO" : word == "none" ? "NONE" : "ANY"}};
    if (word != "auto" && word != "none" && word != "required") calling["allowedFunctionNames"] = {word};
    body["toolConfig"] = {{"functionCallingConfig", std::move(calling)}};
  }
  return body;
}

}  // namespace assay::probe
