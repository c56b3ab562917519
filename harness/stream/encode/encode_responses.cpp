// OpenAI Responses. https://platform.openai.com/docs/api-reference/responses-streaming
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json responses_usage_json(const Usage& usage) {
  Json out = Json::object();
  put(out, "input_tokens", usage.input);
  if (usage.cache_read) out["input_tokens_details"] = {{"cached_tokens", *usage.cache_read}};
  put(out, "output_tokens", usage.output);
  if (usage.reasoning) out["output_tokens_details"] = {{"reasoning_tokens", *usage.reasoning}};
  put(out, "total_tokens", usage.total);
  for (const Extra& extra : usage.extras) out[extra.name] = parsed(extra.json);
  return out;
}

std::string status_of(const Turn& turn) {
  switch (turn.finish) {
    case FinishReason::none:
      return "in_progress";
    case FinishReason::length:
    case FinishReason::content_filter:
      return "incomplete";
    case FinishReason::error:
      return "failed";
    case FinishReason::other:
      return "cancelled";
    case FinishReason::stop:
    case FinishReason::tool_calls:
      break;
  }
  return "completed";
}

Json responses_part_json(const Block& block, std::string_view text) {
  if (block.kind == Block::Kind::refusal) return {{"type", "refusal"}, {"refusal", text}};
  return {{"type", "output_text"}, {"annotations", Json::array()}, {"text", text}};
}

// Blocks first..last (exclusive) are one output item: a reasoning item may have several summary parts.
struct Item {
  std::size_t first;
  std::size_t last;
};

std::vector<Item> items_of(const Turn& turn) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < turn.blocks.size(); ++i) {
    const Block& block = turn.blocks[i];
    const bool same = !items.empty() && block.kind == Block::Kind::reasoning && !block.id.empty() &&
                      turn.blocks[items.back().first].kind == Block::Kind::reasoning &&
                      turn.blocks[items.back().first].id == block.id;
    if (same) {
      items.back().last = i + 1;
    } else {
      items.push_back({i, i + 1});
    }
  }
  return items;
}

std::string item_id(const Block& block, std::size_t index) {
  if (block.kind == Block::Kind::reasoning) return block.id;
  const char* prefix = block.kind != Block::Kind::tool_call ? "msg_" : block.custom ? "ctc_" : "fc_";
  return prefix + std::to_string(index + 1);
}

// What the text cites; it stands on the last one.
Json annotations_of(const Turn& turn) {
  return items_of_extra(turn, "message.annotations");
}

// An output item; with `empty` as in output_item.added, before its deltas.
Json item_json(const Turn& turn, Item item, std::size_t index, bool empty) {
  const Block& block = turn.blocks[item.first];
  if (block.kind == Block::Kind::opaque) return parsed(block.text);
  Json out = Json::object();
  if (const std::string id = item_id(block, index); !id.empty()) out["id"] = id;
  if (block.kind == Block::Kind::reasoning) {
    out["type"] = "reasoning";
    out["summary"] = Json::array();
    if (empty) return out;
    for (std::size_t i = item.first; i < item.last; ++i) {
      if (!turn.blocks[i].text.empty())
        out["summary"].push_back({{"type", "summary_text"}, {"text", turn.blocks[i].text}});
      if (!turn.blocks[i].signature.empty()) out["encrypted_content"] = turn.blocks[i].signature;
    }
    return out;
  }
  if (block.kind == Block::Kind::tool_call) {
    out.update({{"type", block.custom ? "custom_tool_call" : "function_call"},
                {"status", empty ? "in_progress" : "completed"},
                {block.custom ? "input" : "arguments", empty ? "" : block.text},
                {"call_id", block.id},
                {"name", block.name}});
    return out;
  }
  out.update({{"type", "message"}, {"status", empty ? "in_progress" : "completed"}, {"role", "assistant"}});
  out["content"] = Json::array();
  if (!empty) {
    Json part = responses_part_json(block, block.text);
    if (item.first == last_text(turn)) part["annotations"] = annotations_of(turn);
    out["content"].push_back(std::move(part));
  }
  return out;
}

Json error_object(const StreamError& error) {
  Json out = {{"code", error.code.empty() ? error.type : error.code}, {"message", error.message}};
  put_extras(out, error.extras);
  return out;
}

Json responses_response_json(const Turn& turn, const EncodeOptions& options, bool whole) {
  Json out = {{"id", turn.id}, {"object", "response"}, {"created_at", options.created}};
  out["status"] = whole ? status_of(turn) : "in_progress";
  out["error"] = nullptr;
  out["incomplete_details"] = nullptr;
  out["model"] = turn.model;
  out["output"] = Json::array();
  if (!whole) return out;
  if (out["status"] == "incomplete")
    out["incomplete_details"] = {{"reason", finish_raw(turn, Protocol::openai_responses)}};
  if (turn.error) out["error"] = error_object(*turn.error);
  const std::vector<Item> items = items_of(turn);
  for (std::size_t i = 0; i < items.size(); ++i) out["output"].push_back(item_json(turn, items[i], i, false));
  if (turn.usage) out["usage"] = responses_usage_json(*turn.usage);
  put_top_extras(out, turn.extras);
  return out;
}

