// Gemini, its Interactions and OpenAI's Responses, plainly.
#include <map>

#include "harness/stream/naive/reading.h"

namespace assay::stream::naive {

namespace {

// Blocks under a key, in the order in which they were first told of.
struct Told {
  enum class Kind { text, reasoning, refusal, call };
  std::string key;
  Kind kind;
  std::string text;
  std::string id;
  std::string name;
};

class Blocks {
 public:
  Told* find(const std::string& key, Told::Kind kind) {
    for (Told& told : all_)
      if (told.key == key && told.kind == kind) return &told;
    return nullptr;
  }
  Told& of(const std::string& key, Told::Kind kind) {
    if (Told* known = find(key, kind)) return *known;
    return all_.emplace_back(Told{key, kind, {}, {}, {}});
  }
  bool any(const std::string& prefix) const {
    for (const Told& told : all_)
      if (told.key.starts_with(prefix)) return true;
    return false;
  }
  void into(Reading& reading) const {
    for (const Told& told : all_) {
      if (told.kind == Told::Kind::text) reading.say(reading.heard.text, 0, told.text);
      if (told.kind == Told::Kind::reasoning) reading.say(reading.heard.reasoning, 0, told.text);
      if (told.kind == Told::Kind::refusal) reading.say(reading.heard.refusal, 0, told.text);
      if (told.kind == Told::Kind::call) reading.new_call() = {told.id, told.name, told.text};
    }
  }

