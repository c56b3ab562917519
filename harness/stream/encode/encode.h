// The way from a canonical turn to what a provider would have sent: the events of a streaming answer, the
// body of a non-streaming one, and error bodies, each with the habits of a provider (its Profile).
// decode(encode(turn)) == turn is a property test.
//
// Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/stream/turn.h"

namespace assay::stream {

// Where token counts go in a stream of chat chunks.
enum class UsageAt {
  own_event,     // a last event with empty `choices` (OpenAI, xAI, llama.cpp, Azure)
  finish_event,  // beside finish_reason (DeepSeek, Mistral, Cerebras)
  repeat,        // a last event that repeats finish_reason (OpenRouter)
  twice,         // beside finish_reason under `x_groq`, then in an event of its own (Groq)
  every_event,   // running counts in each (Perplexity, Gemini's OpenAI endpoint)
  never
};
// What tells the end of the stream.
enum class EndBy {
  done_marker,  // data: [DONE]
  nothing       // the last event, then the connection's own end
};
// The shape of error bodies, and of errors in mid-stream.
enum class ErrorShape {
  openai,      // {error: {message, type, param, code}}
  groq,        // the same, in mid-stream with `event: error` and without [DONE]
  openrouter,  // {error: {message, code, metadata}, user_id}; in mid-stream beside `choices`, then [DONE]
  mistral,     // {object: error, message, type, param, code}
  xai,         // {code, error}: both strings
  text,        // {error: "words"}
  anthropic,   // {type: error, error: {type, message}, request_id}
  gemini,      // {error: {code, message, status, details}}
  cohere,      // {id, message}
  bedrock      // {message}
};
enum class ReasoningAs {
  reasoning_content,  // DeepSeek, xAI, llama.cpp, Kimi, Alibaba
  reasoning,          // Groq, Cerebras, Ollama's /v1
  reasoning_details,  // `reasoning` and `reasoning_details` (OpenRouter)
  thinking_parts,     // `content` as a list with {type: thinking} (Mistral)
  extra_signature  // like reasoning_content, signatures of calls in `extra_content.google` (Gemini's OpenAI
                   // endpoint)
};

struct Profile {
  std::string name = "openai";
  UsageAt usage = UsageAt::own_event;
  EndBy end = EndBy::done_marker;
  ErrorShape error = ErrorShape::openai;
  ReasoningAs reasoning = ReasoningAs::reasoning_content;
  bool role_in_every_chunk = false;  // OpenRouter, Ollama's /v1
  bool whole_tool_calls = false;     // one event a call (Mistral, Groq, xAI, Ollama) instead of fragments
  bool repeat_call_id = false;       // later fragments carry id and name again, or "" for them
  bool call_with_finish = false;     // call, finish_reason and usage in one event (Mistral)
  bool call_type = true;             // calls say `type: function` (Mistral's do not)
  bool native_finish = false;        // `native_finish_reason` beside finish_reason (OpenRouter)
  bool empty_first_event = false;    // `choices: []` with prompt_filter_results (Azure)
  bool whole_message =
      false;                 // every event repeats the message so far; chat.completion.done ends (Perplexity)
  bool obfuscation = false;  // padding against traffic analysis: OpenAI `obfuscation`, Mistral and Bedrock
                             // `p`, Anthropic spaces inside the JSON
  bool event_names = true;   // Responses: `event:` lines (a relay leaves them out and ends with [DONE])
  bool json_array = false;   // Gemini without alt=sse: one JSON array in pieces
  bool crlf = false;         // line ends (Gemini)
  bool invoke = false;  // Bedrock: Anthropic's events in base64, as InvokeModelWithResponseStream has them
  int comments = 0;     // ": OPENROUTER PROCESSING" lines before the first event
  std::string stop_word = {};     // finish_reason for stop; empty: the protocol's word (Together: eos)
  std::string content_type = {};  // empty: what the protocol usually has
  bool operator==(const Profile&) const = default;
};

// "openai", "azure", "deepseek", "openrouter", "groq", "mistral", "xai", "cerebras", "perplexity",
// "together", "llama.cpp", "ollama" (its /v1), "kimi", "gemini-openai", "responses-relay", "anthropic",
// "gemini", "gemini-array", "gemini-interactions", "ollama-native", "cohere", "bedrock", "bedrock-invoke".
// Error: a name that is none of these, with the list.
Result<Profile> profile_from_name(std::string_view name);
// The usual profile of a protocol.
Profile default_profile(Protocol protocol);
const std::vector<Profile>& all_profiles();

struct EncodeOptions {
  std::size_t piece = 0;  // code points a delta; 0 = one word with the space before it
  std::int64_t created = 1700000000;
};

// A streaming answer: one element of `events` for each event, framing included, in order. Comments belong to
// the event after them.
struct EncodedStream {
  std::string content_type;
  std::vector<std::string> events;
  std::string bytes() const;
  bool operator==(const EncodedStream&) const = default;
};
struct EncodedBody {
  std::string content_type;
  std::string body;
  bool operator==(const EncodedBody&) const = default;
};

// What a protocol cannot carry (a signature in Ollama, a second choice in Anthropic) is left out.
EncodedStream encode_stream(const Turn& turn, Protocol protocol, const Profile& profile,
                            const EncodeOptions& options = {});
EncodedBody encode_body(const Turn& turn, Protocol protocol, const Profile& profile,
                        const EncodeOptions& options = {});
// The body of an error answer (status 4xx or 5xx). `status` goes where the shape has a place for it. Some
// content types lie: Gemini's when a stream was asked for (`streamed`), DeepSeek's at 400.
EncodedBody encode_error(const StreamError& error, int status, const Profile& profile, bool streamed = false);

// The provider's own word for a finish reason: "end_turn" for stop in anthropic. Empty for none.
std::string finish_word(Protocol protocol, FinishReason reason);

// How a text is cut into deltas: never inside a code point; joined they are `text`.
std::vector<std::string_view> pieces_of(std::string_view text, std::size_t code_points);

}  // namespace assay::stream
