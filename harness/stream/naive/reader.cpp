#include "harness/stream/naive/reader.h"

#include <ostream>

#include "harness/stream/naive/frames.h"
#include "harness/stream/naive/reading.h"

namespace assay::stream::naive {

std::ostream& operator<<(std::ostream& out, const Heard& heard) {
  json all = {{"id", heard.id},           {"text", heard.text},     {"reasoning", heard.reasoning},
              {"refusal", heard.refusal}, {"finish", heard.finish}, {"error", heard.error},
              {"usage", heard.usage},     {"broken", heard.broken}, {"calls", json::array()}};
  for (const Call& call : heard.calls) all["calls"].push_back({call.id, call.name, call.arguments});
  return out << all.dump(1, ' ', false, json::error_handler_t::replace);
}

Heard read(Protocol protocol, std::string_view bytes, bool flush) {
  Reading reading;
  std::vector<json> roots;
  bool broken = false;
  for (const Payload& payload : payloads_of(bytes, flush)) {
    const std::size_t first = payload.data.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || payload.data.compare(first, 6, "[DONE]") == 0) continue;
    json root = json::parse(payload.data, nullptr, false);
    broken = !root.is_object();
    if (broken) break;
    switch (protocol) {
      case Protocol::openai_chat:
        read_chat(reading, payload.event, root);
        break;
      case Protocol::anthropic:
        read_anthropic(reading, root);
        break;
      case Protocol::gemini:
        read_gemini(reading, root);
        break;
      case Protocol::ollama:
        read_ollama(reading, root);
        break;
      case Protocol::cohere:
        read_cohere(reading, root);
        break;
      case Protocol::bedrock:
        read_bedrock(reading, payload.event, root);
        break;
      case Protocol::openai_responses:
      case Protocol::gemini_interactions:
        roots.push_back(std::move(root));
    }
  }
  Heard heard = protocol == Protocol::openai_responses      ? read_responses(roots)
                : protocol == Protocol::gemini_interactions ? read_interactions(roots)
                                                            : reading.done();
  heard.broken = broken;
  return heard;
}

Heard heard_of(const Turn& turn) {
  Heard heard;
  heard.id = turn.id;
  const auto add = [](std::map<int, std::string>& texts, const Block& block) {
    if (!block.text.empty()) texts[block.choice] += block.text;
  };
  for (const Block& block : turn.blocks) {
    if (block.kind == Block::Kind::text) add(heard.text, block);
    if (block.kind == Block::Kind::reasoning) add(heard.reasoning, block);
    if (block.kind == Block::Kind::refusal) add(heard.refusal, block);
    if (block.kind == Block::Kind::tool_call) heard.calls.push_back({block.id, block.name, block.text});
  }
  heard.finish = turn.finish_raw;
  if (turn.error) heard.error = turn.error->message;
  if (!turn.usage) return heard;
  const auto count = [&](const char* name, const std::optional<std::int64_t>& value) {
    if (value) heard.usage[name] = *value;
  };
  count("input", turn.usage->input);
  count("output", turn.usage->output);
  count("total", turn.usage->total);
  count("reasoning", turn.usage->reasoning);
  count("cache_read", turn.usage->cache_read);
  count("cache_write", turn.usage->cache_write);
  return heard;
}

void canonical_arguments(Heard& heard) {
  for (Call& call : heard.calls) {
    if (call.arguments.empty()) call.arguments = "{}";
    const json value = json::parse(call.arguments, nullptr, false);
    if (!value.is_discarded()) call.arguments = value.dump();
  }
}

}  // namespace assay::stream::naive
