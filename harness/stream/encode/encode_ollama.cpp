// Ollama's own /api/chat: NDJSON. https://github.com/ollama/ollama/blob/main/docs/api.md
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json line_json(const Turn& turn, Json message) {
  Json out = {{"model", turn.model}, {"created_at", "2025-01-01T00:00:00.000000Z"}};
  Json with_role = {{"role", "assistant"}, {"content", ""}};
  with_role.update(message);
  out["message"] = with_role;
  out["done"] = false;
  return out;
}

Json ollama_call_json(const Block& block) {
  Json call = Json::object();
  if (!block.id.empty()) call["id"] = block.id;
  call["function"] = {{"name", block.name},
                      {"arguments", block.text.empty() ? Json::object() : parsed(block.text)}};
  return call;
}

void put_end(Json& line, const Turn& turn) {
  line["done"] = turn.complete;
  const std::string word = finish_raw(turn, Protocol::ollama);
  if (!word.empty()) line["done_reason"] = word;
  if (turn.usage) {
    put(line, "prompt_eval_count", turn.usage->input);
    put(line, "eval_count", turn.usage->output);
  }
  put_extras_under(line["message"], turn.extras, "message.");
  put_top_extras(line, turn.extras);
}

}  // namespace

std::vector<std::string> ollama_events(Writer w) {
  const auto send = [&](const Json& line) { w.events.push_back(dump(line) + "\n"); };
  for (const Block& block : w.turn.blocks) {
    if (block.kind == Block::Kind::tool_call) {
      send(line_json(w.turn, {{"tool_calls", Json::array({ollama_call_json(block)})}}));
    } else if (block.kind != Block::Kind::opaque) {
      const char* field = block.kind == Block::Kind::reasoning ? "thinking" : "content";
      for (const std::string_view piece : w.pieces(block.text)) send(line_json(w.turn, {{field, piece}}));
    }
  }
  if (w.turn.error) {
    send({{"error", w.turn.error->message}});
  } else if (w.turn.complete) {
    Json last = line_json(w.turn, Json::object());
    put_end(last, w.turn);
    send(last);
  }
  return std::move(w.events);
}

Json ollama_body(const Turn& turn, const Profile& /*profile*/, const EncodeOptions& /*options*/) {
  Json message = {{"content", text_of(turn)}};
  if (const std::string reasoning = reasoning_of(turn); !reasoning.empty()) message["thinking"] = reasoning;
  for (const Block& block : tool_calls_of(turn)) message["tool_calls"].push_back(ollama_call_json(block));
  Json body = line_json(turn, message);
  put_end(body, turn);
  return body;
}

}  // namespace assay::stream::encoding
