// Bedrock Converse and ConverseStream; with Profile::invoke the JSON of Anthropic in base64, as
// InvokeModelWithResponseStream sends it.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
#include "harness/base/text.h"
#include "harness/stream/encode/encode_parts.h"
#include "harness/stream/framing/eventstream.h"

namespace assay::stream::encoding {

namespace {

Json bedrock_usage_json(const Usage& usage) {
  Json out = Json::object();
  put(out, "inputTokens", usage.input);
  put(out, "outputTokens", usage.output);
  put(out, "totalTokens", usage.total);
  put(out, "cacheReadInputTokens", usage.cache_read);
  put(out, "cacheWriteInputTokens", usage.cache_write);
  put_extras(out, usage.extras);
  return out;
}

Json bedrock_block_json(const Block& block) {
  switch (block.kind) {
    case Block::Kind::reasoning: {
      if (block.name == "redacted") return {{"reasoningContent", {{"redactedContent", block.signature}}}};
      Json text = {{"text", block.text}};
      if (!block.signature.empty()) text["signature"] = block.signature;
      return {{"reasoningContent", {{"reasoningText", text}}}};
    }
    case Block::Kind::tool_call:
      return {{"toolUse",
               {{"toolUseId", block.id},
                {"name", block.name},
                {"input", block.text.empty() ? Json::object() : parsed(block.text)}}}};
    case Block::Kind::opaque:
      return parsed(block.text);
    case Block::Kind::text:
    case Block::Kind::refusal:
      break;
  }
  return {{"text", block.text}};
}

// What went wrong: a modelled exception; what has a code and no type is an error outside the model, told in
// headers alone.
std::string bedrock_failure(const StreamError& error) {
  if (error.type.empty() && !error.code.empty())
    return eventstream_message(
        {{":message-type", "error"}, {":error-code", error.code}, {":error-message", error.message}}, "");
  return eventstream_message(
      {{":exception-type", error.type.empty() ? "internalServerException" : error.type},
       {":content-type", "application/json"},
       {":message-type", "exception"}},
      dump(error_body(error, 0, ErrorShape::bedrock)));
}

std::string bedrock_event(std::string_view type, const Json& payload) {
  return eventstream_message(
      {{":event-type", std::string(type)}, {":content-type", "application/json"}, {":message-type", "event"}},
      dump(payload));
}

// A tool result in an opaque block; null for anything else.
Json tool_result(const Block& block) {
  const Json whole = parsed(block.text);
  const auto found = whole.is_object() ? whole.find("toolResult") : whole.end();
  return whole.is_object() && found != whole.end() && found->is_object() ? *found : Json();
}

class BedrockWriter {
 public:
  explicit BedrockWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn) {}

  std::vector<std::string> run() {
    send("messageStart", {{"role", "assistant"}});
    for (std::size_t i = 0; i < turn_.blocks.size(); ++i) block(i);
    if (turn_.error) {
      w_.events.push_back(bedrock_failure(*turn_.error));
      return std::move(w_.events);
    }
    const std::string word = finish_raw(turn_, Protocol::bedrock);
    if (turn_.complete) {
      Json stop = {{"stopReason", word}};
      if (const Extra* more = find_extra(turn_.extras, "additionalModelResponseFields"))
        stop["additionalModelResponseFields"] = parsed(more->json);
      send("messageStop", stop);
    }
    Json metadata = Json::object();
    put_top_extras(metadata, turn_.extras);
    metadata.erase("additionalModelResponseFields");
    if (turn_.usage) metadata["usage"] = bedrock_usage_json(*turn_.usage);
    if (!metadata.empty()) send("metadata", metadata);
    return std::move(w_.events);
  }

