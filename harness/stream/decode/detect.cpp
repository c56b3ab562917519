#include "harness/stream/decode/detect.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/untrusted_json.h"
#include "harness/stream/framing/eventstream.h"
#include "harness/stream/framing/framing.h"
#include "harness/stream/framing/json_framer.h"
#include "harness/stream/framing/sse.h"

namespace assay::stream {

namespace {

using nlohmann::json;

constexpr std::size_t looked_at = 8;

std::vector<std::string> first_payloads(std::string_view bytes) {
  std::vector<std::string> payloads;
  const std::optional<ToldFraming> told = tell_framing(bytes);
  if (!told || told->framing == Framing::eventstream) return payloads;
  if (told->framing == Framing::json) {
    bytes.remove_prefix(told->skip);
    JsonFramer framer;
    framer.append(bytes);
    for (std::string_view object; payloads.size() < looked_at && framer.next(object);)
      payloads.emplace_back(object);
    return payloads;
  }
  SseFramer framer;
  framer.append(bytes);
  SseEvent event;
  while (payloads.size() < looked_at && framer.next(event)) payloads.emplace_back(event.data);
  if (payloads.empty() && framer.finish(AtEnd::flush, event)) payloads.emplace_back(event.data);
  return payloads;
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The JSON of Titan, Llama, Mistral and AI21, as Bedrock's invoke answers with.
bool speaks_vendor(const json& object) {
  const auto first_has = [&](const char* list, const char* key) {
    const auto found = object.find(list);
    return found != object.end() && found->is_array() && !found->empty() && found->front().is_object() &&
           found->front().contains(key);
  };
  return object.contains("outputText") || object.contains("generation") ||
         first_has("results", "outputText") || first_has("outputs", "stop_reason") ||
         first_has("completions", "data");
}

// An error body whose shape is one family's own. {error: "words"}, {message}, {detail} and {error: {message}}
// are anybody's.
std::optional<Protocol> speaks_error(const json& object) {
  const auto found = object.find("error");
  if (found == object.end() || found->is_null())
    return text_of(object, "object") == "error" ? std::optional(Protocol::openai_chat) : std::nullopt;
  if (found->is_string() && object.contains("code")) return Protocol::openai_chat;  // xAI
  if (!found->is_object()) return std::nullopt;
  if (found->contains("status")) return Protocol::gemini;
  for (const char* key : {"type", "param", "code"})
    if (found->contains("message") && found->contains(key)) return Protocol::openai_chat;
  return std::nullopt;
}

std::optional<Protocol> speaks(const json& object) {
  const auto has = [&](const char* key) { return object.contains(key); };
  const std::string type = text_of(object, "type");
  if (has("choices")) return Protocol::openai_chat;
  const std::string event = text_of(object, "event_type");
  if (event.starts_with("interaction.") || event.starts_with("step.") || event.starts_with("content.") ||
      text_of(object, "object") == "interaction" || (has("steps") && has("status")))
    return Protocol::gemini_interactions;
  if (type.starts_with("response.") || text_of(object, "object") == "response" ||
      (type == "error" && has("sequence_number")))
    return Protocol::openai_responses;
  if (has("candidates") || has("promptFeedback")) return Protocol::gemini;
  // Caches, embeddings and the messages of Live count tokens, too, and answer nothing.
  bool other = text_of(object, "name").starts_with("cachedContents/");
  for (const char* key : {"embeddings", "embedding", "serverContent", "setupComplete", "toolCall", "goAway",
                          "toolCallCancellation", "sessionResumptionUpdate"})
    other = other || has(key);
  if (has("usageMetadata") && !other) return Protocol::gemini;
  if (type == "message-start" || type.starts_with("content-") || type == "message-end")
    return Protocol::cohere;
  if (has("generation_id") && (has("text") || has("event_type"))) return Protocol::cohere;  // v1
  if (type == "message_start" || type.starts_with("content_block") || (type == "message" && has("content")) ||
      (type == "error" && has("error")))
    return Protocol::anthropic;
  for (const char* key : {"messageStart", "contentBlockStart", "contentBlockDelta", "messageStop"})
    if (has(key)) return Protocol::bedrock;
  if (has("output") && has("stopReason")) return Protocol::bedrock;
  if (has("done") && (has("message") || has("response"))) return Protocol::ollama;
  if (has("message") && object["message"].is_object() && has("finish_reason")) return Protocol::cohere;
  return speaks_vendor(object) ? Protocol::bedrock : speaks_error(object);
}

}  // namespace

std::optional<Protocol> detect_protocol(std::string_view bytes) {
  EventstreamFramer messages;
  messages.append(bytes.substr(0, std::min<std::size_t>(bytes.size(), std::size_t{1} << 20U)));
  if (EventstreamMessage message; !bytes.empty() && bytes[0] == '\0' && messages.next(message))
    return Protocol::bedrock;
  for (const std::string& payload : first_payloads(bytes)) {
    const json object = parse_untrusted(payload);
    if (!object.is_object()) continue;
    if (const std::optional<Protocol> protocol = speaks(object)) return protocol;
  }
  return std::nullopt;
}

}  // namespace assay::stream
