#include "conformance/reference/history.h"

#include <algorithm>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;
using stream::Block;
using stream::Protocol;

// Arguments as text that is a JSON object: nothing and blanks mean {} (stream-semantics.oai-tool-args-empty).
std::string arguments_text(const Block& call) {
  return trim(call.text).empty() ? "{}" : call.text;
}
json arguments_value(const Block& call) {
  const json value = parse_untrusted(arguments_text(call));
  return value.is_object() ? value : json::object();
}

std::string image_type(std::string_view base64) {
  constexpr std::pair<std::string_view, const char*> kSigns[] = {
      {"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"}};
  for (const auto& [sign, type] : kSigns)
    if (base64.starts_with(sign)) return type;
  return "application/octet-stream";
}

std::string system_text(const History& history) {
  std::string text;
  for (const Entry& entry : history)
    if (entry.kind == Entry::Kind::system) text += (text.empty() ? "" : "\n\n") + entry.text;
  return text;
}

namespace {

json chat_assistant(const stream::Turn& turn, bool replay_reasoning) {
  json message = {{"role", "assistant"}, {"content", stream::text_of(turn)}};
  json calls = json::array();
  for (const Block& call : stream::tool_calls_of(turn)) {
    json one = {{"id", call.id},
                {"type", "function"},
                {"function", {{"name", call.name}, {"arguments", arguments_text(call)}}}};
    if (!call.signature.empty()) one["extra_content"] = {{"google", {{"thought_signature", call.signature}}}};
    calls.push_back(std::move(one));
  }
  if (!calls.empty()) {
    // NOLINTNEXTLINE(readability-container-size-empty): of a JSON value, empty() asks something else
    if (message["content"] == "") message["content"] = nullptr;
    message["tool_calls"] = std::move(calls);
  }
  if (replay_reasoning) message["reasoning_content"] = stream::reasoning_of(turn);
  return message;
}

json write_chat(const Ask& ask) {
  json messages = json::array();
  const bool replay = ask.quirks.value("replay_reasoning", false);
  for (const Entry& entry : ask.history) switch (entry.kind) {
      case Entry::Kind::system:
        messages.push_back({{"role", "system"}, {"content", entry.text}});
        break;
      case Entry::Kind::user:
        messages.push_back({{"role", "user"}, {"content", entry.text}});
        break;
      case Entry::Kind::assistant:
        // Servers refuse a message that says nothing and calls nothing, and with it the whole session.
        if (!stream::text_of(entry.turn).empty() || !stream::tool_calls_of(entry.turn).empty())
          messages.push_back(chat_assistant(entry.turn, replay));
        break;
      case Entry::Kind::tool_results:
        for (const ToolResult& result : entry.results)
          messages.push_back({{"role", "tool"}, {"tool_call_id", result.id}, {"content", result.content}});
    }
  json body = {{"model", ask.model}, {"messages", std::move(messages)}};
  if (ask.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  for (const Tool& tool : ask.tools)
    body["tools"].push_back(
        {{"type", "function"},
         {"function",
          {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}}}});
  return body;
}

json write_responses(const Ask& ask) {
  json input = json::array();
  for (const Entry& entry : ask.history) switch (entry.kind) {
      case Entry::Kind::system:
        input.push_back({{"role", "system"}, {"content", entry.text}});
        break;
      case Entry::Kind::user:
        input.push_back({{"role", "user"}, {"content", entry.text}});
        break;
      case Entry::Kind::assistant:
        for (const Block& block : entry.turn.blocks) {
          if (block.kind == Block::Kind::text)
            input.push_back({{"role", "assistant"}, {"content", block.text}});
          else if (block.kind == Block::Kind::tool_call)
            input.push_back({{"type", "function_call"},
                             {"call_id", block.id},
                             {"name", block.name},
                             {"arguments", arguments_text(block)}});
          else if (block.kind == Block::Kind::reasoning && !block.signature.empty())
            input.push_back({{"type", "reasoning"},
                             {"id", block.id},
                             {"summary", json::array()},
                             {"encrypted_content", block.signature}});
        }
        break;
      case Entry::Kind::tool_results:
        for (const ToolResult& result : entry.results)
          input.push_back(
              {{"type", "function_call_output"}, {"call_id", result.id}, {"output", result.content}});
    }
  json body = {{"model", ask.model}, {"input", std::move(input)}, {"store", false}};
  if (ask.stream) body["stream"] = true;
  for (const Tool& tool : ask.tools)
    body["tools"].push_back({{"type", "function"},
                             {"name", tool.name},
                             {"description", tool.description},
                             {"parameters", tool.parameters}});
  return body;
}

json anthropic_blocks(const stream::Turn& turn) {
  json blocks = json::array();
  for (const Block& block : turn.blocks) switch (block.kind) {
      case Block::Kind::text:
        if (!trim(block.text).empty()) blocks.push_back({{"type", "text"}, {"text", block.text}});
        break;
      case Block::Kind::reasoning:
        if (block.name == "redacted")
          blocks.push_back({{"type", "redacted_thinking"}, {"data", block.signature}});
        else
          blocks.push_back({{"type", "thinking"}, {"thinking", block.text}, {"signature", block.signature}});
        break;
      case Block::Kind::tool_call:
        blocks.push_back({{"type", "tool_use"},
                          {"id", block.id},
                          {"name", block.name},
                          {"input", arguments_value(block)}});
        break;
      case Block::Kind::opaque:
        blocks.push_back(parse_untrusted(block.text));
        break;
      default:
        break;
    }
  return blocks;
}

json anthropic_user(const Entry& entry) {
  if (entry.images.empty()) return {{"role", "user"}, {"content", entry.text}};
  json content = json::array({{{"type", "text"}, {"text", entry.text}}});
  for (const std::string& image : entry.images)
    content.push_back({{"type", "image"},
                       {"source", {{"type", "base64"}, {"media_type", image_type(image)}, {"data", image}}}});
  return {{"role", "user"}, {"content", std::move(content)}};
}

json write_anthropic(const Ask& ask) {
  json messages = json::array();
  for (const Entry& entry : ask.history) {
    if (entry.kind == Entry::Kind::user) {
      messages.push_back(anthropic_user(entry));
    } else if (entry.kind == Entry::Kind::assistant) {
      json blocks = anthropic_blocks(entry.turn);
      if (!blocks.empty()) messages.push_back({{"role", "assistant"}, {"content", std::move(blocks)}});
    } else if (entry.kind == Entry::Kind::tool_results) {
      json blocks = json::array();
      for (const ToolResult& result : entry.results) {
        json block = {{"type", "tool_result"}, {"tool_use_id", result.id}, {"content", result.content}};
        if (result.is_error) block["is_error"] = true;
        blocks.push_back(std::move(block));
      }
      messages.push_back({{"role", "user"}, {"content", std::move(blocks)}});
    }
  }
  json body = {{"model", ask.model}, {"max_tokens", 4096}, {"messages", std::move(messages)}};
  if (const std::string system = system_text(ask.history); !system.empty()) body["system"] = system;
  if (ask.stream) body["stream"] = true;
  for (const Tool& tool : ask.tools)
    body["tools"].push_back(
        {{"name", tool.name}, {"description", tool.description}, {"input_schema", tool.parameters}});
  return body;
}

json gemini_parts(const stream::Turn& turn) {
  json parts = json::array();
  for (const Block& block : turn.blocks) {
    json part;
    if (block.kind == Block::Kind::text && !block.text.empty())
      part = {{"text", block.text}};
    else if (block.kind == Block::Kind::reasoning && !block.signature.empty())
      part = {{"text", block.text}, {"thought", true}};
    else if (block.kind == Block::Kind::tool_call)
      part = {{"functionCall", {{"name", block.name}, {"args", arguments_value(block)}}}};
    else
      continue;
    if (!block.signature.empty()) part["thoughtSignature"] = block.signature;
    parts.push_back(std::move(part));
  }
  return parts;
}

json write_gemini(const Ask& ask) {
  json contents = json::array();
  for (const Entry& entry : ask.history) {
    if (entry.kind == Entry::Kind::user) {
      contents.push_back({{"role", "user"}, {"parts", {{{"text", entry.text}}}}});
    } else if (entry.kind == Entry::Kind::assistant) {
      json parts = gemini_parts(entry.turn);
      if (!parts.empty()) contents.push_back({{"role", "model"}, {"parts", std::move(parts)}});
    } else if (entry.kind == Entry::Kind::tool_results) {
      json parts = json::array();
      for (const ToolResult& result : entry.results)
        parts.push_back(
            {{"functionResponse", {{"name", result.name}, {"response", {{"result", result.content}}}}}});
      contents.push_back({{"role", "user"}, {"parts", std::move(parts)}});
    }
  }
  json body = {{"contents", std::move(contents)}};
  if (const std::string system = system_text(ask.history); !system.empty())
    body["systemInstruction"] = {{"parts", {{{"text", system}}}}};
  if (!ask.tools.empty()) {
    json declarations = json::array();
    for (const Tool& tool : ask.tools)
      declarations.push_back(
          {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}});
    body["tools"] = json::array({{{"functionDeclarations", std::move(declarations)}}});
  }
  return body;
}

