// Bedrock's Converse and ConverseStream, with an API key as bearer token.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
#include "probe/ask/write.h"

namespace assay::probe {
namespace {

using nlohmann::json;

json bedrock_message(const Message& message, const References& references) {
  json content = json::array();
  switch (message.kind) {
    case Message::Kind::user:
      return {{"role", "user"}, {"content", {{{"text", message.text}}}}};
    case Message::Kind::assistant:
      if (!message.text.empty()) content.push_back({{"text", message.text}});
      for (const ToolCall& call : message.calls)
        content.push_back(
            {{"toolUse", {{"toolUseId", call.id}, {"name", call.name}, {"input", call.arguments}}}});
      return {{"role", "assistant"}, {"content", std::move(content)}};
    case Message::Kind::results:
      for (const ToolResult& result : message.results)
        content.push_back(
            {{"toolResult", {{"toolUseId", result.id}, {"content", {{{"text", result.text}}}}}}});
      return {{"role", "user"}, {"content", std::move(content)}};
    case Message::Kind::replay:
      break;
  }
  const auto at = references.answers.find(message.answer);
  return at == references.answers.end() ? json{{"role", "assistant"}, {"content", std::move(content)}}
                                        : said_by(at->second, stream::Protocol::bedrock);
}

json tool_config(const Ask& ask) {
  json config{{"tools", json::array()}};
  for (const Tool& tool : ask.tools)
    config["tools"].push_back({{"toolSpec",
                                {{"name", tool.name},
                                 {"description", tool.description},
                                 {"inputSchema", {{"json", tool.parameters}}}}}});
  const std::string& word = ask.tool_choice;
  if (word == "auto") config["toolChoice"] = {{"auto", json::object()}};
  if (word == "required") config["toolChoice"] = {{"any", json::object()}};
  if (!word.empty() && word != "auto" && word != "required" && word != "none")
    config["toolChoice"] = {{"tool", {{"name", word}}}};
  return config;
}

}  // namespace

json bedrock_body(const Ask& ask, const Target& /*target*/, const References& references) {
  json body{{"messages", json::array()}};
  if (!ask.system.empty()) body["system"] = {{{"text", ask.system}}};
  for (const Message& message : ask.messages)
    body["messages"].push_back(bedrock_message(message, references));
  json config = json::object();
  if (ask.max_tokens > 0) config["maxTokens"] = ask.max_tokens;
  for (const auto& [name, value] : ask.settings.items())
    config[name == "stop" ? "stopSequences" : name == "top_p" ? "topP" : name] = value;
  if (!ask.tools.empty()) body["toolConfig"] = tool_config(ask);
  // The schema goes as text.
  if (!ask.schema.is_null())
    body["outputConfig"]["textFormat"] = {
        {"type", "json_schema"},
        {"structure", {{"jsonSchema", {{"name", "probe"}, {"schema", ask.schema.dump()}}}}}};
  if (ask.reasoning) {
    body["additionalModelRequestFields"]["thinking"] = {{"type", "enabled"},
                                                        {"budget_tokens", kThinkingTokens}};
    config["maxTokens"] = kThinkingTokens + ask.max_tokens;
  }
  if (!config.empty()) body["inferenceConfig"] = std::move(config);
  return body;
}

}  // namespace assay::probe
