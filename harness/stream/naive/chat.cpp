// Chat completions and Ollama, plainly.
#include "harness/stream/naive/reading.h"

namespace assay::stream::naive {

namespace {

std::string text_or_dump(const json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void chat_reasoning(Reading& reading, int choice, const json& message) {
  std::string text = text_at(message, "reasoning_content");
  if (text.empty()) text = text_at(message, "reasoning");
  if (text.empty()) text = text_at(message, "reasoning_text");
  reading.say(reading.heard.reasoning, choice, text);
  if (!text.empty()) return;
  for (const json& detail : at(message, "reasoning_details")) {
    reading.say(reading.heard.reasoning, choice, text_at(detail, "text"));
    reading.say(reading.heard.reasoning, choice, text_at(detail, "summary"));
  }
}

void chat_content(Reading& reading, int choice, const json& content) {
  if (content.is_string()) reading.say(reading.heard.text, choice, content.get_ref<const std::string&>());
  if (!content.is_array()) return;
  for (const json& part : content) {
    if (text_at(part, "type") == "text" || text_at(part, "type") == "output_text")
      reading.say(reading.heard.text, choice, text_at(part, "text"));
    if (text_at(part, "type") != "thinking") continue;
    reading.say(reading.heard.reasoning, choice, text_at(part, "thinking"));
    if (at(part, "thinking").is_array())
      for (const json& thought : part["thinking"])
        reading.say(reading.heard.reasoning, choice, text_at(thought, "text"));
  }
}

// A fragment belongs to the call of its index, unless it brings another id and a name: then a call begins.
void chat_call(Reading& reading, int choice, const json& fragment, std::size_t place) {
  const std::string& id = text_at(fragment, "id");
  const json& function = at(fragment, "function").is_object() ? fragment["function"] : at(fragment, "custom");
  const bool custom = !at(fragment, "function").is_object();
  const std::string& name = text_at(function, "name");
  const bool numbered = at(fragment, "index").is_number_integer();
  std::string key = std::to_string(choice) + "/" +
                    (!numbered && !id.empty()
                         ? "id " + id
                         : std::to_string(number_at(fragment, "index", static_cast<std::int64_t>(place))));
  // Calls that came before under the same number are behind a mark.
  while (reading.has_call(key + "'")) key += "'";
  if (reading.has_call(key)) {
    const Call& known = reading.call(key);
    if (!id.empty() && !known.id.empty() && known.id != id && !name.empty()) key += "'";
  }
  Call& call = reading.call(key);
  if (call.id.empty()) call.id = id;
  if (call.name.empty()) call.name = name;
  call.arguments += text_or_dump(at(function, custom ? "input" : "arguments"));
}

void chat_usage(Reading& reading, const json& usage) {
  reading.count(usage, "prompt_tokens", "input");
  reading.count(usage, "completion_tokens", "output");
  reading.count(usage, "total_tokens", "total");
  reading.count(at(usage, "completion_tokens_details"), "reasoning_tokens", "reasoning");
  reading.count(at(usage, "prompt_tokens_details"), "cached_tokens", "cache_read");
  reading.count(at(usage, "prompt_tokens_details"), "cache_write_tokens", "cache_write");
}

void chat_message(Reading& reading, int choice, const json& message) {
  chat_reasoning(reading, choice, message);
  chat_content(reading, choice, at(message, "content"));
  reading.say(reading.heard.refusal, choice, text_at(message, "refusal"));
  std::size_t place = 0;
  for (const json& fragment : at(message, "tool_calls")) chat_call(reading, choice, fragment, place++);
  if (const json& legacy = at(message, "function_call"); legacy.is_object()) {
    Call& call = reading.call(std::to_string(choice) + "/legacy");
    if (call.name.empty()) call.name = text_at(legacy, "name");
    call.arguments += text_at(legacy, "arguments");
  }
}

}  // namespace

void read_chat(Reading& reading, const std::string& event, const json& root) {
  if (event == "error" || !at(root, "error").is_null() ||
      (!root.contains("choices") && !text_at(root, "message").empty()))
    reading.error(root);
  reading.id(text_at(root, "id"));
  for (const json& choice : at(root, "choices")) {
    const int index = static_cast<int>(number_at(choice, "index"));
    // Perplexity repeats the whole message beside each delta.
    if (at(choice, "delta").is_object()) {
      reading.seen = true;
      chat_message(reading, index, choice["delta"]);
    } else if (!reading.seen) {
      chat_message(reading, index, at(choice, "message"));
    }
    // Together repeats the text of each delta beside it.
    if (text_at(at(choice, "delta"), "content").empty())
      reading.say(reading.heard.text, index, text_at(choice, "text"));
    if (index == 0) reading.finish(text_at(choice, "finish_reason"));
  }
  chat_usage(reading, at(at(root, "x_groq"), "usage"));
  chat_usage(reading, at(root, "usage"));
}

void read_ollama(Reading& reading, const json& root) {
  if (!at(root, "error").is_null()) return reading.error(root);
  const json& message = at(root, "message");
  for (const std::string* text : {&text_at(message, "thinking"), &text_at(root, "thinking")})
    reading.say(reading.heard.reasoning, 0, *text);
  for (const std::string* text : {&text_at(message, "content"), &text_at(root, "response")})
    reading.say(reading.heard.text, 0, *text);
  for (const json& made : at(message, "tool_calls")) {
    Call& call = reading.new_call();
    call.id = text_at(made, "id");
    call.name = text_at(at(made, "function"), "name");
    call.arguments = text_or_dump(at(at(made, "function"), "arguments"));
  }
  if (at(root, "done") != json(true)) return;
  reading.finish(text_at(root, "done_reason"));
  reading.count(root, "prompt_eval_count", "input");
  reading.count(root, "eval_count", "output");
}

}  // namespace assay::stream::naive
