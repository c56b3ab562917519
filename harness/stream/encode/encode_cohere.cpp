// Cohere v2 chat. https://docs.cohere.com/v2/docs/streaming
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json cohere_usage_json(const Usage& usage) {
  Json tokens = Json::object();
  put(tokens, "input_tokens", usage.input);
  put(tokens, "output_tokens", usage.output);
  Json out = Json::object();
  if (!tokens.empty()) out["tokens"] = tokens;
  put(out, "cached_tokens", usage.cache_read);
  put_extras(out, usage.extras);
  return out;
}

Json cohere_call_json(const Block& block, std::string_view arguments) {
  return {
      {"id", block.id}, {"type", "function"}, {"function", {{"name", block.name}, {"arguments", arguments}}}};
}

Json content_json(const Block& block, std::string_view text) {
  if (block.kind == Block::Kind::reasoning) return {{"type", "thinking"}, {"thinking", text}};
  return {{"type", "text"}, {"text", text}};
}

bool is_plan(const Block& block) {
  return block.kind == Block::Kind::reasoning && block.name == "tool_plan";
}

class CohereWriter {
 public:
  explicit CohereWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn) {}

  std::vector<std::string> run() {
    Json message = {{"role", "assistant"}, {"content", Json::array()}, {"tool_plan", ""}};
    message["tool_calls"] = Json::array();
    message["citations"] = Json::array();
    send({{"id", turn_.id}, {"type", "message-start"}, {"delta", {{"message", message}}}});
    for (std::size_t i = 0; i < turn_.blocks.size(); ++i) block(i);
    const std::string word = finish_raw(turn_, Protocol::cohere);
    if (turn_.error || turn_.complete) {
      Json delta = Json::object();
      if (turn_.error) delta["error"] = turn_.error->message;
      if (!word.empty()) delta["finish_reason"] = word;
      if (turn_.usage) delta["usage"] = cohere_usage_json(*turn_.usage);
      put_top_extras(delta, turn_.extras);
      send({{"type", "message-end"}, {"delta", delta}});
    }
    if (turn_.complete) w_.sse("", "[DONE]");
    return std::move(w_.events);
  }

 private:
  void send(const Json& event) { w_.sse(event["type"].get<std::string>(), dump(event)); }
  void message(const char* type, std::size_t index, Json message) {
    send({{"type", type}, {"index", index}, {"delta", {{"message", std::move(message)}}}});
  }
  void block(std::size_t index) {
    const Block& block = turn_.blocks[index];
    if (block.kind == Block::Kind::opaque) return;
    if (is_plan(block)) {
      for (const std::string_view piece : w_.pieces(block.text))
        send({{"type", "tool-plan-delta"}, {"delta", {{"message", {{"tool_plan", piece}}}}}});
    } else if (block.kind == Block::Kind::tool_call) {
      message("tool-call-start", index, {{"tool_calls", cohere_call_json(block, "")}});
      for (const std::string_view piece : w_.pieces(block.text))
        message("tool-call-delta", index, {{"tool_calls", {{"function", {{"arguments", piece}}}}}});
      send({{"type", "tool-call-end"}, {"index", index}});
    } else {
      message("content-start", index, {{"content", content_json(block, "")}});
      for (const std::string_view piece : w_.pieces(block.text)) {
        const char* field = block.kind == Block::Kind::reasoning ? "thinking" : "text";
        message("content-delta", index, {{"content", {{field, piece}}}});
      }
      if (index == last_text(turn_))
        for (const Json& citation : items_of_extra(turn_, "message.citations")) {
          message("citation-start", index, {{"citations", citation}});
          send({{"type", "citation-end"}, {"index", index}});
        }
      send({{"type", "content-end"}, {"index", index}});
    }
  }

  Writer w_;
  const Turn& turn_;
};

}  // namespace

std::vector<std::string> cohere_events(Writer writer) {
  return CohereWriter(std::move(writer)).run();
}

Json cohere_body(const Turn& turn, const Profile& /*profile*/, const EncodeOptions& /*options*/) {
  Json message = {{"role", "assistant"}};
  for (const Block& block : turn.blocks) {
    if (is_plan(block)) {
      message["tool_plan"] = block.text;
    } else if (block.kind == Block::Kind::tool_call) {
      message["tool_calls"].push_back(cohere_call_json(block, block.text));
    } else if (block.kind != Block::Kind::opaque) {
      message["content"].push_back(content_json(block, block.text));
    }
  }
  put_extras_under(message, turn.extras, "message.");
  Json body = {{"id", turn.id}, {"finish_reason", finish_raw(turn, Protocol::cohere)}, {"message", message}};
  if (turn.usage) body["usage"] = cohere_usage_json(*turn.usage);
  put_top_extras(body, turn.extras);
  return body;
}

}  // namespace assay::stream::encoding
