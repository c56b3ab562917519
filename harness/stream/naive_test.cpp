// A second reader of streams, as plain as can be: the whole input in one string, lines by hand,
// nlohmann::json. The decoder must hear what it hears, on generated streams bent in every legal way, and on
// broken ones fail where it fails.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/stream/decode.h"
#include "harness/stream/encode.h"
#include "harness/stream/random_turn.h"

namespace assay::stream {
namespace {

using nlohmann::json;

struct Heard {
  std::map<int, std::string> text;
  std::map<int, std::string> reasoning;
  std::map<int, std::string> refusal;
  std::vector<std::string> calls;  // id, name and arguments
  std::string finish;
  std::string error;
  std::int64_t output = -1;
  bool broken = false;
  bool operator==(const Heard&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Heard& heard) {
  const json all = {{"text", heard.text},     {"reasoning", heard.reasoning}, {"refusal", heard.refusal},
                    {"calls", heard.calls},   {"finish", heard.finish},       {"error", heard.error},
                    {"output", heard.output}, {"broken", heard.broken}};
  return out << all.dump(1, ' ', false, json::error_handler_t::replace);
}

void add(std::map<int, std::string>& texts, int choice, const std::string& text) {
  if (!text.empty()) texts[choice] += text;
}

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const json& at(const json& object, const char* key) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

// Lines end with CRLF, LF or CR; a blank one ends an event; what is not UTF-8 becomes U+FFFD first.
std::vector<std::pair<std::string, std::string>> naive_events(const std::string& bytes) {
  std::string text = repair_utf8(bytes);
  if (text.rfind("\xEF\xBB\xBF", 0) == 0) text.erase(0, 3);
  std::vector<std::pair<std::string, std::string>> events;
  std::string type;
  std::string data;
  bool any = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find_first_of("\r\n", begin);
    if (end == std::string::npos) break;
    const std::string line = text.substr(begin, end - begin);
    begin = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
    if (line.empty()) {
      if (any) events.emplace_back(type, data.substr(0, data.size() - 1));
      type.clear();
      data.clear();
      any = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value[0] == ' ') value.erase(0, 1);
    if (name == "data") {
      data += value + "\n";
      any = true;
    } else if (name == "event") {
      type = value;
    }
  }
  return events;
}

struct Naive {
  Heard heard;
  struct Call {
    std::string key, id, name, arguments;
  };
  std::vector<Call> calls;

  Call& call(const std::string& key) {
    for (Call& known : calls)
      if (known.key == key) return known;
    return calls.emplace_back(Call{key, {}, {}, {}});
  }
  void error(const json& root) {
    const json& inner = at(root, "error");
    heard.error = inner.is_object()   ? text_at(inner, "message")
                  : inner.is_string() ? inner.get<std::string>()
                                      : text_at(root, "message");
  }
  void output(const json& usage, const char* key) {
    if (at(usage, key).is_number_integer()) heard.output = usage[key].get<std::int64_t>();
  }

  void chat(const std::string& type, const json& root) {
    if (type == "error" || !at(root, "error").is_null() ||
        (!root.contains("choices") && !text_at(root, "message").empty()))
      error(root);
    for (const json& choice : at(root, "choices")) {
      const int index = choice.value("index", 0);
      const json& delta = at(choice, "delta");
      std::string reasoning = text_at(delta, "reasoning_content");
      if (reasoning.empty()) reasoning = text_at(delta, "reasoning");
      add(heard.reasoning, index, reasoning);
      if (at(delta, "content").is_array()) {
        for (const json& part : delta["content"]) {
          if (text_at(part, "type") == "text") add(heard.text, index, text_at(part, "text"));
          if (text_at(part, "type") == "thinking")
            for (const json& thought : part["thinking"])
              add(heard.reasoning, index, text_at(thought, "text"));
        }
      }
      add(heard.text, index, text_at(delta, "content"));
      add(heard.refusal, index, text_at(delta, "refusal"));
      for (const json& fragment : at(delta, "tool_calls")) {
        const int number = fragment.value("index", 0);
        Call& known = call(std::to_string(index) + "/" + std::to_string(number));
        if (known.id.empty()) known.id = text_at(fragment, "id");
        if (known.name.empty()) known.name = text_at(at(fragment, "function"), "name");
        known.arguments += text_at(at(fragment, "function"), "arguments");
      }
      if (index == 0 && !text_at(choice, "finish_reason").empty())
        heard.finish = text_at(choice, "finish_reason");
    }
    output(at(at(root, "x_groq"), "usage"), "completion_tokens");
    output(at(root, "usage"), "completion_tokens");
  }

