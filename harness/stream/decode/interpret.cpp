#include "harness/stream/decode/interpret.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace assay::stream::decoding {

std::string_view text_or_json(const Element& value, std::string& scratch) {
  if (value.is_string()) return as_text(value);
  if (value.is_null()) return {};
  scratch = simdjson::minify(value);
  return scratch;
}

namespace {

using Count = std::optional<std::int64_t> Usage::*;

constexpr std::array<std::pair<std::string_view, Count>, 24> count_names = {{
    {"prompt_tokens", &Usage::input},
    {"input_tokens", &Usage::input},
    {"promptTokenCount", &Usage::input},
    {"inputTokens", &Usage::input},
    {"prompt_eval_count", &Usage::input},
    {"completion_tokens", &Usage::output},
    {"output_tokens", &Usage::output},
    {"candidatesTokenCount", &Usage::output},
    {"outputTokens", &Usage::output},
    {"eval_count", &Usage::output},
    {"total_tokens", &Usage::total},
    {"totalTokenCount", &Usage::total},
    {"totalTokens", &Usage::total},
    {"cache_read_input_tokens", &Usage::cache_read},
    {"cachedContentTokenCount", &Usage::cache_read},
    {"cacheReadInputTokens", &Usage::cache_read},
    {"cacheReadInputTokenCount", &Usage::cache_read},
    {"cached_tokens", &Usage::cache_read},
    {"cache_creation_input_tokens", &Usage::cache_write},
    {"cacheWriteInputTokens", &Usage::cache_write},
    {"cacheWriteInputTokenCount", &Usage::cache_write},
    {"cache_write_tokens", &Usage::cache_write},
    {"thoughtsTokenCount", &Usage::reasoning},
    {"thinking_tokens", &Usage::reasoning},
}};

Count count_named(std::string_view name) {
  for (const auto& [known, count] : count_names)
    if (known == name) return count;
  return name == "reasoning_tokens" ? &Usage::reasoning : nullptr;
}

bool is_details(std::string_view name) {
  return name == "prompt_tokens_details" || name == "input_tokens_details" ||
         name == "completion_tokens_details" || name == "output_tokens_details" || name == "tokens";
}

// True when all of `details` fitted into `usage`.
bool read_details(const Object& details, Usage& usage) {
  bool all = true;
  for (const auto field : details) {
    std::int64_t number = 0;
    const Count count = count_named(field.key);
    if (count && field.value.get(number) == simdjson::SUCCESS) {
      usage.*count = number;
    } else if (!field.value.is_null()) {
      all = false;
    }
  }
  return all;
}

void set_if_empty(std::string& out, std::string_view value) {
  if (out.empty()) out = value;
}

bool is_status(std::int64_t number) {
  return number >= 100 && number < 600;
}

// One field of an error object, wherever it stood.
void read_error_field(std::string_view key, const Element& value, StreamError& error) {
  std::int64_t number = 0;
  const bool numeric = value.get(number) == simdjson::SUCCESS;
  if (value.is_null()) return;
  if (key == "message" && value.is_string()) {
    error.message = as_text(value);
  } else if (key == "type" && value.is_string()) {
    error.type = as_text(value);
  } else if (key == "status" && value.is_string()) {
    set_if_empty(error.type, as_text(value));
  } else if (key == "param" && value.is_string()) {
    error.param = as_text(value);
  } else if (key == "code" && value.is_string()) {
    error.code = as_text(value);
  } else if ((key == "code" || key == "status_code" || key == "raw_status_code" || key == "status") &&
             numeric && is_status(number)) {
    error.status = static_cast<int>(number);
  } else if (key == "code" && numeric) {
    error.code = std::to_string(number);
  } else {
    set_extra(error.extras, key, simdjson::minify(value));
  }
}

constexpr std::array<std::pair<std::string_view, FinishReason>, 46> finish_words = {{
    {"stop", FinishReason::stop},
    {"eos", FinishReason::stop},
    {"end_turn", FinishReason::stop},
    {"stop_sequence", FinishReason::stop},
    {"completed", FinishReason::stop},
    {"STOP", FinishReason::stop},
    {"COMPLETE", FinishReason::stop},
    {"STOP_SEQUENCE", FinishReason::stop},
    {"FINISH", FinishReason::stop},
    {"FINISHED", FinishReason::stop},
    {"endoftext", FinishReason::stop},
    {"eos_token", FinishReason::stop},
    {"length", FinishReason::length},
    {"max_tokens", FinishReason::length},
    {"max_output_tokens", FinishReason::length},
    {"model_length", FinishReason::length},
    {"model_context_window_exceeded", FinishReason::length},
    {"MAX_TOKENS", FinishReason::length},
    {"LENGTH", FinishReason::length},
    {"incomplete", FinishReason::length},
    {"tool_calls", FinishReason::tool_calls},
    {"tool_use", FinishReason::tool_calls},
    {"function_call", FinishReason::tool_calls},
    {"TOOL_CALL", FinishReason::tool_calls},
    {"TOOL_CALLS", FinishReason::tool_calls},
    {"content_filter", FinishReason::content_filter},
    {"content_filtered", FinishReason::content_filter},
    {"CONTENT_FILTERED", FinishReason::content_filter},
    {"guardrail_intervened", FinishReason::content_filter},
    {"refusal", FinishReason::content_filter},
    {"SAFETY", FinishReason::content_filter},
    {"RECITATION", FinishReason::content_filter},
    {"BLOCKLIST", FinishReason::content_filter},
    {"PROHIBITED_CONTENT", FinishReason::content_filter},
    {"SPII", FinishReason::content_filter},
    {"IMAGE_SAFETY", FinishReason::content_filter},
    {"LANGUAGE", FinishReason::content_filter},
    {"ERROR_TOXIC", FinishReason::content_filter},
    {"error", FinishReason::error},
    {"failed", FinishReason::error},
    {"ERROR", FinishReason::error},
    {"ERROR_LIMIT", FinishReason::length},
    {"MALFORMED_FUNCTION_CALL", FinishReason::error},
    {"UNEXPECTED_TOOL_CALL", FinishReason::error},
    {"malformed_tool_use", FinishReason::error},
    {"malformed_model_output", FinishReason::error},
}};

}  // namespace

