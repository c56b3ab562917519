// What the naive readers of each protocol share: private to harness/stream/naive.
#pragma once

#include "harness/stream/naive/reader.h"

namespace assay::stream::naive {

using nlohmann::json;

// The value of a key; null when there is none.
inline const json& at(const json& object, const char* key) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}
inline const std::string& text_at(const json& object, const char* key) {
  static const std::string nothing;
  const json& value = at(object, key);
  return value.is_string() ? value.get_ref<const std::string&>() : nothing;
}
inline std::int64_t number_at(const json& object, const char* key, std::int64_t otherwise = 0) {
  const json& value = at(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

// One answer being read. Pieces of text keep their place: a turn joins its blocks in the order in which they
// were opened, and so is what came under a known place put there.
class Reading {
 public:
  Heard heard;

  void say(std::map<int, std::string>& texts, int choice, const std::string& text) {
    if (!text.empty()) texts[choice] += text;
  }
  // The call that has this key, made where there is none.
  Call& call(const std::string& key) {
    for (auto& [known, call] : calls_)
      if (known == key) return call;
    return calls_.emplace_back(key, Call{}).second;
  }
  bool has_call(const std::string& key) const {
    for (const auto& [known, call] : calls_)
      if (known == key) return true;
    return false;
  }
  Call& new_call() { return calls_.emplace_back("", Call{}).second; }
  void forget_keys() {
    for (auto& [known, call] : calls_) known.clear();
  }
  void id(const std::string& id) {
    if (heard.id.empty()) heard.id = id;
  }
  void finish(const std::string& word) {
    if (!word.empty()) heard.finish = word;
  }
  void count(const json& usage, const char* key, const char* name) {
    if (at(usage, key).is_number_integer()) heard.usage[name] = usage[key].get<std::int64_t>();
  }
  void error(const json& root) {
    const json& inner = at(root, "error");
    heard.error = inner.is_object()   ? text_at(inner, "message")
                  : inner.is_string() ? inner.get_ref<const std::string&>()
                                      : text_at(root, "message");
  }
  Heard done() {
    for (auto& [key, call] : calls_) heard.calls.push_back(std::move(call));
    return std::move(heard);
  }

  bool seen = false;  // chat: a delta

 private:
  std::vector<std::pair<std::string, Call>> calls_;
};

void read_chat(Reading& reading, const std::string& event, const json& root);
void read_anthropic(Reading& reading, const json& root);
void read_gemini(Reading& reading, const json& root);
void read_ollama(Reading& reading, const json& root);
void read_cohere(Reading& reading, const json& root);
void read_bedrock(Reading& reading, const std::string& event, const json& root);
// These two need all payloads: a final one tells only what none before told.
Heard read_responses(const std::vector<json>& roots);
Heard read_interactions(const std::vector<json>& roots);

}  // namespace assay::stream::naive