bool listed(const json& quirks, const char* list, const std::string& name) {
  const auto found = quirks.find(list);
  return found != quirks.end() && std::find(found->begin(), found->end(), name) != found->end();
}

}  // namespace

json write_request(const Ask& ask) {
  json body;
  switch (ask.protocol) {
    case Protocol::openai_responses:
      body = write_responses(ask);
      break;
    case Protocol::anthropic:
      body = write_anthropic(ask);
      break;
    case Protocol::gemini:
      body = write_gemini(ask);
      break;
    case Protocol::ollama:
      body = write_ollama(ask);
      break;
    case Protocol::cohere:
      body = write_cohere(ask);
      break;
    case Protocol::bedrock:
      body = write_bedrock(ask);
      break;
    default:
      body = write_chat(ask);
  }
  json& params = ask.params.empty()                  ? body
                 : ask.protocol == Protocol::gemini  ? body["generationConfig"]
                 : ask.protocol == Protocol::ollama  ? body["options"]
                 : ask.protocol == Protocol::bedrock ? body["inferenceConfig"]
                                                     : body;
  for (const auto& [name, value] : ask.params.items()) {
    if (listed(ask.quirks, "drop", name)) continue;
    if (!ask.tools.empty() && listed(ask.quirks, "drop_with_tools", name)) continue;
    const json renamed = ask.quirks.value("rename", json::object()).value(name, json(name));
    params[renamed.get<std::string>()] = value;
  }
  return body;
}

