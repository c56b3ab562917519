#include "harness/recorder/conversation_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay {
namespace {

using nlohmann::json;

// Members that a client makes anew each time, or that only steer the provider.
const std::set<std::string, std::less<>> kVolatile = {"id",
                                                      "call_id",
                                                      "tool_call_id",
                                                      "tool_use_id",
                                                      "item_id",
                                                      "status",
                                                      "signature",
                                                      "thoughtSignature",
                                                      "thought_signature",
                                                      "encrypted_content",
                                                      "cache_control",
                                                      "timestamp",
                                                      "created_at",
                                                      "index"};

bool is_text_part(const json& part) {
  if (!part.is_object() || !part.contains("text") || !part["text"].is_string()) return false;
  const json type = part.value("type", json("text"));
  return type == "text" || type == "input_text" || type == "output_text";
}

json canonical(const json& value);

// A list of nothing but texts is their text.
json canonical_list(const json& list) {
  const bool texts = !list.empty() && std::all_of(list.begin(), list.end(), is_text_part);
  if (texts) {
    std::string text;
    for (const json& part : list) text += part["text"].get<std::string>();
    return text;
  }
  json out = json::array();
  for (const json& item : list) out.push_back(canonical(item));
  return out;
}

json canonical(const json& value) {
  if (value.is_array()) return canonical_list(value);
  // Arguments of a call are JSON in a string in some protocols; their blanks are the client's.
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (text.starts_with('{')) {
      json parsed = parse_untrusted(text);
      if (parsed.is_object()) return canonical(parsed);
    }
    return value;
  }
  if (!value.is_object()) return value;
  json out = json::object();
  for (const auto& [name, member] : value.items()) {
    if (member.is_null() || kVolatile.contains(name)) continue;
    if ((name == "type" && member == "message") || (name == "tool_calls" && member.empty())) continue;
    out[name == "parts" ? "content" : name] = canonical(member);
  }
  return out;
}

std::string line_of(const json& value) {
  return canonical(value).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string cut(const std::string& line) {
  constexpr std::size_t kMost = 200;
  return line.size() <= kMost ? line : line.substr(0, kMost) + "...";
}

}  // namespace

std::vector<std::string> conversation_of(const Request& request) {
  const json body = parse_untrusted(request.body);
  std::vector<std::string> out;
  if (!body.is_object()) return out;
  const char* messages = nullptr;
  for (const char* name : {"messages", "input", "contents"}) {
    if (messages == nullptr && body.contains(name)) messages = name;
  }
  if (messages == nullptr) return out;
  for (const char* system : {"system", "instructions", "systemInstruction", "system_instruction"}) {
    if (body.contains(system) && !body[system].is_null() && !body[system].empty())
      out.push_back("system " + line_of(body[system]));
  }
  const json& said = body[messages];
  if (said.is_string()) out.push_back(line_of(json{{"role", "user"}, {"content", said}}));
  if (said.is_array()) {
    for (const json& message : said) out.push_back(line_of(message));
  }
  return out;
}

std::string conversation_difference(const std::vector<std::string>& asked,
                                    const std::vector<std::string>& recorded) {
  const std::size_t both = std::min(asked.size(), recorded.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (asked[i] != recorded[i])
      return fmt::format("message {} differs: {}, recorded: {}", i + 1, cut(asked[i]), cut(recorded[i]));
  }
  if (asked.size() == recorded.size()) return {};
  return fmt::format("{} messages, recorded: {}", asked.size(), recorded.size());
}

}  // namespace assay