 private:
  void send(const char* type, Json payload) {
    if (w_.profile.obfuscation) payload["p"] = padding(w_.events.size());
    w_.events.push_back(bedrock_event(type, payload));
  }
  void delta(std::size_t index, Json delta) {
    send("contentBlockDelta", {{"contentBlockIndex", index}, {"delta", std::move(delta)}});
  }
  void block(std::size_t index) {
    const Block& block = turn_.blocks[index];
    switch (block.kind) {
      case Block::Kind::tool_call:
        send("contentBlockStart",
             {{"contentBlockIndex", index},
              {"start", {{"toolUse", {{"toolUseId", block.id}, {"name", block.name}}}}}});
        for (const std::string_view piece : w_.pieces(block.text))
          delta(index, {{"toolUse", {{"input", piece}}}});
        break;
      case Block::Kind::reasoning:
        if (block.name == "redacted") {
          delta(index, {{"reasoningContent", {{"redactedContent", block.signature}}}});
          break;
        }
        for (const std::string_view piece : w_.pieces(block.text))
          delta(index, {{"reasoningContent", {{"text", piece}}}});
        if (!block.signature.empty()) delta(index, {{"reasoningContent", {{"signature", block.signature}}}});
        break;
      case Block::Kind::text:
      case Block::Kind::refusal:
        for (const std::string_view piece : w_.pieces(block.text)) delta(index, {{"text", piece}});
        if (index == last_text(turn_))
          for (const Json& citation : items_of_extra(turn_, "message.citations"))
            delta(index, {{"citation", citation}});
        break;
      case Block::Kind::opaque: {
        Json result = tool_result(block);
        if (result.is_null()) return;  // nothing else comes in pieces
        const Json content = result.value("content", Json::array());
        result.erase("content");
        send("contentBlockStart", {{"contentBlockIndex", index}, {"start", {{"toolResult", result}}}});
        for (const Json& piece : content) delta(index, {{"toolResult", Json::array({piece})}});
        break;
      }
    }
    send("contentBlockStop", {{"contentBlockIndex", index}});
  }

  Writer w_;
  const Turn& turn_;
};

}  // namespace

namespace {

// Anthropic's events without their SSE.
std::vector<std::string> invoke_events(const Writer& w) {
  Profile plain = w.profile;
  plain.obfuscation = plain.crlf = false;
  plain.comments = 0;
  Turn said = w.turn;
  said.error.reset();
  std::vector<std::string> events;
  for (const std::string& event : anthropic_events(Writer{said, plain, w.options, {}})) {
    constexpr std::string_view before = "\ndata: ";
    const std::size_t at = event.find(before);
    if (at == std::string::npos || event.starts_with("event: ping")) continue;
    Json chunk = {{"bytes", base64(trim(std::string_view(event).substr(at + before.size())))}};
    if (w.profile.obfuscation) chunk["p"] = padding(events.size());
    events.push_back(bedrock_event("chunk", chunk));
  }
  if (w.turn.error) events.push_back(bedrock_failure(*w.turn.error));
  return events;
}

}  // namespace

std::vector<std::string> bedrock_events(Writer writer) {
  if (writer.profile.invoke) return invoke_events(writer);
  return BedrockWriter(std::move(writer)).run();
}

Json bedrock_body(const Turn& turn, const Profile& profile, const EncodeOptions& options) {
  if (profile.invoke) return anthropic_body(turn, profile, options);
  Json message = {{"role", "assistant"}, {"content", Json::array()}};
  for (std::size_t i = 0; i < turn.blocks.size(); ++i) {
    Json content = bedrock_block_json(turn.blocks[i]);
    if (const std::vector<Json> citations = items_of_extra(turn, "message.citations");
        i == last_text(turn) && !citations.empty())
      content = {{"citationsContent", {{"content", Json::array({content})}, {"citations", citations}}}};
    message["content"].push_back(std::move(content));
  }
  Json body = {{"output", {{"message", message}}}, {"stopReason", finish_raw(turn, Protocol::bedrock)}};
  if (turn.usage) body["usage"] = bedrock_usage_json(*turn.usage);
  put_top_extras(body, turn.extras);
  return body;
}

}  // namespace assay::stream::encoding
