#include "fakes/inference-api/conversation.h"

#include <algorithm>
#include <set>

#include "harness/base/untrusted_json.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using stream::Protocol;

const json& list_in(const json& object, const char* name) {
  static const json nothing = json::array();
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : nothing;
}

const json& object_in(const json& object, const char* name) {
  static const json nothing = json::object();
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : nothing;
}

std::string text_in(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A member that is written both ways: functionCall, function_call.
const json& either(const json& object, const char* name, const char* other) {
  return object.is_object() && object.contains(name) ? object_in(object, name) : object_in(object, other);
}

json arguments_of(const json& value) {
  if (!value.is_string()) return value.is_null() ? json::object() : value;
  const auto text = value.get<std::string>();
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return json::object();
  json parsed = parse_untrusted(text);
  return parsed.is_object() ? parsed : value;
}

// Text of a content: a string, or the texts of its parts.
std::string text_of_content(const json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string out;
  if (!content.is_array()) return out;
  for (const json& part : content) {
    if (part.is_string()) out += part.get<std::string>();
    out += text_in(part, "text");
    if (part.is_object() && part.contains("json")) out += part["json"].dump();
    out += text_in(object_in(part, "document"), "data");
  }
  return out;
}

// Puts the conversation together, entry by entry.
class Writer {
 public:
  // The entry of `role` that is open, or a new one. Results of one turn stand in one entry.
  json& turn(const std::string& role) {
    if (turns_.empty() || turns_.back()["role"] != role)
      turns_.push_back({{"role", role},
                        {"text", ""},
                        {"reasoning", ""},
                        {"signatures", json::array()},
                        {"calls", json::array()},
                        {"results", json::array()}});
    return turns_.back();
  }
  void text(const std::string& role, const std::string& text) {
    if (role == "system" || role == "developer") {
      system_ += text;
      return;
    }
    json& entry = turn(role);
    entry["text"] = entry["text"].get<std::string>() + text;
    text_ += text;
  }
  void reasoning(const std::string& text, const std::string& signature) {
    json& entry = turn("assistant");
    entry["reasoning"] = entry["reasoning"].get<std::string>() + text;
    reasoning_ += text;
    sign(signature);
  }
  void sign(const std::string& signature) {
    if (signature.empty()) return;
    turn("assistant")["signatures"].push_back(signature);
    signatures_.push_back(signature);
  }
  void call(const std::string& id, const std::string& name, const json& arguments) {
    json one = {{"id", id}, {"name", name}, {"arguments", arguments_of(arguments)}};
    turn("assistant")["calls"].push_back(one);
    calls_.push_back(std::move(one));
    answered_.push_back(false);
  }
  void result(const std::string& id, const std::string& name, const std::string& text) {
    int call = -1;
    for (std::size_t i = 0; i < calls_.size() && call < 0; ++i) {
      if (answered_[i]) continue;
      const json& one = calls_[i];
      const bool by_name =
          id.empty() || (one["id"].is_string() && one["id"].get_ref<const std::string&>().empty());
      const bool fits = by_name ? one["name"] == name || name.empty() : one["id"] == id;
      if (!fits) continue;
      call = static_cast<int>(i);
      answered_[i] = true;
    }
    const std::string called =
        call < 0 ? name : calls_[static_cast<std::size_t>(call)]["name"].get<std::string>();
    json one = {{"id", id}, {"name", called}, {"call", call}, {"text", text}};
    turn("tool")["results"].push_back(one);
    results_.push_back(std::move(one));
  }
  void tool(const std::string& name, const std::string& description, const json& parameters) {
    tools_.push_back({{"name", name}, {"description", description}, {"parameters", parameters}});
  }
  json done() && {
    return {{"system", system_},         {"text", text_},   {"reasoning", reasoning_},
            {"signatures", signatures_}, {"calls", calls_}, {"results", results_},
            {"tools", tools_},           {"turns", turns_}};
  }

 private:
  std::string system_, text_, reasoning_;
  json signatures_ = json::array(), calls_ = json::array(), results_ = json::array(), tools_ = json::array(),
       turns_ = json::array();
  std::vector<bool> answered_;
};

void read_chat_reasoning(const json& message, Writer& out) {
  for (const char* name : {"reasoning_content", "reasoning", "thinking"}) {
    const std::string text = text_in(message, name);
    if (text.empty()) continue;
    out.reasoning(text, "");
    break;
  }
  for (const json& detail : list_in(message, "reasoning_details")) out.sign(text_in(detail, "signature"));
  for (const json& part : list_in(message, "content")) {
    if (text_in(part, "type") == "thinking")
      out.reasoning(text_of_content(part.value("thinking", json())), "");
  }
}

// OpenAI chat, and those that are like it: Cohere v2, Ollama.
void read_chat(const json& body, Writer& out) {
  for (const json& message : list_in(body, "messages")) {
    const std::string role = text_in(message, "role");
    const json content = message.is_object() ? message.value("content", json()) : json();
    if (role == "tool" || role == "function") {
      const std::string name = text_in(message, "tool_name");
      out.result(text_in(message, "tool_call_id"), name.empty() ? text_in(message, "name") : name,
                 text_of_content(content));
      continue;
    }
    if (role == "assistant") read_chat_reasoning(message, out);
    out.text(role, text_of_content(content));
    for (const json& call : list_in(message, "tool_calls")) {
      const json& function = object_in(call, "function");
      out.call(text_in(call, "id"), text_in(function, "name"), function.value("arguments", json()));
      out.sign(text_in(object_in(object_in(call, "extra_content"), "google"), "thought_signature"));
    }
  }
  for (const json& tool : list_in(body, "tools")) {
    const json& function = object_in(tool, "function");
    out.tool(text_in(function, "name"), text_in(function, "description"),
             function.value("parameters", json::object()));
  }
}

void read_responses(const json& body, Writer& out) {
  out.text("system", text_in(body, "instructions"));
  if (body.is_object() && body.contains("input") && body["input"].is_string())
    out.text("user", body["input"].get<std::string>());
  for (const json& item : list_in(body, "input")) {
    const std::string type = text_in(item, "type");
    if (type == "function_call") {
      out.call(text_in(item, "call_id"), text_in(item, "name"), item.value("arguments", json()));
    } else if (type == "function_call_output") {
      out.result(text_in(item, "call_id"), "", text_of_content(item.value("output", json())));
    } else if (type == "reasoning") {
      out.reasoning(text_of_content(item.value("summary", json())), text_in(item, "encrypted_content"));
    } else if (item.is_object()) {
      out.text(text_in(item, "role"), text_of_content(item.value("content", json())));
    }
  }
  for (const json& tool : list_in(body, "tools"))
    if (tool.is_object())
      out.tool(text_in(tool, "name"), text_in(tool, "description"), tool.value("parameters", json::object()));
}

void read_anthropic(const json& body, Writer& out) {
  if (body.is_object()) out.text("system", text_of_content(body.value("system", json())));
  for (const json& message : list_in(body, "messages")) {
    const std::string role = text_in(message, "role");
    const json content = message.is_object() ? message.value("content", json()) : json();
    if (content.is_string()) out.text(role, content.get<std::string>());
    for (const json& block : list_in(message, "content")) {
      const std::string type = text_in(block, "type");
      if (type == "text") out.text(role, text_in(block, "text"));
      if (type == "thinking") out.reasoning(text_in(block, "thinking"), text_in(block, "signature"));
      if (type == "redacted_thinking") out.sign(text_in(block, "data"));
      if (type == "tool_use")
        out.call(text_in(block, "id"), text_in(block, "name"), block.value("input", json()));
      if (type == "tool_result")
        out.result(text_in(block, "tool_use_id"), "", text_of_content(block.value("content", json())));
    }
  }
  for (const json& tool : list_in(body, "tools"))
    if (tool.is_object())
      out.tool(text_in(tool, "name"), text_in(tool, "description"),
               tool.value("input_schema", json::object()));
}

void read_gemini(const json& body, Writer& out) {
  for (const json& part : list_in(either(body, "systemInstruction", "system_instruction"), "parts"))
    out.text("system", text_in(part, "text"));
  for (const json& content : list_in(body, "contents")) {
    const std::string role = text_in(content, "role") == "model" ? "assistant" : "user";
    for (const json& part : list_in(content, "parts")) {
      const json& call = either(part, "functionCall", "function_call");
      const json& result = either(part, "functionResponse", "function_response");
      if (!call.empty()) out.call(text_in(call, "id"), text_in(call, "name"), call.value("args", json()));
      if (!result.empty())
        out.result(text_in(result, "id"), text_in(result, "name"), result.value("response", json()).dump());
      if (part.is_object() && part.value("thought", json(false)) == json(true)) {
        out.reasoning(text_in(part, "text"), "");
      } else if (!text_in(part, "text").empty()) {
        out.text(role, text_in(part, "text"));
      }
      const std::string signature = text_in(part, "thoughtSignature");
      out.sign(signature.empty() ? text_in(part, "thought_signature") : signature);
    }
  }
  for (const json& tool : list_in(body, "tools")) {
    const char* name = tool.is_object() && tool.contains("functionDeclarations") ? "functionDeclarations"
                                                                                 : "function_declarations";
    for (const json& one : list_in(tool, name)) {
      if (!one.is_object()) continue;
      const char* schema = one.contains("parametersJsonSchema") ? "parametersJsonSchema" : "parameters";
      out.tool(text_in(one, "name"), text_in(one, "description"), one.value(schema, json::object()));
    }
  }
}

// Gemini Interactions: a text, a list of contents, or a list of steps; contents among the steps are the
// user's. A result may stand in a step or, as recorded clients send it, in the content of the user's input.
void read_interaction_content(const json& content, const std::string& role, Writer& out) {
  const std::string type = text_in(content, "type");
  if (type == "function_result") {
    const json result = content.value("result", json());
    out.result(text_in(content, "call_id"), text_in(content, "name"),
               result.is_object() ? result.dump() : text_of_content(result));
  } else if (type == "text") {
    out.text(role, text_in(content, "text"));
  }
}

void read_interaction_step(const json& step, Writer& out) {
  const std::string type = text_in(step, "type");
  if (type == "function_call") {
    out.call(text_in(step, "id"), text_in(step, "name"), step.value("arguments", json()));
    out.sign(text_in(step, "signature"));
  } else if (type == "thought") {
    out.reasoning(text_of_content(step.value("summary", json())), text_in(step, "signature"));
  } else if (type == "model_output" || type == "user_input") {
    const std::string role = type == "user_input" ? "user" : "assistant";
    const json content = step.value("content", json());
    if (content.is_string()) out.text(role, content.get<std::string>());
    for (const json& part : list_in(step, "content")) read_interaction_content(part, role, out);
  } else {
    read_interaction_content(step, "user", out);
  }
}

void read_interactions(const json& body, Writer& out) {
  out.text("system", text_in(body, "system_instruction"));
  if (body.is_object() && body.contains("input") && body["input"].is_string())
    out.text("user", body["input"].get<std::string>());
  for (const json& step : list_in(body, "input"))
    if (step.is_object()) read_interaction_step(step, out);
  for (const json& tool : list_in(body, "tools"))
    if (text_in(tool, "type") == "function")
      out.tool(text_in(tool, "name"), text_in(tool, "description"), tool.value("parameters", json::object()));
}

void read_bedrock(const json& body, Writer& out) {
  for (const json& part : list_in(body, "system")) out.text("system", text_in(part, "text"));
  for (const json& message : list_in(body, "messages")) {
    const std::string role = text_in(message, "role");
    for (const json& block : list_in(message, "content")) {
      const json& use = object_in(block, "toolUse");
      const json& result = object_in(block, "toolResult");
      const json& reasoning = object_in(object_in(block, "reasoningContent"), "reasoningText");
      if (!reasoning.empty()) out.reasoning(text_in(reasoning, "text"), text_in(reasoning, "signature"));
      if (!use.empty()) out.call(text_in(use, "toolUseId"), text_in(use, "name"), use.value("input", json()));
      if (!result.empty())
        out.result(text_in(result, "toolUseId"), "", text_of_content(result.value("content", json())));
      if (!text_in(block, "text").empty()) out.text(role, text_in(block, "text"));
    }
  }
  for (const json& tool : list_in(object_in(body, "toolConfig"), "tools")) {
    const json& spec = object_in(tool, "toolSpec");
    out.tool(text_in(spec, "name"), text_in(spec, "description"),
             object_in(spec, "inputSchema").value("json", json::object()));
  }
}

}  // namespace

