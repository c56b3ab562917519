// History: what a conversation holds, and how it is said again in each provider's protocol. Reasoning, its
// signatures and call ids go back exactly as they came (stream-semantics.deepseek-reasoning-replay,
// anthropic-thinking-signature, gemini-thought-signature).
//
// Values and pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/stream/turn.h"

namespace assay::reference {

struct ToolResult {
  std::string id;
  std::string name;
  std::string content;
  bool is_error = false;
};
struct Entry {
  enum class Kind { system, user, assistant, tool_results };
  Kind kind = Kind::user;
  std::string text;                 // system, user
  std::vector<std::string> images;  // user: base64 of each
  stream::Turn turn;                // assistant
  std::vector<ToolResult> results;  // tool_results
};
using History = std::vector<Entry>;

struct Tool {
  std::string name;
  std::string description;
  nlohmann::json parameters = nlohmann::json::object();  // JSON Schema of an object
};

// One request for an answer, before it has a protocol.
struct Ask {
  stream::Protocol protocol = stream::Protocol::openai_chat;
  std::string model;
  History history;
  std::vector<Tool> tools;
  nlohmann::json params = nlohmann::json::object();
  nlohmann::json quirks = nlohmann::json::object();  // of the model
  bool stream = true;
};

// The bodies of protocols that stand in a file of their own (history_native.cpp).
nlohmann::json write_ollama(const Ask& ask);
nlohmann::json write_cohere(const Ask& ask);
nlohmann::json write_bedrock(const Ask& ask);
// Arguments of a call: as text that is a JSON object, and as that object. Nothing and blanks mean {}
// (stream-semantics.oai-tool-args-empty).
std::string arguments_text(const stream::Block& call);
nlohmann::json arguments_value(const stream::Block& call);
// The media type of an image by its first bytes, whatever its sender calls it
// (parameter-rejections.image-media-type-mismatch).
std::string image_type(std::string_view base64);
// What system messages say, together.
std::string system_text(const History& history);

// The body of the request. Params that the model's quirks rule out are left out.
nlohmann::json write_request(const Ask& ask);
// The path after the base URL: "/chat/completions", "/models/M:streamGenerateContent?alt=sse", ...
std::string request_path(const Ask& ask);
// Whether that path stands under the origin, without the version of the base URL (Ollama, Cohere, Bedrock).
bool under_origin(stream::Protocol protocol);
// Calls of the last turn that have no result yet.
std::vector<stream::Block> owed_calls(const History& history);
// Gives every call without a result an answer that says so, so that a broken-off conversation can go on
// (parameter-rejections.tool-message-order).
void close_owed_calls(History& history);

nlohmann::json to_json(const History& history);
Result<History> history_from_json(const nlohmann::json& json);

}  // namespace assay::reference
