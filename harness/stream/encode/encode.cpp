#include "harness/stream/encode/encode.h"

#include <algorithm>
#include <array>

#include "harness/base/untrusted_json.h"
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream {

namespace encoding {

void Writer::sse(std::string_view event_name, std::string_view data) {
  const std::string_view end = profile.crlf ? "\r\n" : "\n";
  std::string event;
  if (events.empty())
    for (int i = 0; i < profile.comments; ++i) {
      event += ": OPENROUTER PROCESSING";
      event += end;
      event += end;
    }
  if (!event_name.empty()) {
    event += "event: ";
    event += event_name;
    event += end;
  }
  event += "data: ";
  event += data;
  event += end;
  event += end;
  events.push_back(std::move(event));
}

std::vector<std::string_view> Writer::pieces(std::string_view text) const {
  return pieces_of(text, options.piece);
}

Json parsed(std::string_view json) {
  Json value = parse_untrusted<Json>(json);
  return value.is_discarded() ? Json(std::string(json)) : value;
}

void put(Json& object, const char* key, const std::optional<std::int64_t>& value) {
  if (value) object[key] = *value;
}

void put_extras(Json& object, const Extras& extras) {
  for (const Extra& extra : extras)
    if (!object.contains(extra.name)) object[extra.name] = parsed(extra.json);
}

void put_extras_under(Json& object, const Extras& extras, std::string_view prefix) {
  for (const Extra& extra : extras)
    if (extra.name.starts_with(prefix) && extra.name.find('.', prefix.size()) == std::string::npos)
      object[extra.name.substr(prefix.size())] = parsed(extra.json);
}

void put_top_extras(Json& object, const Extras& extras) {
  for (const Extra& extra : extras)
    if (extra.name.find('.') == std::string::npos) object[extra.name] = parsed(extra.json);
}

std::string finish_raw(const Turn& turn, Protocol protocol) {
  return turn.finish_raw.empty() ? finish_word(protocol, turn.finish) : turn.finish_raw;
}

std::vector<Json> items_of_extra(const Turn& turn, std::string_view name) {
  const Extra* extra = find_extra(turn.extras, name);
  const Json list = extra ? parsed(extra->json) : Json();
  return list.is_array() ? std::vector<Json>(list.begin(), list.end()) : std::vector<Json>();
}

std::size_t last_text(const Turn& turn) {
  for (std::size_t i = turn.blocks.size(); i > 0; --i)
    if (turn.blocks[i - 1].kind == Block::Kind::text && turn.blocks[i - 1].choice == 0) return i - 1;
  return turn.blocks.size();
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string padding(std::size_t event) {
  constexpr std::string_view alphabet = "a8Zk3QpX0vRt6LmW";
  std::string text;
  for (std::size_t i = 0; i <= event * 7 % 16; ++i) text += alphabet[(event * 5 + i * 3) % alphabet.size()];
  return text;
}

std::vector<int> choices_of(const Turn& turn) {
  std::vector<int> choices{0};
  for (const Block& block : turn.blocks)
    if (std::find(choices.begin(), choices.end(), block.choice) == choices.end())
      choices.push_back(block.choice);
  return choices;
}

}  // namespace encoding

namespace {

using encoding::Json;
using encoding::Writer;

std::string_view usual_content_type(Protocol protocol, const Profile& profile) {
  switch (protocol) {
    case Protocol::ollama:
      return "application/x-ndjson";
    case Protocol::bedrock:
      return "application/vnd.amazon.eventstream";
    case Protocol::gemini:
      return profile.json_array ? "application/json; charset=UTF-8" : "text/event-stream";
    case Protocol::openai_chat:
    case Protocol::openai_responses:
    case Protocol::anthropic:
      return "text/event-stream; charset=utf-8";
    case Protocol::gemini_interactions:
    case Protocol::cohere:
      break;
  }
  return "text/event-stream";
}

// The end of the first unit of `text`: `code_points` of them, or with 0 one word with the space before it.
std::size_t piece_end(std::string_view text, std::size_t code_points) {
  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < text.size()) {
    if (code_points == 0 ? (at > 0 && text[at] == ' ' && text[at - 1] != ' ') : taken == code_points) break;
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    ++taken;
  }
  return at;
}

}  // namespace

std::string EncodedStream::bytes() const {
  std::string all;
  for (const std::string& event : events) all += event;
  return all;
}

std::vector<std::string_view> pieces_of(std::string_view text, std::size_t code_points) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t end = piece_end(text, code_points);
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return pieces;
}

