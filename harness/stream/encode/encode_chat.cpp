// OpenAI chat.completions and its relatives.
// https://platform.openai.com/docs/api-reference/chat-streaming
#include <algorithm>
#include <map>
#include <utility>

#include "harness/stream/encode/encode_parts.h"

namespace assay::stream::encoding {

namespace {

Json chat_usage_json(const Usage& usage) {
  Json out = Json::object();
  put(out, "prompt_tokens", usage.input);
  put(out, "completion_tokens", usage.output);
  put(out, "total_tokens", usage.total);
  Json prompt = Json::object();
  put(prompt, "cached_tokens", usage.cache_read);
  put(prompt, "cache_write_tokens", usage.cache_write);
  if (!prompt.empty()) out["prompt_tokens_details"] = prompt;
  if (usage.reasoning) out["completion_tokens_details"] = {{"reasoning_tokens", *usage.reasoning}};
  for (const Extra& extra : usage.extras) out[extra.name] = parsed(extra.json);
  return out;
}

Json chat_call_json(const Block& block, const Profile& profile) {
  Json call = Json::object();
  if (!block.id.empty()) call["id"] = block.id;
  if (block.custom) {
    call.update({{"type", "custom"}, {"custom", {{"name", block.name}, {"input", block.text}}}});
    return call;
  }
  if (profile.call_type) call["type"] = "function";
  call["function"] = {{"name", block.name}, {"arguments", block.text}};
  if (profile.reasoning == ReasoningAs::extra_signature && !block.signature.empty())
    call["extra_content"] = {{"google", {{"thought_signature", block.signature}}}};
  return call;
}

std::string chat_word(const Turn& turn, const Profile& profile) {
  if (turn.finish == FinishReason::stop && turn.finish_raw.empty() && !profile.stop_word.empty())
    return profile.stop_word;
  return finish_raw(turn, Protocol::openai_chat);
}

// How a choice ended; `word` empty: it goes on.
void put_finish(Json& one, const Turn& turn, const std::string& word, const Profile& profile) {
  one["finish_reason"] = word.empty() ? Json(nullptr) : Json(word);
  if (!profile.native_finish) return;
  const Extra* native = find_extra(turn.extras, "choice.native_finish_reason");
  one["native_finish_reason"] = native && !word.empty() ? parsed(native->json) : one["finish_reason"];
}

// What else is said of a choice.
void put_choice_extras(Json& one, const Turn& turn, int choice) {
  if (choice == 0) put_extras_under(one, turn.extras, "choice.");
  put_extras_under(one, turn.extras, "choice." + std::to_string(choice) + ".");
}

// The part of a delta or message that carries reasoning `text`; `signature` where the profile has a place.
Json reasoning_json(const Profile& profile, std::string_view text, std::string_view signature) {
  Json out = Json::object();
  switch (profile.reasoning) {
    case ReasoningAs::reasoning_content:
    case ReasoningAs::extra_signature:
      out["reasoning_content"] = text;
      break;
    case ReasoningAs::reasoning:
      out["reasoning"] = text;
      break;
    case ReasoningAs::reasoning_details: {
      Json detail = {{"type", "reasoning.text"}, {"text", text}, {"index", 0}};
      if (text.empty() && !signature.empty()) {
        detail = {{"type", "reasoning.encrypted"}, {"data", signature}, {"index", 0}};
      } else if (!signature.empty()) {
        detail["signature"] = signature;
      }
      out["reasoning"] = text.empty() ? Json(nullptr) : Json(text);
      out["reasoning_details"] = Json::array({detail});
      break;
    }
    case ReasoningAs::thinking_parts: {
      Json part = {{"type", "thinking"}, {"thinking", Json::array({{{"type", "text"}, {"text", text}}})}};
      if (!signature.empty()) part["signature"] = signature;
      out["content"] = Json::array({part});
      break;
    }
  }
  return out;
}

// Writes the chunks of one turn.
class ChatWriter {
 public:
  explicit ChatWriter(Writer writer) : w_(std::move(writer)), turn_(w_.turn), profile_(w_.profile) {}

  std::vector<std::string> run() {
    if (profile_.empty_first_event) azure_first_event();
    for (const int choice : choices_of(turn_)) first_delta(choice);
    for (std::size_t i = 0; i < turn_.blocks.size(); ++i) block(i);
    if (turn_.error) {
      error();
    } else {
      finish();
    }
    if (turn_.complete && profile_.whole_message) done_object();
    if (turn_.complete && profile_.end == EndBy::done_marker) w_.sse("", "[DONE]");
    return std::move(w_.events);
  }