  void anthropic(const std::string& /*type*/, const json& root) {
    const std::string type = text_at(root, "type");
    const std::string key = std::to_string(root.value("index", 0));
    if (type == "content_block_start" && text_at(root["content_block"], "type") == "tool_use") {
      call(key).id = text_at(root["content_block"], "id");
      call(key).name = text_at(root["content_block"], "name");
    } else if (type == "content_block_delta") {
      add(heard.text, 0, text_at(root["delta"], "text"));
      add(heard.reasoning, 0, text_at(root["delta"], "thinking"));
      if (text_at(root["delta"], "type") == "input_json_delta")
        call(key).arguments += text_at(root["delta"], "partial_json");
    } else if (type == "message_start") {
      output(at(root["message"], "usage"), "output_tokens");
    } else if (type == "message_delta") {
      heard.finish = text_at(root["delta"], "stop_reason");
      output(at(root, "usage"), "output_tokens");
    } else if (type == "error") {
      error(root);
    }
  }

  void responses(const std::string& /*type*/, const json& root) {
    const std::string type = text_at(root, "type");
    const std::string key = std::to_string(root.value("output_index", 0));
    if (type == "response.output_text.delta") add(heard.text, 0, text_at(root, "delta"));
    if (type == "response.refusal.delta") add(heard.refusal, 0, text_at(root, "delta"));
    if (type == "response.reasoning_summary_text.delta") add(heard.reasoning, 0, text_at(root, "delta"));
    if (type == "response.function_call_arguments.delta") call(key).arguments += text_at(root, "delta");
    if (type == "response.output_item.added" && text_at(root["item"], "type") == "function_call") {
      call(key).id = text_at(root["item"], "call_id");
      call(key).name = text_at(root["item"], "name");
    }
    if (type == "error") error(root);
    const json& response = at(root, "response");
    if (text_at(response, "status") == "in_progress" || response.is_null()) return;
    heard.finish = text_at(response, "status") == "incomplete"
                       ? text_at(response["incomplete_details"], "reason")
                       : text_at(response, "status");
    output(at(response, "usage"), "output_tokens");
  }

  void gemini(const std::string& /*type*/, const json& root) {
    if (root.contains("error")) return error(root);
    for (const json& candidate : at(root, "candidates")) {
      for (const json& part : at(at(candidate, "content"), "parts")) {
        if (part.contains("functionCall")) {
          Call& made = calls.emplace_back();
          made.id = text_at(part["functionCall"], "id");
          made.name = text_at(part["functionCall"], "name");
          made.arguments = part["functionCall"]["args"].dump();
        } else {
          add(part.value("thought", false) ? heard.reasoning : heard.text, 0, text_at(part, "text"));
        }
      }
      if (!text_at(candidate, "finishReason").empty()) heard.finish = text_at(candidate, "finishReason");
    }
    output(at(root, "usageMetadata"), "candidatesTokenCount");
  }

  void cohere(const std::string& /*type*/, const json& root) {
    const std::string type = text_at(root, "type");
    const std::string key = std::to_string(root.value("index", 0));
    const json& message = at(at(root, "delta"), "message");
    const json& content = at(message, "content");
    add(heard.text, 0, text_at(content, "text"));
    add(heard.reasoning, 0, text_at(content, "thinking"));
    const json& fragment = at(message, "tool_calls");
    if (type == "tool-call-start") {
      call(key).id = text_at(fragment, "id");
      call(key).name = text_at(fragment["function"], "name");
    }
    if (type == "tool-call-delta") call(key).arguments += text_at(fragment["function"], "arguments");
    if (type != "message-end") return;
    heard.finish = text_at(root["delta"], "finish_reason");
    heard.error = text_at(root["delta"], "error");
    output(at(at(root["delta"], "usage"), "tokens"), "output_tokens");
  }

