// The requests of Ollama, Cohere v2 and Bedrock Converse.
#include "conformance/reference/history.h"

namespace assay::reference {

using nlohmann::json;
using stream::Block;

namespace {

json function_tools(const Ask& ask) {
  json tools = json::array();
  for (const Tool& tool : ask.tools)
    tools.push_back(
        {{"type", "function"},
         {"function",
          {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}}}});
  return tools;
}

// Of the blocks that one protocol has a place for.
json bedrock_content(const stream::Turn& turn) {
  json content = json::array();
  for (const Block& block : turn.blocks) switch (block.kind) {
      case Block::Kind::text:
      case Block::Kind::refusal:
        if (!block.text.empty()) content.push_back({{"text", block.text}});
        break;
      case Block::Kind::reasoning:
        if (block.name == "redacted")
          content.push_back({{"reasoningContent", {{"redactedContent", block.signature}}}});
        else
          content.push_back({{"reasoningContent",
                              {{"reasoningText", {{"text", block.text}, {"signature", block.signature}}}}}});
        break;
      case Block::Kind::tool_call:
        content.push_back(
            {{"toolUse",
              {{"toolUseId", block.id}, {"name", block.name}, {"input", arguments_value(block)}}}});
        break;
      case Block::Kind::opaque:
        break;
    }
  return content;
}

json bedrock_results(const std::vector<ToolResult>& results) {
  json content = json::array();
  for (const ToolResult& result : results)
    content.push_back({{"toolResult",
                        {{"toolUseId", result.id},
                         {"content", {{{"text", result.content}}}},
                         {"status", result.is_error ? "error" : "success"}}}});
  return content;
}

}  // namespace

json write_ollama(const Ask& ask) {
  json messages = json::array();
  for (const Entry& entry : ask.history) {
    if (entry.kind == Entry::Kind::system) messages.push_back({{"role", "system"}, {"content", entry.text}});
    if (entry.kind == Entry::Kind::user) messages.push_back({{"role", "user"}, {"content", entry.text}});
    if (entry.kind == Entry::Kind::assistant) {
      json message = {{"role", "assistant"}, {"content", stream::text_of(entry.turn)}};
      if (const std::string thought = stream::reasoning_of(entry.turn); !thought.empty())
        message["thinking"] = thought;
      for (const Block& call : stream::tool_calls_of(entry.turn))
        message["tool_calls"].push_back(
            {{"function", {{"name", call.name}, {"arguments", arguments_value(call)}}}});
      messages.push_back(std::move(message));
    }
    for (const ToolResult& result : entry.results)
      messages.push_back({{"role", "tool"}, {"tool_name", result.name}, {"content", result.content}});
  }
  json body = {{"model", ask.model}, {"messages", std::move(messages)}, {"stream", ask.stream}};
  if (!ask.tools.empty()) body["tools"] = function_tools(ask);
  return body;
}

json write_cohere(const Ask& ask) {
  json messages = json::array();
  for (const Entry& entry : ask.history) {
    if (entry.kind == Entry::Kind::system) messages.push_back({{"role", "system"}, {"content", entry.text}});
    if (entry.kind == Entry::Kind::user) messages.push_back({{"role", "user"}, {"content", entry.text}});
    if (entry.kind == Entry::Kind::assistant) {
      json message = {{"role", "assistant"}};
      const std::string text = stream::text_of(entry.turn);
      std::string plan;
      for (const Block& block : entry.turn.blocks)
        if (block.kind == Block::Kind::reasoning && block.name == "tool_plan") plan += block.text;
      for (const Block& call : stream::tool_calls_of(entry.turn))
        message["tool_calls"].push_back(
            {{"id", call.id},
             {"type", "function"},
             {"function", {{"name", call.name}, {"arguments", arguments_text(call)}}}});
      if (!plan.empty()) message["tool_plan"] = plan;
      if (!text.empty() || !message.contains("tool_calls")) message["content"] = text;
      messages.push_back(std::move(message));
    }
    for (const ToolResult& result : entry.results)
      messages.push_back({{"role", "tool"},
                          {"tool_call_id", result.id},
                          {"content", {{{"type", "document"}, {"document", {{"data", result.content}}}}}}});
  }
  json body = {{"model", ask.model}, {"messages", std::move(messages)}, {"stream", ask.stream}};
  if (!ask.tools.empty()) body["tools"] = function_tools(ask);
  return body;
}

json write_bedrock(const Ask& ask) {
  json messages = json::array();
  const auto say = [&](const char* role, json content) {
    // Two turns of one role in a row are one to Bedrock.
    if (!messages.empty() && messages.back()["role"] == role) {
      for (json& block : content) messages.back()["content"].push_back(std::move(block));
    } else if (!content.empty()) {
      messages.push_back({{"role", role}, {"content", std::move(content)}});
    }
  };
  for (const Entry& entry : ask.history) {
    if (entry.kind == Entry::Kind::user) say("user", json::array({{{"text", entry.text}}}));
    if (entry.kind == Entry::Kind::assistant) say("assistant", bedrock_content(entry.turn));
    if (entry.kind == Entry::Kind::tool_results) say("user", bedrock_results(entry.results));
  }
  json body = {{"messages", std::move(messages)}};
  if (const std::string system = system_text(ask.history); !system.empty())
    body["system"] = json::array({{{"text", system}}});
  for (const Tool& tool : ask.tools)
    body["toolConfig"]["tools"].push_back({{"toolSpec",
                                            {{"name", tool.name},
                                             {"description", tool.description},
                                             {"inputSchema", {{"json", tool.parameters}}}}}});
  return body;
}

}  // namespace assay::reference