void read_usage(const Object& object, Usage& usage) {
  // Some tell a count under the names of two providers, and fill in one of them.
  Usage told;
  for (const auto field : object) {
    std::int64_t number = 0;
    Object details;
    if (field.value.is_null()) continue;
    if (const Count count = count_named(field.key); count && field.value.get(number) == simdjson::SUCCESS) {
      if (number != 0 || (told.*count).value_or(0) == 0) usage.*count = number;
      told.*count = usage.*count;
    } else if (!is_details(field.key) || field.value.get(details) != simdjson::SUCCESS ||
               !read_details(details, usage)) {
      set_extra(usage.extras, field.key, simdjson::minify(field.value));
    }
  }
}

namespace {

// What stands beside `error`: OpenRouter's user_id, request ids, OpenAI's status. In an event that is more
// than an error (choices, a response) that belongs to the turn.
void read_beside_error(const Object& root, StreamError& error) {
  for (const std::string_view more : {"choices", "response", "output", "candidates", "content", "done"})
    if (root.at_key(more).error() == simdjson::SUCCESS) return;
  for (const auto field : root) {
    std::int64_t number = 0;
    if (field.value.is_null() || field.key == "error" || field.key == "type" || field.key == "object")
      continue;
    if (field.key == "status" && field.value.get(number) == simdjson::SUCCESS && is_status(number)) {
      if (error.status == 0) error.status = static_cast<int>(number);
    } else if (field.key != "code" || error.code.empty()) {
      set_extra(error.extras, field.key, simdjson::minify(field.value));
    }
  }
}

}  // namespace

bool read_error(const Object& root, StreamError& error) {
  Element value;
  if (root.at_key("error").get(value) == simdjson::SUCCESS && !value.is_null()) {
    if (Object inner; value.get(inner) == simdjson::SUCCESS) {
      for (const auto field : inner) read_error_field(field.key, field.value, error);
      read_beside_error(root, error);
    } else if (value.is_string()) {
      error.message = as_text(value);
      error.code = text_in(root, "code");
      read_beside_error(root, error);
    } else {
      error.message = simdjson::minify(value);
    }
    return true;
  }
  const std::string_view message = text_in(root, "message");
  std::string scratch;
  if (message.empty() && root.at_key("detail").get(value) == simdjson::SUCCESS) {
    error.message = text_or_json(value, scratch);
    return true;
  }
  // Mistral: {object: "error", message: {detail: [...]}}.
  if (message.empty() && text_in(root, "object") == "error" &&
      root.at_key("message").get(value) == simdjson::SUCCESS) {
    error.message = text_or_json(value, scratch);
    for (const auto field : root)
      if (field.key != "object" && field.key != "message") read_error_field(field.key, field.value, error);
    return true;
  }
  if (message.empty()) return false;
  for (const auto field : root)
    if (field.key != "object") read_error_field(field.key, field.value, error);
  return true;
}

FinishReason finish_of(std::string_view word) {
  if (word.empty()) return FinishReason::none;
  for (const auto& [known, reason] : finish_words)
    if (known == word) return reason;
  return FinishReason::other;
}

Delta Emitter::about(Delta::Kind kind, std::uint32_t block) const {
  Delta delta;
  delta.kind = kind;
  delta.block = block;
  delta.choice = kinds_[block].choice;
  delta.block_kind = kinds_[block].kind;
  return delta;
}

