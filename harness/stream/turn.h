// Turn: what a model said in one answer, the same value whichever protocol carried it. Decoders make it
// (decode.h), encoders take it (encode.h), fixtures and `assay decode` write it as JSON (docs/decode.md).
//
// A plain value: copy it, compare it. No thread-safety of its own is needed.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace assay::stream {

enum class Protocol {
  openai_chat,
  openai_responses,
  anthropic,
  gemini,
  gemini_interactions,
  ollama,
  cohere,
  bedrock
};

// "openai-chat", "openai-responses", "anthropic", "gemini", "gemini-interactions", "ollama", "cohere",
// "bedrock".
std::string_view protocol_name(Protocol protocol);
std::optional<Protocol> protocol_from_name(std::string_view name);
inline constexpr Protocol all_protocols[] = {
    Protocol::openai_chat,         Protocol::openai_responses, Protocol::anthropic, Protocol::gemini,
    Protocol::gemini_interactions, Protocol::ollama,           Protocol::cohere,    Protocol::bedrock};

// Why the model stopped, in one vocabulary. The provider's own word stays beside it (Turn::finish_raw).
enum class FinishReason { none, stop, length, tool_calls, content_filter, error, other };

// "" for none, else "stop", "length", "tool_calls", "content_filter", "error", "other".
std::string_view finish_name(FinishReason reason);
std::optional<FinishReason> finish_from_name(std::string_view name);

// Something a provider says beyond the model: its name there and its value as compact JSON text.
struct Extra {
  std::string name;
  std::string json;
  bool operator==(const Extra&) const = default;
};
using Extras = std::vector<Extra>;

// One content block. Their order is the order in which the model produced them: Anthropic wants it back.
struct Block {
  enum class Kind { text, reasoning, refusal, tool_call, opaque };
  Kind kind = Kind::text;
  std::string text;  // tool_call: the arguments, JSON text as sent; opaque: the whole block as JSON text
  std::string id;    // tool_call: call id; reasoning (Responses): item id
  std::string name;  // tool_call: function name; opaque: its type; reasoning: "redacted" when the provider
                     // hides its text, "tool_plan" for Cohere's
  std::string
      signature;        // proof of reasoning, opaque to clients: Anthropic `signature` or `redacted_thinking`
                        // data, Gemini `thoughtSignature`, Responses `encrypted_content`
  int choice = 0;       // which of n answers this belongs to
  bool custom = false;  // tool_call: `text` is free text for a custom tool, no JSON (OpenAI)
  bool operator==(const Block&) const = default;
};

// Token counts as the provider counts them: Anthropic's input is without cached tokens, OpenAI's with them.
struct Usage {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> total;
  std::optional<std::int64_t> reasoning;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;
  Extras extras = {};
  bool operator==(const Usage&) const = default;
};

// What a provider says went wrong: in a body, or in mid-stream after a 200.
struct StreamError {
  std::string message;
  std::string type;  // "rate_limit_error", "RESOURCE_EXHAUSTED"
  std::string code;  // as text, also where the provider sends a number
  std::string param = {};
  int status = 0;  // the HTTP status that the error names; 0 = none
  Extras extras = {};
  bool operator==(const StreamError&) const = default;
};

struct Turn {
  std::string id;
  std::string model;
  std::vector<Block> blocks;
  FinishReason finish = FinishReason::none;
  std::string finish_raw;
  std::optional<Usage> usage;
  std::optional<StreamError> error;
  bool complete = false;  // the protocol's own end was seen: [DONE], message_stop, done:true, a finish reason
  Extras extras;          // sorted by name, one of each, the last value wins
  bool operator==(const Turn&) const = default;
};

// All text, reasoning or refusals of one choice, joined.
std::string text_of(const Turn& turn, int choice = 0);
std::string reasoning_of(const Turn& turn, int choice = 0);
std::string refusal_of(const Turn& turn, int choice = 0);
std::vector<Block> tool_calls_of(const Turn& turn, int choice = 0);
// Replaces or inserts, keeping `extras` sorted by name.
void set_extra(Extras& extras, std::string_view name, std::string_view json);
const Extra* find_extra(const Extras& extras, std::string_view name);

// The JSON form, documented in docs/decode.md. Fields without a value are left out.
nlohmann::json to_json(const Turn& turn);
nlohmann::json to_json(const Usage& usage);
nlohmann::json to_json(const StreamError& error);
// Strict: an unknown key or a wrong type is an error that names it. Besides the full form it takes what
// people like to write: {text: "Hello"}, {reasoning: "...", tool_calls: [{name: f, arguments: {a: 1}}]}; then
// the order is reasoning, text, refusal, tool calls, `complete` is true and finish_reason is "tool_calls" or
// "stop" unless given.
Result<Turn> turn_from_json(const nlohmann::json& json);
Result<StreamError> error_from_json(const nlohmann::json& json);

}  // namespace assay::stream
