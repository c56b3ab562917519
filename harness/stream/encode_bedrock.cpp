// Bedrock Converse and ConverseStream.
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
#include "harness/stream/encode_parts.h"
#include "harness/stream/eventstream.h"

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

class BedrockWriter {
 public:
  explicit BedrockWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn) {}

  std::vector<std::string> run() {
    send("messageStart", {{"role", "assistant"}});
    for (std::size_t i = 0; i < turn_.blocks.size(); ++i) block(i);
    if (turn_.error) {
      w_.events.push_back(eventstream_message(
          {{":exception-type", turn_.error->type.empty() ? "internalServerException" : turn_.error->type},
           {":content-type", "application/json"},
           {":message-type", "exception"}},
          dump(error_body(*turn_.error, 0, ErrorShape::bedrock))));
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
    w_.events.push_back(eventstream_message(
        {{":event-type", type}, {":content-type", "application/json"}, {":message-type", "event"}},
        dump(payload)));
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
        break;
      case Block::Kind::opaque:
        return;
    }
    send("contentBlockStop", {{"contentBlockIndex", index}});
  }

  Writer w_;
  const Turn& turn_;
};

}  // namespace

std::vector<std::string> bedrock_events(Writer writer) {
  return BedrockWriter(std::move(writer)).run();
}

Json bedrock_body(const Turn& turn, const Profile& /*profile*/, const EncodeOptions& /*options*/) {
  Json message = {{"role", "assistant"}, {"content", Json::array()}};
  for (const Block& block : turn.blocks) message["content"].push_back(bedrock_block_json(block));
  Json body = {{"output", {{"message", message}}}, {"stopReason", finish_raw(turn, Protocol::bedrock)}};
  if (turn.usage) body["usage"] = bedrock_usage_json(*turn.usage);
  put_top_extras(body, turn.extras);
  return body;
}

}  // namespace assay::stream::encoding