void Emitter::start(std::string_view id, std::string_view model) {
  const bool new_id = !id.empty() && id_.empty();
  const bool new_model = !model.empty() && model_.empty();
  if (!new_id && !new_model) return;
  if (new_id) id_ = id;
  if (new_model) model_ = model;
  ++epoch_;
  Delta delta;
  delta.kind = Delta::Kind::start;
  delta.id = id_;
  delta.model = model_;
  sink_->on(delta);
}

std::uint32_t Emitter::open(Block::Kind kind, int choice) {
  ++epoch_;
  kinds_.push_back({kind, choice});
  return blocks() - 1;
}

void Emitter::fragment(std::uint32_t block, std::string_view text) {
  static constexpr Delta::Kind kinds[] = {Delta::Kind::text, Delta::Kind::reasoning, Delta::Kind::refusal,
                                          Delta::Kind::tool_call, Delta::Kind::opaque};
  Delta delta = about(kinds[static_cast<std::size_t>(kinds_[block].kind)], block);
  delta.text = text;
  sink_->on(delta);
}

void Emitter::identify(std::uint32_t block, std::string_view id, std::string_view name, bool custom) {
  ++epoch_;
  static constexpr Delta::Kind kinds[] = {Delta::Kind::text, Delta::Kind::reasoning, Delta::Kind::refusal,
                                          Delta::Kind::tool_call, Delta::Kind::opaque};
  Delta delta = about(kinds[static_cast<std::size_t>(kinds_[block].kind)], block);
  delta.id = id;
  delta.name = name;
  delta.custom = custom;
  sink_->on(delta);
}

void Emitter::signature(std::uint32_t block, std::string_view text) {
  ++epoch_;
  Delta delta = about(Delta::Kind::signature, block);
  delta.text = text;
  sink_->on(delta);
}

void Emitter::opaque_part(std::uint32_t block, std::string_view key, const Element& value) {
  ++epoch_;
  const std::string name = nlohmann::json(key).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string json = "{" + name + ":" + std::string(simdjson::minify(value)) + "}";
  Delta delta = about(Delta::Kind::opaque_part, block);
  delta.text = json;
  sink_->on(delta);
}

void Emitter::input(std::uint32_t block, std::string_view text) {
  Delta delta = about(Delta::Kind::input, block);
  delta.text = text;
  sink_->on(delta);
}

void Emitter::finish(std::string_view word, FinishReason reason) {
  if (word == finish_raw_ && reason == finish_) return;
  ++epoch_;
  finish_raw_ = word;
  finish_ = reason;
  Delta delta;
  delta.kind = Delta::Kind::finish;
  delta.finish = reason;
  delta.text = finish_raw_;
  sink_->on(delta);
}

void Emitter::usage() {
  if (usage_told_ && usage_ == told_usage_) return;
  ++epoch_;
  usage_told_ = true;
  told_usage_ = usage_;
  Delta delta;
  delta.kind = Delta::Kind::usage;
  delta.usage = &usage_;
  sink_->on(delta);
}

void Emitter::error(const StreamError& error) {
  ++epoch_;
  Delta delta;
  delta.kind = Delta::Kind::error;
  delta.error = &error;
  sink_->on(delta);
}

void Emitter::extra(std::string_view prefix, std::string_view key, const Element& value) {
  auto known = std::find_if(extras_.begin(), extras_.end(), [&](const Cached& cached) {
    return cached.name.size() == prefix.size() + key.size() && cached.name.starts_with(prefix) &&
           cached.name.ends_with(key);
  });
  if (known == extras_.end()) known = extras_.insert(known, {std::string(prefix) + std::string(key), {}, {}});
  // Most are strings that stay the same: compared without being written.
  if (value.is_string() && !known->json.empty() && known->text == as_text(value) && known->json[0] == '"')
    return;
  std::string json = simdjson::minify(value);
  if (known->json == json) return;
  known->text = as_text(value);
  known->json = std::move(json);
  ++epoch_;
  Delta delta;
  delta.kind = Delta::Kind::extra;
  delta.name = known->name;
  delta.text = known->json;
  sink_->on(delta);
}

void Emitter::extra_part(std::string_view prefix, std::string_view key, const Element& value) {
  add_extra(prefix, key, simdjson::minify(value));
}

void Emitter::extra_item(std::string_view prefix, std::string_view key, const Element& value) {
  add_extra(prefix, key, "[" + std::string(simdjson::minify(value)) + "]");
}

void Emitter::add_extra(std::string_view prefix, std::string_view key, const std::string& json) {
  ++epoch_;
  const std::string name = std::string(prefix) + std::string(key);
  Delta delta;
  delta.kind = Delta::Kind::extra_part;
  delta.name = name;
  delta.text = json;
  sink_->on(delta);
}

}  // namespace assay::stream::decoding