class ResponsesWriter {
 public:
  explicit ResponsesWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn) {}

  std::vector<std::string> run() {
    for (const char* type : {"response.created", "response.in_progress"})
      send(type, {{"response", responses_response_json(turn_, w_.options, false)}});
    const std::vector<Item> items = items_of(turn_);
    for (std::size_t i = 0; i < items.size(); ++i) item(items[i], i);
    if (turn_.error && (turn_.finish == FinishReason::none || turn_.finish == FinishReason::error)) {
      Json event = error_object(*turn_.error);
      event["param"] = turn_.error->param.empty() ? Json(nullptr) : Json(turn_.error->param);
      send("error", event);
      Turn failed = turn_;
      failed.finish = FinishReason::error;
      send("response.failed", {{"response", responses_response_json(failed, w_.options, true)}});
    } else if (turn_.finish != FinishReason::none) {
      const std::string status = status_of(turn_);
      send("response." + status, {{"response", responses_response_json(turn_, w_.options, true)}});
    }
    if (!w_.profile.event_names && turn_.complete) w_.sse("", "[DONE]");
    return std::move(w_.events);
  }

 private:
  void send(const std::string& type, const Json& fields) {
    Json event = {{"type", type}, {"sequence_number", sequence_++}};
    event.update(fields);
    if (w_.profile.obfuscation && type.ends_with(".delta")) event["obfuscation"] = padding(w_.events.size());
    w_.sse(w_.profile.event_names ? std::string_view(type) : std::string_view(), dump(event));
  }
  void item(Item item, std::size_t index) {
    const Block& block = turn_.blocks[item.first];
    send("response.output_item.added",
         {{"output_index", index}, {"item", item_json(turn_, item, index, true)}});
    const Json place = {{"item_id", item_id(block, index)}, {"output_index", index}};
    if (block.kind == Block::Kind::reasoning) {
      for (std::size_t i = item.first; i < item.last; ++i)
        summary(place, turn_.blocks[i].text, i - item.first);
    } else if (block.kind == Block::Kind::tool_call) {
      const char* kind =
          block.custom ? "response.custom_tool_call_input" : "response.function_call_arguments";
      deltas(kind, place, block.text);
      done(kind, place, {{block.custom ? "input" : "arguments", block.text}});
    } else if (block.kind != Block::Kind::opaque) {
      part(place, block, item.first == last_text(turn_));
    }
    const bool cut_here = index + 1 == items_of(turn_).size() && turn_.finish == FinishReason::none &&
                          block.kind != Block::Kind::reasoning && block.kind != Block::Kind::opaque;
    if (!cut_here)
      send("response.output_item.done",
           {{"output_index", index}, {"item", item_json(turn_, item, index, false)}});
  }
  void summary(Json place, const std::string& text, std::size_t part) {
    if (text.empty()) return;
    place["summary_index"] = part;
    Json added = place;
    added["part"] = {{"type", "summary_text"}, {"text", ""}};
    send("response.reasoning_summary_part.added", added);
    deltas("response.reasoning_summary_text", place, text);
    done("response.reasoning_summary_text", place, {{"text", text}});
    added["part"]["text"] = text;
    send("response.reasoning_summary_part.done", added);
  }
  void part(Json place, const Block& block, bool annotated) {
    const bool refusal = block.kind == Block::Kind::refusal;
    const std::string kind = refusal ? "response.refusal" : "response.output_text";
    place["content_index"] = 0;
    Json added = place;
    added["part"] = responses_part_json(block, "");
    send("response.content_part.added", added);
    deltas(kind, place, block.text);
    added["part"] = responses_part_json(block, block.text);
    if (annotated) {
      added["part"]["annotations"] = annotations_of(turn_);
      std::size_t number = 0;
      for (const Json& annotation : added["part"]["annotations"]) {
        Json event = place;
        event["annotation_index"] = number++;
        event["annotation"] = annotation;
        send("response.output_text.annotation.added", event);
      }
    }
    done(kind, place, {{refusal ? "refusal" : "text", block.text}});
    send("response.content_part.done", added);
  }
  void deltas(const std::string& kind, const Json& place, const std::string& text) {
    for (const std::string_view piece : w_.pieces(text)) {
      Json event = place;
      event["delta"] = piece;
      send(kind + ".delta", event);
    }
  }
  void done(const std::string& kind, const Json& place, const Json& whole) {
    Json event = place;
    event.update(whole);
    send(kind + ".done", event);
  }

  Writer w_;
  const Turn& turn_;
  int sequence_ = 0;
};

}  // namespace

std::vector<std::string> responses_events(Writer writer) {
  return ResponsesWriter(std::move(writer)).run();
}

Json responses_body(const Turn& turn, const Profile& /*profile*/, const EncodeOptions& options) {
  return responses_response_json(turn, options, true);
}

}  // namespace assay::stream::encoding
