// Anthropic Messages. https://docs.anthropic.com/en/docs/build-with-claude/streaming
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json anthropic_usage_json(const Usage& usage) {
  Json out = Json::object();
  put(out, "input_tokens", usage.input);
  put(out, "cache_creation_input_tokens", usage.cache_write);
  put(out, "cache_read_input_tokens", usage.cache_read);
  put(out, "output_tokens", usage.output);
  put_extras(out, usage.extras);
  return out;
}

// A content block as it stands in a body; with `empty` as in content_block_start, before its deltas.
Json anthropic_block_json(const Block& block, bool empty) {
  switch (block.kind) {
    case Block::Kind::reasoning:
      if (block.name == "redacted") return {{"type", "redacted_thinking"}, {"data", block.signature}};
      return {{"type", "thinking"},
              {"thinking", empty ? "" : block.text},
              {"signature", empty ? "" : block.signature}};
    case Block::Kind::tool_call:
      return {{"type", "tool_use"},
              {"id", block.id},
              {"name", block.name},
              {"input", empty || block.text.empty() ? Json::object() : parsed(block.text)}};
    case Block::Kind::opaque:
      return parsed(block.text);
    case Block::Kind::text:
    case Block::Kind::refusal:
      break;
  }
  return {{"type", "text"}, {"text", empty ? "" : block.text}};
}

Json message_json(const Turn& turn) {
  Json message = {{"id", turn.id}, {"type", "message"}, {"role", "assistant"}, {"model", turn.model}};
  message["content"] = Json::array();
  message["stop_reason"] = nullptr;
  message["stop_sequence"] = nullptr;
  put_top_extras(message, turn.extras);
  return message;
}

// Citations stand on a text block.
Json anthropic_citations(const Turn& turn, std::size_t index) {
  return index == last_text(turn) ? Json(items_of_extra(turn, "message.citations")) : Json::array();
}

class AnthropicWriter {
 public:
  explicit AnthropicWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn) {}

  std::vector<std::string> run() {
    Json message = message_json(turn_);
    message["stop_sequence"] = nullptr;  // known at the end
    if (turn_.usage) {
      message["usage"] = anthropic_usage_json(*turn_.usage);
      message["usage"]["output_tokens"] = turn_.usage->output ? 1 : 0;
    }
    send({{"type", "message_start"}, {"message", message}});
    for (std::size_t i = 0; i < turn_.blocks.size(); ++i) block(i);
    if (turn_.error) {
      w_.sse("error", dump(error_body(*turn_.error, 0, ErrorShape::anthropic)));
      return std::move(w_.events);
    }
    const std::string word = finish_raw(turn_, Protocol::anthropic);
    if (!word.empty()) {
      Json delta = {{"stop_reason", word}, {"stop_sequence", nullptr}};
      if (const Extra* sequence = find_extra(turn_.extras, "stop_sequence"))
        delta["stop_sequence"] = parsed(sequence->json);
      Json event = {{"type", "message_delta"}, {"delta", delta}};
      if (turn_.usage && turn_.usage->output) event["usage"] = {{"output_tokens", *turn_.usage->output}};
      send(event);
    }
    if (turn_.complete) send({{"type", "message_stop"}});
    return std::move(w_.events);
  }

 private:
  void send(const Json& event) {
    std::string data = dump(event);
    // The padding that Anthropic hides lengths with: spaces before the last brace.
    if (w_.profile.obfuscation) data.insert(data.size() - 1, padding(w_.events.size()).size(), ' ');
    w_.sse(event["type"].get<std::string>(), data);
  }
  void delta(std::size_t index, Json delta) {
    send({{"type", "content_block_delta"}, {"index", index}, {"delta", std::move(delta)}});
  }
  void block(std::size_t index) {
    const Block& block = turn_.blocks[index];
    send({{"type", "content_block_start"},
          {"index", index},
          {"content_block", anthropic_block_json(block, true)}});
    if (index == 0) send({{"type", "ping"}});
    if (block.kind == Block::Kind::tool_call)
      delta(index, {{"type", "input_json_delta"}, {"partial_json", ""}});
    for (const std::string_view piece :
         block.kind == Block::Kind::opaque ? std::vector<std::string_view>{} : w_.pieces(block.text)) {
      if (block.kind == Block::Kind::tool_call) {
        delta(index, {{"type", "input_json_delta"}, {"partial_json", piece}});
      } else if (block.kind == Block::Kind::reasoning) {
        delta(index, {{"type", "thinking_delta"}, {"thinking", piece}});
      } else {
        delta(index, {{"type", "text_delta"}, {"text", piece}});
      }
    }
    if (block.kind == Block::Kind::reasoning && block.name.empty() && !block.signature.empty())
      delta(index, {{"type", "signature_delta"}, {"signature", block.signature}});
    for (const Json& citation : anthropic_citations(turn_, index))
      delta(index, {{"type", "citations_delta"}, {"citation", citation}});
    const bool cut_here = index + 1 == turn_.blocks.size() && !turn_.complete && turn_.finish_raw.empty() &&
                          turn_.finish == FinishReason::none;
    if (!cut_here) send({{"type", "content_block_stop"}, {"index", index}});
  }

  Writer w_;
  const Turn& turn_;
};

}  // namespace

std::vector<std::string> anthropic_events(Writer writer) {
  return AnthropicWriter(std::move(writer)).run();
}

Json anthropic_body(const Turn& turn, const Profile& /*profile*/, const EncodeOptions& /*options*/) {
  Json message = message_json(turn);
  for (std::size_t i = 0; i < turn.blocks.size(); ++i) {
    message["content"].push_back(anthropic_block_json(turn.blocks[i], false));
    if (Json citations = anthropic_citations(turn, i); !citations.empty())
      message["content"].back()["citations"] = std::move(citations);
  }
  const std::string word = finish_raw(turn, Protocol::anthropic);
  if (!word.empty()) message["stop_reason"] = word;
  if (turn.usage) message["usage"] = anthropic_usage_json(*turn.usage);
  return message;
}

}  // namespace assay::stream::encoding
