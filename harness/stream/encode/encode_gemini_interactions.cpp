// Gemini Interactions: one step a block. https://ai.google.dev/gemini-api/docs/interactions/streaming
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json interaction_usage_json(const Usage& usage) {
  Json out = Json::object();
  put(out, "total_tokens", usage.total);
  put(out, "total_input_tokens", usage.input);
  put(out, "total_cached_tokens", usage.cache_read);
  put(out, "total_output_tokens", usage.output);
  put(out, "total_thought_tokens", usage.reasoning);
  put_extras(out, usage.extras);
  return out;
}

Json interaction_json(const Turn& turn, const std::string& status) {
  Json out = Json::object();
  if (!turn.id.empty()) out["id"] = turn.id;
  out["status"] = status;
  out["object"] = "interaction";
  if (!turn.model.empty()) out["model"] = turn.model;
  return out;
}

Json text_content(std::string_view text) {
  return {{"type", "text"}, {"text", text}};
}

// `whole`: with everything that a stream tells in deltas.
Json step_json(const Block& block, bool whole) {
  if (block.kind == Block::Kind::opaque) return parsed(block.text);
  Json step = Json::object();
  switch (block.kind) {
    case Block::Kind::reasoning:
      step["type"] = "thought";
      if (whole && !block.text.empty()) step["summary"] = Json::array({text_content(block.text)});
      break;
    case Block::Kind::tool_call:
      step = {{"id", block.id}, {"type", "function_call"}, {"name", block.name}};
      step["arguments"] = whole && !block.text.empty() ? parsed(block.text) : Json::object();
      break;
    default:
      step["type"] = "model_output";
      if (whole) step["content"] = Json::array({text_content(block.text)});
  }
  const bool at_once = whole || block.kind == Block::Kind::tool_call;
  if (at_once && !block.signature.empty()) step["signature"] = block.signature;
  return step;
}

class InteractionWriter {
 public:
  explicit InteractionWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn) {}

  std::vector<std::string> run() {
    send({{"interaction", interaction_json(turn_, "in_progress")}, {"event_type", "interaction.created"}});
    send({{"interaction_id", turn_.id},
          {"status", "in_progress"},
          {"event_type", "interaction.status_update"}});
    for (std::size_t i = 0; i < turn_.blocks.size(); ++i) block(i);
    if (turn_.error) {
      Json error = error_body(*turn_.error, turn_.error->status, ErrorShape::gemini);
      error["event_type"] = "error";
      send(error);
    }
    if (const std::string status = finish_raw(turn_, Protocol::gemini_interactions); !status.empty()) {
      Json interaction = interaction_json(turn_, status);
      if (turn_.usage) interaction["usage"] = interaction_usage_json(*turn_.usage);
      put_top_extras(interaction, turn_.extras);
      send({{"interaction", interaction}, {"event_type", "interaction.completed"}});
    }
    if (turn_.complete) w_.sse("done", "[DONE]");
    return std::move(w_.events);
  }

 private:
  void send(const Json& event) { w_.sse(event["event_type"].get<std::string>(), dump(event)); }
  void delta(std::size_t index, Json delta) {
    send({{"index", index}, {"delta", std::move(delta)}, {"event_type", "step.delta"}});
  }
  void block(std::size_t index) {
    const Block& block = turn_.blocks[index];
    send({{"index", index}, {"step", step_json(block, false)}, {"event_type", "step.start"}});
    if (block.kind != Block::Kind::opaque)
      for (const std::string_view piece : w_.pieces(block.text)) {
        if (block.kind == Block::Kind::tool_call) {
          delta(index, {{"type", "arguments_delta"}, {"arguments", piece}});
        } else if (block.kind == Block::Kind::reasoning) {
          delta(index, {{"type", "thought_summary"}, {"content", text_content(piece)}});
        } else {
          delta(index, text_content(piece));
        }
      }
    if (block.kind == Block::Kind::reasoning && !block.signature.empty())
      delta(index, {{"type", "thought_signature"}, {"signature", block.signature}});
    send({{"index", index}, {"event_type", "step.stop"}});
  }

  Writer w_;
  const Turn& turn_;
};

}  // namespace

std::vector<std::string> gemini_interactions_events(Writer writer) {
  return InteractionWriter(std::move(writer)).run();
}

Json gemini_interactions_body(const Turn& turn, const Profile& /*profile*/,
                              const EncodeOptions& /*options*/) {
  Json body = interaction_json(turn, finish_raw(turn, Protocol::gemini_interactions));
  body["steps"] = Json::array();
  for (const Block& block : turn.blocks) body["steps"].push_back(step_json(block, true));
  if (turn.usage) body["usage"] = interaction_usage_json(*turn.usage);
  put_top_extras(body, turn.extras);
  return body;
}

}  // namespace assay::stream::encoding