 private:
  Json chunk(const char* object = "chat.completion.chunk") const {
    Json out = Json::object();
    out["id"] = turn_.id;
    out["object"] = object;
    out["created"] = w_.options.created;
    out["model"] = turn_.model;
    return out;
  }
  void send(Json chunk) {
    if (!extras_sent_) {
      put_top_extras(chunk, turn_.extras);
      extras_sent_ = true;
    }
    if (profile_.usage == UsageAt::every_event && turn_.usage) chunk["usage"] = chat_usage_json(*turn_.usage);
    if (profile_.obfuscation)
      chunk[profile_.name == "mistral" ? "p" : "obfuscation"] = padding(w_.events.size());
    w_.sse("", dump(chunk));
  }
  Json choice_json(int choice, Json delta, const std::string& finish) const {
    Json out = {{"index", choice}, {"delta", std::move(delta)}, {"logprobs", nullptr}};
    put_finish(out, turn_, finish, profile_);
    return out;
  }
  void delta(int choice, Json delta) {
    if (profile_.role_in_every_chunk && !delta.contains("role")) delta["role"] = "assistant";
    Json out = chunk();
    Json one = choice_json(choice, std::move(delta), "");
    if (profile_.whole_message) one["message"] = {{"role", "assistant"}, {"content", so_far_[choice]}};
    out["choices"] = Json::array({one});
    send(std::move(out));
  }

  void azure_first_event() {
    Json out = {{"choices", Json::array()}, {"created", 0}, {"id", ""}, {"model", ""}, {"object", ""}};
    out["prompt_filter_results"] =
        Json::array({{{"prompt_index", 0}, {"content_filter_results", Json::object()}}});
    w_.sse("", dump(out));
  }
  void first_delta(int choice) {
    Json first = {{"role", "assistant"}, {"content", ""}};
    if (choice == 0) put_extras_under(first, turn_.extras, "message.");
    delta(choice, std::move(first));
  }
  void block(std::size_t i) {
    const Block& block = turn_.blocks[i];
    switch (block.kind) {
      case Block::Kind::text:
        for (const std::string_view piece : w_.pieces(block.text)) {
          so_far_[block.choice] += piece;
          delta(block.choice, {{"content", piece}});
        }
        break;
      case Block::Kind::reasoning:
        for (const std::string_view piece : w_.pieces(block.text))
          delta(block.choice, reasoning_json(profile_, piece, ""));
        if (!block.signature.empty() && (profile_.reasoning == ReasoningAs::reasoning_details ||
                                         profile_.reasoning == ReasoningAs::thinking_parts))
          delta(block.choice, reasoning_json(profile_, "", block.signature));
        break;
      case Block::Kind::refusal:
        for (const std::string_view piece : w_.pieces(block.text)) delta(block.choice, {{"refusal", piece}});
        break;
      case Block::Kind::tool_call:
        tool_call(i);
        break;
      case Block::Kind::opaque:
        if (profile_.reasoning == ReasoningAs::thinking_parts)
          delta(block.choice, {{"content", Json::array({parsed(block.text)})}});
        break;
    }
  }
  void tool_call(std::size_t i) {
    const Block& block = turn_.blocks[i];
    int index = 0;
    for (std::size_t before = 0; before < i; ++before)
      if (turn_.blocks[before].kind == Block::Kind::tool_call && turn_.blocks[before].choice == block.choice)
        ++index;
    const auto send_call = [&](Json call) {
      Json with_index = {{"index", index}};
      with_index.update(call);
      delta(block.choice, {{"tool_calls", Json::array({with_index})}});
    };
    Json call = chat_call_json(block, profile_);
    const bool last =
        std::none_of(turn_.blocks.begin() + static_cast<std::ptrdiff_t>(i) + 1, turn_.blocks.end(),
                     [&](const Block& later) { return later.choice == block.choice; });
    if (profile_.call_with_finish && last && !turn_.error && !chat_word(turn_, profile_).empty()) {
      call["index"] = index;
      last_delta_[block.choice] = {{"tool_calls", Json::array({std::move(call)})}};
      return;
    }
    if (profile_.whole_tool_calls) return send_call(std::move(call));
    const char* kind = block.custom ? "custom" : "function";
    const char* field = block.custom ? "input" : "arguments";
    call[kind][field] = "";
    send_call(std::move(call));
    for (const std::string_view piece : w_.pieces(block.text)) {
      Json fragment = Json::object();
      if (profile_.repeat_call_id) fragment["id"] = "";
      fragment[kind] = {{field, piece}};
      if (profile_.repeat_call_id) fragment[kind]["name"] = "";
      send_call(std::move(fragment));
    }
  }
  void finish() {
    const std::string word = chat_word(turn_, profile_);
    const bool beside =
        profile_.usage == UsageAt::finish_event || (word.empty() && profile_.usage != UsageAt::own_event);
    if (!word.empty()) {
      for (const int choice : choices_of(turn_)) {
        Json out = chunk();
        const auto held = last_delta_.find(choice);
        Json delta = held == last_delta_.end() ? Json::object() : std::move(held->second);
        Json one = choice_json(choice, std::move(delta), word);
        put_choice_extras(one, turn_, choice);
        out["choices"] = Json::array({std::move(one)});
        if (turn_.usage && beside) out["usage"] = chat_usage_json(*turn_.usage);
        if (turn_.usage && profile_.usage == UsageAt::twice)
          out["x_groq"] = {{"id", turn_.id}, {"usage", chat_usage_json(*turn_.usage)}};
        send(std::move(out));
      }
    }
    if (!turn_.usage || (beside && !word.empty())) return;
    if (profile_.usage == UsageAt::never || profile_.usage == UsageAt::every_event) return;
    Json out = chunk();
    out["choices"] = Json::array();
    if (profile_.usage == UsageAt::repeat)
      out["choices"] = Json::array({choice_json(0, {{"role", "assistant"}, {"content", ""}}, word)});
    out["usage"] = chat_usage_json(*turn_.usage);
    send(std::move(out));
  }
  void done_object() {
    Json out = chunk("chat.completion.done");
    out["choices"] = Json::array();
    for (const int choice : choices_of(turn_)) {
      Json one = choice_json(choice, {{"role", "assistant"}, {"content", ""}}, chat_word(turn_, profile_));
      one["message"] = {{"role", "assistant"}, {"content", so_far_[choice]}};
      out["choices"].push_back(std::move(one));
    }
    send(std::move(out));
  }
  void error() {
    const std::string word = chat_word(turn_, profile_);
    Json out = Json::object();
    if (!word.empty()) {
      out = chunk();
      out["choices"] = Json::array({choice_json(0, {{"role", "assistant"}, {"content", ""}}, word)});
      if (turn_.usage) out["usage"] = chat_usage_json(*turn_.usage);
    }
    out.update(error_body(*turn_.error, turn_.error->status, profile_.error));
    w_.sse(profile_.error == ErrorShape::groq ? "error" : "", dump(out));
  }