 private:
  std::vector<Told> all_;
};

std::string place(std::int64_t item, std::int64_t part) {
  return std::to_string(item) + "/" + std::to_string(part);
}

// What an item says, for what nothing said before it.
void responses_item(Blocks& blocks, std::int64_t index, const json& item, bool done) {
  const std::string& type = text_at(item, "type");
  const auto fill = [&](std::int64_t part, Told::Kind kind, const std::string& text) {
    if (Told& told = blocks.of(place(index, part), kind); told.text.empty()) told.text = text;
  };
  if (type == "message") {
    std::int64_t part = 0;
    for (const json& content : at(item, "content")) {
      const bool refusal = text_at(content, "type") == "refusal";
      // A compaction repeats what the client had said (input_text).
      if (!refusal && text_at(content, "type") != "output_text" && text_at(content, "type") != "text") {
        ++part;
        continue;
      }
      fill(part++, refusal ? Told::Kind::refusal : Told::Kind::text,
           text_at(content, refusal ? "refusal" : "text"));
    }
  } else if (type == "function_call" || type == "custom_tool_call") {
    Told& told = blocks.of(place(index, 0), Told::Kind::call);
    if (told.id.empty())
      told.id = text_at(item, "call_id").empty() ? text_at(item, "id") : text_at(item, "call_id");
    if (told.name.empty()) told.name = text_at(item, "name");
    const std::string& arguments = text_at(item, type == "function_call" ? "arguments" : "input");
    if (done && told.text.empty()) told.text = arguments;
  } else if (type == "reasoning") {
    for (const char* list : {"summary", "content"}) {
      std::int64_t part = 0;
      for (const json& content : at(item, list)) {
        if (!text_at(content, "text").empty()) fill(part, Told::Kind::reasoning, text_at(content, "text"));
        ++part;
      }
    }
  }
}

void responses_usage(Reading& reading, const json& usage) {
  reading.count(usage, "input_tokens", "input");
  reading.count(usage, "output_tokens", "output");
  reading.count(usage, "total_tokens", "total");
  reading.count(at(usage, "input_tokens_details"), "cached_tokens", "cache_read");
  reading.count(at(usage, "output_tokens_details"), "reasoning_tokens", "reasoning");
}

}  // namespace

Heard read_responses(const std::vector<json>& roots) {
  Reading reading;
  Blocks blocks;
  std::map<std::string, std::int64_t> places;  // of items, by their ids
  std::string current;
  std::int64_t first = 0;  // item of the response that is being told
  for (const json& root : roots) {
    const std::string& type = text_at(root, "type");
    if (type == "response.created" && !current.empty() && !text_at(at(root, "response"), "id").empty() &&
        text_at(at(root, "response"), "id") != current)
      first += 1000;
    if (const std::string& id = text_at(at(root, "response"), "id"); !id.empty()) current = id;
    const std::int64_t item = first + number_at(root, "output_index");
    if (const std::string& id = text_at(at(root, "item"), "id"); !id.empty()) places.try_emplace(id, item);
    const std::string in_content = place(item, number_at(root, "content_index"));
    const std::string in_summary = place(item, number_at(root, "summary_index"));
    const std::string& delta = text_at(root, "delta");
    if (type == "response.output_text.delta" && !delta.empty())
      blocks.of(in_content, Told::Kind::text).text += delta;
    if (type == "response.refusal.delta" && !delta.empty())
      blocks.of(in_content, Told::Kind::refusal).text += delta;
    if (type == "response.reasoning_text.delta" && !delta.empty())
      blocks.of(in_content, Told::Kind::reasoning).text += delta;
    if (type == "response.reasoning_summary_text.delta" && !delta.empty())
      blocks.of(in_summary, Told::Kind::reasoning).text += delta;
    if (type == "response.function_call_arguments.delta" || type == "response.custom_tool_call_input.delta")
      blocks.of(place(item, 0), Told::Kind::call).text += delta;
    if (type == "response.output_text.done")
      if (Told& told = blocks.of(in_content, Told::Kind::text); told.text.empty())
        told.text = text_at(root, "text");
    if (type == "response.output_item.added" || type == "response.output_item.done")
      responses_item(blocks, item, at(root, "item"), type.ends_with("done"));
    if (type == "error" || (type.empty() && at(root, "error").is_object())) reading.error(root);
    const json& response = at(root, "response").is_object() ? root["response"] : root;
    if (&response == &root && type.starts_with("response.")) continue;
    reading.id(text_at(response, "id"));
    const std::string& status = text_at(response, "status");
    if (status == "in_progress" || status == "queued") continue;
    std::int64_t count = first;
    const bool silent = !blocks.any("");
    for (const json& one : at(response, "output")) {
      const auto known = places.find(text_at(one, "id"));
      const std::int64_t index = known == places.end() ? count : known->second;
      if (silent || !blocks.any(std::to_string(index) + "/"))
        responses_item(blocks, silent ? count : index, one, true);
      ++count;
    }
    if (reading.heard.error.empty() && at(response, "error").is_object()) reading.error(response);
    responses_usage(reading, at(response, "usage"));
    const std::string& reason = text_at(at(response, "incomplete_details"), "reason");
    reading.finish(status == "incomplete" && !reason.empty() ? reason : status);
  }
  blocks.into(reading);
  return reading.done();
}

void read_gemini(Reading& reading, const json& root) {
  // Code Assist wraps each response.
  if (at(root, "response").is_object()) return read_gemini(reading, root["response"]);
  if (!at(root, "error").is_null()) return reading.error(root);
  reading.id(text_at(root, "responseId"));
  for (const json& candidate : at(root, "candidates")) {
    const int index = static_cast<int>(number_at(candidate, "index"));
    for (const json& part : at(at(candidate, "content"), "parts")) {
      if (const json& called = at(part, "functionCall"); called.is_object()) {
        const json& arguments = at(called, "args");
        reading.new_call() = {text_at(called, "id"), text_at(called, "name"),
                              arguments.is_null() ? "{}" : arguments.dump()};
      } else {
        auto& texts = at(part, "thought") == json(true) ? reading.heard.reasoning : reading.heard.text;
        reading.say(texts, index, text_at(part, "text"));
      }
    }
    if (index == 0) reading.finish(text_at(candidate, "finishReason"));
  }
  reading.finish(text_at(at(root, "promptFeedback"), "blockReason"));
  const json& usage = at(root, "usageMetadata");
  reading.count(usage, "promptTokenCount", "input");
  reading.count(usage, "candidatesTokenCount", "output");
  reading.count(usage, "totalTokenCount", "total");
  reading.count(usage, "thoughtsTokenCount", "reasoning");
  reading.count(usage, "cachedContentTokenCount", "cache_read");
}

Heard read_interactions(const std::vector<json>& roots) {
  Reading reading;
  Blocks blocks;
  const auto step_told = [&](std::int64_t index, const json& step) {
    const std::string key = std::to_string(index) + "/";
    const std::string& type = text_at(step, "type");
    for (const json& part : at(step, "content"))
      if (type == "model_output") blocks.of(key, Told::Kind::text).text += text_at(part, "text");
    for (const json& part : at(step, "summary"))
      blocks.of(key, Told::Kind::reasoning).text += text_at(part, "text");
    if (type != "function_call") return;
    Told& told = blocks.of(key, Told::Kind::call);
    told.id = text_at(step, "id");
    told.name = text_at(step, "name");
    if (!at(step, "arguments").empty()) told.text = at(step, "arguments").dump();
  };
  for (const json& root : roots) {
    const std::int64_t index = number_at(root, "index");
    const std::string key = std::to_string(index) + "/";
    const json& delta = at(root, "delta");
    const std::string& type = text_at(delta, "type");
    if (at(root, "step").is_object()) step_told(index, root["step"]);
    if (type == "text") blocks.of(key, Told::Kind::text).text += text_at(delta, "text");
    if (type == "thought_summary")
      blocks.of(key, Told::Kind::reasoning).text += text_at(at(delta, "content"), "text");
    if (type == "arguments_delta") blocks.of(key, Told::Kind::call).text += text_at(delta, "arguments");
    if (!at(root, "error").is_null()) reading.error(root);
    const json& interaction = at(root, "interaction").is_object() ? root["interaction"] : root;
    reading.id(text_at(interaction, "id"));
    std::int64_t step = 0;
    for (const json& one : at(interaction, "steps")) step_told(step++, one);
    if (text_at(interaction, "status") != "in_progress") reading.finish(text_at(interaction, "status"));
    const json& usage = at(interaction, "usage");
    reading.count(usage, "total_input_tokens", "input");
    reading.count(usage, "total_output_tokens", "output");
    reading.count(usage, "total_tokens", "total");
    reading.count(usage, "total_thought_tokens", "reasoning");
    reading.count(usage, "total_cached_tokens", "cache_read");
  }
  blocks.into(reading);
  Heard heard = reading.done();
  for (Call& call : heard.calls)
    if (call.arguments.empty()) call.arguments = "{}";
  return heard;
}

}  // namespace assay::stream::naive
