// Anthropic, Cohere and Bedrock, plainly.
#include "harness/stream/naive/frames.h"
#include "harness/stream/naive/reading.h"

namespace assay::stream::naive {

namespace {

void anthropic_block(Reading& reading, const std::string& key, const json& block, bool whole) {
  reading.say(reading.heard.text, 0, text_at(block, "type") == "text" ? text_at(block, "text") : "");
  reading.say(reading.heard.reasoning, 0, text_at(block, "thinking"));
  if (text_at(block, "type") != "tool_use") return;
  Call& call = reading.call(key);
  call.id = text_at(block, "id");
  call.name = text_at(block, "name");
  if (const json& input = at(block, "input"); input.is_object() && (whole || !input.empty()))
    call.arguments = input.dump();
}

void anthropic_usage(Reading& reading, const json& usage) {
  reading.count(usage, "input_tokens", "input");
  reading.count(usage, "output_tokens", "output");
  reading.count(usage, "cache_read_input_tokens", "cache_read");
  reading.count(usage, "cache_creation_input_tokens", "cache_write");
}

void anthropic_message(Reading& reading, const json& message) {
  const json& content = at(message, "content");
  const bool whole = !at(message, "stop_reason").is_null() || !content.empty();
  reading.forget_keys();
  reading.id(text_at(message, "id"));
  for (std::size_t i = 0; i < content.size(); ++i)
    anthropic_block(reading, "body " + std::to_string(i), content[i], whole);
  reading.finish(text_at(message, "stop_reason"));
  anthropic_usage(reading, at(message, "usage"));
}

void converse(Reading& reading, const std::string& event, const json& root) {
  const std::string key = std::to_string(number_at(root, "contentBlockIndex"));
  const json& delta = at(root, "delta");
  const json& called = at(at(root, "start"), "toolUse");
  if (event == "contentBlockStart" && called.is_object()) {
    reading.call(key).id = text_at(called, "toolUseId");
    reading.call(key).name = text_at(called, "name");
  } else if (event == "contentBlockDelta") {
    reading.say(reading.heard.text, 0, text_at(delta, "text"));
    reading.say(reading.heard.reasoning, 0, text_at(at(delta, "reasoningContent"), "text"));
    if (const std::string& input = text_at(at(delta, "toolUse"), "input"); !input.empty())
      reading.call(key).arguments += input;
  } else if (event == "messageStop") {
    reading.finish(text_at(root, "stopReason"));
  }
}

void converse_usage(Reading& reading, const json& usage) {
  reading.count(usage, "inputTokens", "input");
  reading.count(usage, "outputTokens", "output");
  reading.count(usage, "totalTokens", "total");
  reading.count(usage, "cacheReadInputTokens", "cache_read");
  reading.count(usage, "cacheWriteInputTokens", "cache_write");
}

void converse_body(Reading& reading, const json& root) {
  for (const json& part : at(at(at(root, "output"), "message"), "content")) {
    reading.say(reading.heard.text, 0, text_at(part, "text"));
    for (const json& cited : at(at(part, "citationsContent"), "content"))
      reading.say(reading.heard.text, 0, text_at(cited, "text"));
    const json& thought = at(part, "reasoningContent");
    reading.say(reading.heard.reasoning, 0, text_at(at(thought, "reasoningText"), "text"));
    if (const json& called = at(part, "toolUse"); called.is_object()) {
      Call& call = reading.new_call();
      call = {text_at(called, "toolUseId"), text_at(called, "name"), at(called, "input").dump()};
    }
  }
  reading.finish(text_at(root, "stopReason"));
}

// The vendors behind Bedrock's invoke that have no protocol of their own here: their text, whatever its key.
void vendor_text(Reading& reading, const json& root) {
  for (const char* key : {"generation", "outputText", "completion", "text"})
    reading.say(reading.heard.text, 0, text_at(root, key));
  for (const char* list : {"results", "outputs", "generations"})
    for (const json& one : at(root, list))
      for (const char* key : {"outputText", "text"}) reading.say(reading.heard.text, 0, text_at(one, key));
  for (const json& one : at(root, "completions"))
    reading.say(reading.heard.text, 0, text_at(at(one, "data"), "text"));
}

}  // namespace

void read_anthropic(Reading& reading, const json& root) {
  const std::string& type = text_at(root, "type");
  const std::string key = std::to_string(number_at(root, "index"));
  const json& delta = at(root, "delta");
  if (type == "content_block_start") {
    anthropic_block(reading, key, at(root, "content_block"), false);
  } else if (type == "content_block_delta") {
    reading.say(reading.heard.text, 0, text_at(delta, "text"));
    reading.say(reading.heard.reasoning, 0, text_at(delta, "thinking"));
    if (text_at(delta, "type") == "input_json_delta" && reading.has_call(key))
      reading.call(key).arguments += text_at(delta, "partial_json");
  } else if (type == "message_start") {
    anthropic_message(reading, at(root, "message"));
  } else if (type == "message") {
    anthropic_message(reading, root);
  } else if (type == "message_delta") {
    reading.finish(text_at(delta, "stop_reason"));
    anthropic_usage(reading, at(root, "usage"));
  } else if (type == "error" || type.empty()) {
    reading.error(root);
  }
}

void read_cohere(Reading& reading, const json& root) {
  const std::string& type = text_at(root, "type");
  const std::string key = std::to_string(number_at(root, "index"));
  const json& delta = at(root, "delta");
  const json& message = at(delta, "message");
  const json& end = type == "message-end" ? delta : root;
  if (type == "message-start" || type.empty()) reading.id(text_at(root, "id"));
  reading.say(reading.heard.text, 0, text_at(at(message, "content"), "text"));
  reading.say(reading.heard.reasoning, 0, text_at(at(message, "content"), "thinking"));
  if (type == "tool-plan-delta") reading.say(reading.heard.reasoning, 0, text_at(message, "tool_plan"));
  const json& fragment = at(message, "tool_calls");
  if (type == "tool-call-start") reading.call(key) = {text_at(fragment, "id"), "", ""};
  if (type == "tool-call-start" || type == "tool-call-delta") {
    reading.call(key).name += text_at(at(fragment, "function"), "name");
    reading.call(key).arguments += text_at(at(fragment, "function"), "arguments");
  }
  // v1
  const std::string& old = text_at(root, "event_type");
  const json& last = old.empty() ? root : at(root, "response");
  if (old == "text-generation" || (old.empty() && type.empty()))
    reading.say(reading.heard.text, 0, text_at(root, "text"));
  for (const json& call : at(old.empty() && !type.empty() ? json() : last, "tool_calls"))
    reading.new_call() = {"", text_at(call, "name"), at(call, "parameters").dump()};
  reading.id(text_at(root, "generation_id"));
  reading.count(at(at(last, "meta"), "tokens"), "input_tokens", "input");
  reading.count(at(at(last, "meta"), "tokens"), "output_tokens", "output");
  // v2's body
  const json& body = at(root, "message");
  reading.say(reading.heard.reasoning, 0, text_at(body, "tool_plan"));
  for (const json& part : at(body, "content")) {
    reading.say(reading.heard.text, 0, text_at(part, "text"));
    reading.say(reading.heard.reasoning, 0, text_at(part, "thinking"));
  }
  for (const json& call : at(body, "tool_calls"))
    reading.new_call() = {text_at(call, "id"), text_at(at(call, "function"), "name"),
                          text_at(at(call, "function"), "arguments")};
  if (type == "message-end") reading.heard.error = text_at(delta, "error");
  if (type.empty() && body.is_string()) reading.error(root);
  reading.finish(text_at(end, "finish_reason"));
  reading.count(at(at(end, "usage"), "tokens"), "input_tokens", "input");
  reading.count(at(at(end, "usage"), "tokens"), "output_tokens", "output");
  reading.count(at(end, "usage"), "cached_tokens", "cache_read");
}

void read_bedrock(Reading& reading, const std::string& event, const json& root) {
  if (const std::string& bytes = text_at(root, "bytes"); !bytes.empty()) {
    const json inner = json::parse(base64_plain(bytes), nullptr, false);
    return read_bedrock(reading, "", inner);
  }
  if (event.ends_with("Exception")) return reading.error(root);
  converse(reading, event, root);
  for (const char* name : {"contentBlockStart", "contentBlockDelta", "messageStop", "metadata"})
    if (const json& inner = at(root, name); inner.is_object()) {
      converse(reading, name, inner);
      converse_usage(reading, at(inner, "usage"));
    }
  if (event == "metadata") converse_usage(reading, at(root, "usage"));
  if (!event.empty() && event != "chunk") return;
  if (at(root, "output").is_object()) {
    converse_body(reading, root);
    converse_usage(reading, at(root, "usage"));
  } else if (root.contains("choices")) {
    read_chat(reading, "", root);
  } else if (const std::string& type = text_at(root, "type"); type.find('-') != std::string::npos) {
    read_cohere(reading, root);
  } else if (!type.empty() && type != "completion") {
    read_anthropic(reading, root);
  } else {
    vendor_text(reading, root);
  }
}

}  // namespace assay::stream::naive