std::string request_path(const Ask& ask) {
  switch (ask.protocol) {
    case Protocol::openai_responses:
      return "/responses";
    case Protocol::anthropic:
      return "/messages";
    case Protocol::gemini: {
      const std::string model = ask.model.starts_with("models/") ? ask.model.substr(7) : ask.model;
      return "/models/" + model + (ask.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
    }
    case Protocol::ollama:
      return "/api/chat";
    case Protocol::cohere:
      return "/v2/chat";
    case Protocol::bedrock:
      return "/model/" + percent_encode(ask.model) + (ask.stream ? "/converse-stream" : "/converse");
    default:
      return "/chat/completions";
  }
}

bool under_origin(Protocol protocol) {
  return protocol == Protocol::ollama || protocol == Protocol::cohere || protocol == Protocol::bedrock;
}

std::vector<Block> owed_calls(const History& history) {
  for (std::size_t at = history.size(); at-- > 0;) {
    if (history[at].kind != Entry::Kind::assistant) continue;
    auto calls = stream::tool_calls_of(history[at].turn);
    std::erase_if(calls, [&](const Block& call) {
      for (std::size_t later = at + 1; later < history.size(); ++later)
        for (const ToolResult& result : history[later].results)
          if (result.id == call.id) return true;
      return false;
    });
    return calls;
  }
  return {};
}

void close_owed_calls(History& history) {
  std::vector<ToolResult> results;
  for (const Block& call : owed_calls(history))
    results.push_back({call.id, call.name, "the call was interrupted and did not run", true});
  if (results.empty()) return;
  auto last = std::find_if(history.rbegin(), history.rend(),
                           [](const Entry& entry) { return entry.kind == Entry::Kind::assistant; });
  Entry entry;
  entry.kind = Entry::Kind::tool_results;
  entry.results = std::move(results);
  history.insert(last.base(), std::move(entry));
}

json to_json(const History& history) {
  json out = json::array();
  for (const Entry& entry : history) switch (entry.kind) {
      case Entry::Kind::system:
        out.push_back({{"system", entry.text}});
        break;
      case Entry::Kind::user:
        out.push_back({{"user", entry.text}, {"images", entry.images}});
        break;
      case Entry::Kind::assistant:
        out.push_back({{"assistant", stream::to_json(entry.turn)}});
        break;
      case Entry::Kind::tool_results: {
        json results = json::array();
        for (const ToolResult& result : entry.results)
          results.push_back({{"id", result.id},
                             {"name", result.name},
                             {"content", result.content},
                             {"is_error", result.is_error}});
        out.push_back({{"tool_results", std::move(results)}});
      }
    }
  return out;
}

Result<History> history_from_json(const json& list) {
  History history;
  try {
    for (const json& one : list) {
      Entry entry;
      if (one.contains("system")) {
        entry.kind = Entry::Kind::system;
        entry.text = one.at("system").get<std::string>();
      } else if (one.contains("user")) {
        entry.text = one.at("user").get<std::string>();
        entry.images = one.value("images", entry.images);
      } else if (one.contains("assistant")) {
        entry.kind = Entry::Kind::assistant;
        auto turn = stream::turn_from_json(one.at("assistant"));
        if (!turn) return tl::unexpected(turn.error());
        entry.turn = std::move(*turn);
      } else {
        entry.kind = Entry::Kind::tool_results;
        for (const json& result : one.at("tool_results"))
          entry.results.push_back({result.at("id").get<std::string>(), result.at("name").get<std::string>(),
                                   result.at("content").get<std::string>(),
                                   result.at("is_error").get<bool>()});
      }
      history.push_back(std::move(entry));
    }
  } catch (const json::exception& bad) {
    return fail(std::string("not a stored conversation: ") + bad.what());
  }
  return history;
}

}  // namespace assay::reference