  Heard read(Protocol protocol, const std::string& bytes) {
    for (const auto& [type, data] : naive_events(bytes)) {
      if (trim(data).empty() || trim(data) == "[DONE]") continue;
      const json root = json::parse(data, nullptr, false);
      heard.broken = !root.is_object();
      if (heard.broken) break;
      if (protocol == Protocol::anthropic) anthropic(type, root);
      if (protocol == Protocol::openai_responses) responses(type, root);
      if (protocol == Protocol::gemini) gemini(type, root);
      if (protocol == Protocol::cohere) cohere(type, root);
      if (protocol == Protocol::openai_chat) chat(type, root);
    }
    for (const Call& made : calls) heard.calls.push_back(made.id + "|" + made.name + "|" + made.arguments);
    return heard;
  }
};

Heard decoded(Protocol protocol, const std::string& bytes, Random& random, bool templates) {
  DecodeOptions options;
  options.templates = templates;
  options.framing = Framing::sse;
  Decoder decoder(protocol, options);
  for (std::size_t at = 0; at < bytes.size();) {
    static constexpr std::size_t most[] = {4, 64, 900, 900, 6000};
    const std::size_t size = 1 + random.below(most[random.below(std::size(most))]);
    if (!decoder.feed(std::string_view(bytes).substr(at, size))) break;
    at += size;
  }
  const Turn turn = decoder.finish();
  Heard heard;
  heard.broken = decoder.problem().has_value();
  for (const Block& block : turn.blocks) {
    if (block.kind == Block::Kind::text) add(heard.text, block.choice, block.text);
    if (block.kind == Block::Kind::reasoning && block.name.empty())
      add(heard.reasoning, block.choice, block.text);
    if (block.kind == Block::Kind::refusal) add(heard.refusal, block.choice, block.text);
    if (block.kind == Block::Kind::tool_call)
      heard.calls.push_back(block.id + "|" + block.name + "|" + block.text);
  }
  heard.finish = turn.finish_raw;
  if (turn.error) heard.error = turn.error->message;
  if (turn.usage && turn.usage->output) heard.output = *turn.usage->output;
  return heard;
}

// The same stream in another legal spelling: escapes, white space, line ends, comments, divided data.
std::string respell(const std::string& bytes, Random& random) {
  const std::string_view eol = std::array<std::string_view, 3>{"\n", "\r\n", "\r"}[random.below(3)];
  const bool escape = random.below(2) == 0;
  std::string out = random.below(8) == 0 ? "\xEF\xBB\xBF" : "";
  for (const auto& [type, data] : naive_events(bytes)) {
    if (random.below(12) == 0) (out += ": note") += eol;
    if (!type.empty()) ((out += "event:") += type) += eol;
    std::string payload = data;
    if (const json value = json::parse(data, nullptr, false); escape && !value.is_discarded())
      payload = value.dump(random.below(6) == 0 ? 1 : -1, ' ', random.below(2) == 0);
    for (const std::string_view line : split(payload, '\n'))
      ((out += random.below(3) == 0 ? "data:" : "data: ") += line) += eol;
    out += eol;
  }
  return out;
}

// Damage: a byte changed, bytes left out, bytes repeated.
std::string damage(std::string bytes, Random& random) {
  if (bytes.empty()) return bytes;
  const std::size_t place = random.below(bytes.size());
  const std::size_t size = std::min<std::size_t>(1 + random.below(8), bytes.size() - place);
  switch (random.below(4)) {
    case 0:
      bytes[place] = static_cast<char>(random.below(256));
      break;
    case 1:
      bytes[place] = "\"\\{}[],:\n\r u0"[random.below(13)];
      break;
    case 2:
      bytes.erase(place, size);
      break;
    default:
      bytes.insert(place, bytes.substr(place, size));
  }
  return bytes;
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* wanted = std::getenv(variable);
  return wanted ? std::strtoull(wanted, nullptr, 10) : otherwise;
}

// The seeds: ASSAY_STREAM_CASES of them from ASSAY_STREAM_FIRST on, so that many can be divided among
// programs.
std::uint64_t first_seed() {
  return number_from("ASSAY_STREAM_FIRST", 1);
}
std::uint64_t last_seed() {
  return first_seed() + number_from("ASSAY_STREAM_CASES", 3000) - 1;
}

TEST(Naive, HearsWhatTheDecoderHears) {
  static constexpr Protocol protocols[] = {Protocol::openai_chat, Protocol::anthropic,
                                           Protocol::openai_responses, Protocol::gemini, Protocol::cohere};
  std::vector<Profile> chats;
  for (const char* name : {"openai", "azure", "deepseek", "groq", "mistral", "xai", "cerebras", "together",
                           "llama.cpp", "ollama"})
    chats.push_back(profile_from_name(name).value());
  for (std::uint64_t seed = first_seed(), last = last_seed(); seed <= last; ++seed) {
    Random random(seed);
    const Protocol protocol = protocols[random.below(std::size(protocols))];
    const Profile profile =
        protocol == Protocol::openai_chat ? chats[random.below(chats.size())] : default_profile(protocol);
    const Turn turn = random_turn(random, protocol, profile);
    const std::string bytes =
        respell(encode_stream(turn, protocol, profile, {.piece = random.below(3)}).bytes(), random);
    const Heard naive = Naive().read(protocol, bytes);
    ASSERT_FALSE(naive.broken);
    ASSERT_EQ(decoded(protocol, bytes, random, true), naive) << "seed " << seed << "\n" << bytes;
  }
}

// On damaged input the two need not read meaning alike, but templates must not change what the decoder hears,
// and neither may accept what is not JSON.
TEST(Templates, ChangeNothingOnDamagedStreams) {
  static constexpr Protocol protocols[] = {Protocol::openai_chat, Protocol::anthropic,
                                           Protocol::openai_responses};
  for (std::uint64_t seed = first_seed(), last = last_seed(); seed <= last; ++seed) {
    Random random(seed);
    const Protocol protocol = protocols[random.below(std::size(protocols))];
    Profile profile = default_profile(protocol);
    if (protocol == Protocol::openai_chat && random.below(3) == 0)
      profile = profile_from_name("openrouter").value();
    const Turn turn = random_turn(random, protocol, profile);
    std::string bytes = encode_stream(turn, protocol, profile, {.piece = random.below(3)}).bytes();
    for (std::uint64_t i = random.below(3); i != 0; --i) bytes = damage(bytes, random);
    ASSERT_EQ(decoded(protocol, bytes, random, true), decoded(protocol, bytes, random, false))
        << "seed " << seed << "\n"
        << bytes;
  }
}

}  // namespace
}  // namespace assay::stream