  Writer w_;
  const Turn& turn_;
  const Profile& profile_;
  bool extras_sent_ = false;
  std::map<int, Json> last_delta_;  // what goes into the event of a choice's finish reason
  std::map<int, std::string> so_far_;
};

// Mistral: a list when there is more than text.
void put_parts(Json& message, const Turn& turn, int choice, const Profile& profile) {
  Json parts = Json::array();
  bool more = false;
  for (const Block& block : turn.blocks) {
    if (block.choice != choice) continue;
    if (block.kind == Block::Kind::text) {
      parts.push_back({{"type", "text"}, {"text", block.text}});
    } else if (block.kind == Block::Kind::reasoning) {
      parts.push_back(reasoning_json(profile, block.text, block.signature)["content"][0]);
      more = true;
    } else if (block.kind == Block::Kind::opaque) {
      parts.push_back(parsed(block.text));
      more = true;
    }
  }
  if (more) message["content"] = std::move(parts);
}

void put_message_text(Json& message, const Turn& turn, int choice, const Profile& profile) {
  const std::string text = text_of(turn, choice);
  const std::string reasoning = reasoning_of(turn, choice);
  std::string signature;
  for (const Block& block : turn.blocks)
    if (block.kind == Block::Kind::reasoning && block.choice == choice) signature += block.signature;
  message["content"] = text.empty() ? Json(nullptr) : Json(text);
  if (profile.reasoning == ReasoningAs::thinking_parts) return put_parts(message, turn, choice, profile);
  if (reasoning.empty() && signature.empty()) return;
  message.update(reasoning_json(profile, reasoning, signature));
}

}  // namespace

std::vector<std::string> chat_events(Writer writer) {
  return ChatWriter(std::move(writer)).run();
}

Json chat_body(const Turn& turn, const Profile& profile, const EncodeOptions& options) {
  Json body = {
      {"id", turn.id}, {"object", "chat.completion"}, {"created", options.created}, {"model", turn.model}};
  body["choices"] = Json::array();
  for (const int choice : choices_of(turn)) {
    Json message = {{"role", "assistant"}};
    put_message_text(message, turn, choice, profile);
    const std::string refusal = refusal_of(turn, choice);
    if (!refusal.empty()) message["refusal"] = refusal;
    for (const Block& block : tool_calls_of(turn, choice))
      message["tool_calls"].push_back(chat_call_json(block, profile));
    if (choice == 0) put_extras_under(message, turn.extras, "message.");
    Json one = {{"index", choice}, {"message", message}, {"logprobs", nullptr}};
    put_finish(one, turn, chat_word(turn, profile), profile);
    put_choice_extras(one, turn, choice);
    body["choices"].push_back(one);
  }
  if (turn.usage) body["usage"] = chat_usage_json(*turn.usage);
  put_top_extras(body, turn.extras);
  // OpenRouter's schema has it required and nullable, and its own SDK refuses an answer without it.
  if (profile.native_finish && !body.contains("system_fingerprint")) body["system_fingerprint"] = nullptr;
  if (turn.error) body.update(error_body(*turn.error, turn.error->status, profile.error));
  return body;
}

}  // namespace assay::stream::encoding
