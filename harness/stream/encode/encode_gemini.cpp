// Gemini generateContent, as SSE (alt=sse) or as one JSON array in pieces.
// https://ai.google.dev/api/generate-content
#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json gemini_usage_json(const Usage& usage) {
  Json out = Json::object();
  put(out, "promptTokenCount", usage.input);
  put(out, "candidatesTokenCount", usage.output);
  put(out, "totalTokenCount", usage.total);
  put(out, "cachedContentTokenCount", usage.cache_read);
  put(out, "thoughtsTokenCount", usage.reasoning);
  put_extras(out, usage.extras);
  return out;
}

// The part that carries `text` of a block; the signature stands on the last one.
Json gemini_part_json(const Block& block, std::string_view text, bool last) {
  Json part = Json::object();
  if (block.kind == Block::Kind::opaque) return parsed(block.text);
  if (block.kind == Block::Kind::tool_call) {
    Json call = Json::object();
    if (!block.id.empty()) call["id"] = block.id;
    call["name"] = block.name;
    call["args"] = text.empty() ? Json::object() : parsed(text);
    part["functionCall"] = call;
  } else {
    part["text"] = text;
    if (block.kind == Block::Kind::reasoning) part["thought"] = true;
  }
  if (last && !block.signature.empty()) part["thoughtSignature"] = block.signature;
  return part;
}

Json candidate_json(Json parts, int choice, const std::string& finish) {
  Json out = {{"content", {{"parts", std::move(parts)}, {"role", "model"}}}};
  if (!finish.empty()) out["finishReason"] = finish;
  out["index"] = choice;
  return out;
}

// What is said of a candidate, but for its parts.
void put_candidate_extras(Json& candidate, const Turn& turn, int choice) {
  if (choice == 0) put_extras_under(candidate, turn.extras, "candidate.");
  put_extras_under(candidate, turn.extras, "candidate." + std::to_string(choice) + ".");
}

Json gemini_response_json(const Turn& turn, Json candidates) {
  Json out = {{"candidates", std::move(candidates)}};
  if (turn.usage) out["usageMetadata"] = gemini_usage_json(*turn.usage);
  if (!turn.model.empty()) out["modelVersion"] = turn.model;
  if (!turn.id.empty()) out["responseId"] = turn.id;
  return out;
}

}  // namespace

std::vector<std::string> gemini_events(Writer w) {
  std::vector<Json> responses;
  const Turn& turn = w.turn;
  const auto add = [&](Json parts, int choice, const std::string& finish) {
    responses.push_back(
        gemini_response_json(turn, Json::array({candidate_json(std::move(parts), choice, finish)})));
  };
  for (const Block& block : turn.blocks) {
    std::vector<std::string_view> pieces{block.text};
    if (block.kind != Block::Kind::tool_call && block.kind != Block::Kind::opaque && !block.text.empty())
      pieces = w.pieces(block.text);
    for (std::size_t i = 0; i < pieces.size(); ++i)
      add(Json::array({gemini_part_json(block, pieces[i], i + 1 == pieces.size())}), block.choice, "");
  }
  const std::string word = finish_raw(turn, Protocol::gemini);
  if (!word.empty())
    for (const int choice : choices_of(turn)) {
      add(Json::array({{{"text", ""}}}), choice, word);
      put_candidate_extras(responses.back()["candidates"][0], turn, choice);
    }
  if (responses.empty() && !turn.error) responses.push_back(gemini_response_json(turn, Json::array()));
  if (!responses.empty()) put_top_extras(responses.back(), turn.extras);
  if (turn.error) responses.push_back(error_body(*turn.error, turn.error->status, ErrorShape::gemini));

  for (std::size_t i = 0; i < responses.size(); ++i) {
    if (w.profile.json_array) {
      w.events.push_back((i == 0 ? "[" : ",\r\n") + dump(responses[i]));
    } else {
      w.sse("", dump(responses[i]));
    }
  }
  if (w.profile.json_array && turn.complete) w.events.emplace_back("]");
  return std::move(w.events);
}

Json gemini_body(const Turn& turn, const Profile& /*profile*/, const EncodeOptions& /*options*/) {
  Json candidates = Json::array();
  for (const int choice : choices_of(turn)) {
    Json parts = Json::array();
    for (const Block& block : turn.blocks)
      if (block.choice == choice) parts.push_back(gemini_part_json(block, block.text, true));
    candidates.push_back(candidate_json(parts, choice, finish_raw(turn, Protocol::gemini)));
    put_candidate_extras(candidates.back(), turn, choice);
  }
  Json out = gemini_response_json(turn, candidates);
  put_top_extras(out, turn.extras);
  return out;
}

}  // namespace assay::stream::encoding