json read_conversation(const json& body, Protocol protocol) {
  Writer out;
  switch (protocol) {
    case Protocol::openai_responses:
      read_responses(body, out);
      break;
    case Protocol::anthropic:
      read_anthropic(body, out);
      break;
    case Protocol::gemini:
      read_gemini(body, out);
      break;
    case Protocol::gemini_interactions:
      read_interactions(body, out);
      break;
    case Protocol::bedrock:
      read_bedrock(body, out);
      break;
    default:
      read_chat(body, out);
  }
  return std::move(out).done();
}

std::vector<std::string> take_unoffered_calls(stream::Turn& turn, const json& body, Protocol protocol) {
  std::set<std::string> offered;
  const json conversation = read_conversation(body, protocol);
  for (const json& tool : conversation["tools"]) offered.insert(tool["name"].get<std::string>());
  std::vector<std::string> taken;
  std::erase_if(turn.blocks, [&](const stream::Block& block) {
    if (block.kind != stream::Block::Kind::tool_call || offered.contains(block.name)) return false;
    taken.push_back(block.name);
    return true;
  });
  if (!taken.empty() && stream::tool_calls_of(turn).empty() &&
      turn.finish == stream::FinishReason::tool_calls)
    turn.finish = stream::FinishReason::stop;
  return taken;
}

}  // namespace assay::fakes