EncodedStream encode_stream(const Turn& turn, Protocol protocol, const Profile& profile,
                            const EncodeOptions& options) {
  EncodedStream out;
  out.content_type = profile.content_type.empty() ? std::string(usual_content_type(protocol, profile))
                                                  : profile.content_type;
  Writer writer{turn, profile, options, {}};
  switch (protocol) {
    case Protocol::openai_chat:
      out.events = encoding::chat_events(std::move(writer));
      break;
    case Protocol::openai_responses:
      out.events = encoding::responses_events(std::move(writer));
      break;
    case Protocol::anthropic:
      out.events = encoding::anthropic_events(std::move(writer));
      break;
    case Protocol::gemini:
      out.events = encoding::gemini_events(std::move(writer));
      break;
    case Protocol::gemini_interactions:
      out.events = encoding::gemini_interactions_events(std::move(writer));
      break;
    case Protocol::ollama:
      out.events = encoding::ollama_events(std::move(writer));
      break;
    case Protocol::cohere:
      out.events = encoding::cohere_events(std::move(writer));
      break;
    case Protocol::bedrock:
      out.events = encoding::bedrock_events(std::move(writer));
      break;
  }
  return out;
}

EncodedBody encode_body(const Turn& turn, Protocol protocol, const Profile& profile,
                        const EncodeOptions& options) {
  if (turn.error && turn.blocks.empty()) return encode_error(*turn.error, turn.error->status, profile);
  Json body;
  switch (protocol) {
    case Protocol::openai_chat:
      body = encoding::chat_body(turn, profile, options);
      break;
    case Protocol::openai_responses:
      body = encoding::responses_body(turn, profile, options);
      break;
    case Protocol::anthropic:
      body = encoding::anthropic_body(turn, profile, options);
      break;
    case Protocol::gemini:
      body = encoding::gemini_body(turn, profile, options);
      break;
    case Protocol::gemini_interactions:
      body = encoding::gemini_interactions_body(turn, profile, options);
      break;
    case Protocol::ollama:
      body = encoding::ollama_body(turn, profile, options);
      break;
    case Protocol::cohere:
      body = encoding::cohere_body(turn, profile, options);
      break;
    case Protocol::bedrock:
      body = encoding::bedrock_body(turn, profile, options);
      break;
  }
  return {"application/json", encoding::dump(body)};
}

EncodedBody encode_error(const StreamError& error, int status, const Profile& profile, bool streamed) {
  Json body = encoding::error_body(error, status, profile.error);
  if (profile.error == ErrorShape::openrouter && !body.contains("user_id"))
    body["user_id"] = "user_2x8Qm4LrT6vWk1Zp";
  std::string type = "application/json";
  if (profile.error == ErrorShape::gemini && streamed && (status == 400 || status == 404))
    type = profile.json_array ? "application/json; charset=UTF-8" : "text/event-stream";
  if (profile.name == "deepseek" && status == 400) type = "application/octet-stream";
  return {std::move(type), encoding::dump(body)};
}

std::string finish_word(Protocol protocol, FinishReason reason) {
  // In the order of FinishReason: none, stop, length, tool_calls, content_filter, error, other.
  using Words = std::array<const char*, 7>;
  static constexpr Words chat = {"", "stop", "length", "tool_calls", "content_filter", "error", "other"};
  static constexpr Words responses = {
      "", "completed", "max_output_tokens", "completed", "content_filter", "failed", "cancelled"};
  static constexpr Words anthropic = {"",        "end_turn", "max_tokens", "tool_use",
                                      "refusal", "error",    "pause_turn"};
  static constexpr Words gemini = {"",     "STOP", "MAX_TOKENS", "STOP", "SAFETY", "MALFORMED_FUNCTION_CALL",
                                   "OTHER"};
  static constexpr Words interactions = {"",       "completed", "incomplete", "requires_action",
                                         "failed", "failed",    "cancelled"};
  static constexpr Words ollama = {"", "stop", "length", "stop", "content_filter", "error", "unload"};
  static constexpr Words cohere = {"",      "COMPLETE",   "MAX_TOKENS", "TOOL_CALL", "ERROR_TOXIC",
                                   "ERROR", "USER_CANCEL"};
  static constexpr Words bedrock = {"",      "end_turn", "max_tokens", "tool_use", "content_filtered",
                                    "error", "other"};
  const auto word = [&](const Words& words) { return std::string(words[static_cast<std::size_t>(reason)]); };
  switch (protocol) {
    case Protocol::openai_chat:
      return word(chat);
    case Protocol::openai_responses:
      return word(responses);
    case Protocol::anthropic:
      return word(anthropic);
    case Protocol::gemini:
      return word(gemini);
    case Protocol::gemini_interactions:
      return word(interactions);
    case Protocol::ollama:
      return word(ollama);
    case Protocol::cohere:
      return word(cohere);
    case Protocol::bedrock:
      return word(bedrock);
  }
  return {};
}

}  // namespace assay::stream
