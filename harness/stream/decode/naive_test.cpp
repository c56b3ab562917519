// The decoder must hear what a naive reader (naive/reader.h) hears, on generated streams bent in every legal
// way; and on damaged ones the same with and without templates.
#include <gmock/gmock.h>

#include <array>
#include <cstdlib>

#include "harness/stream/decode/decode.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/encode/random_turn.h"
#include "harness/stream/naive/frames.h"
#include "harness/stream/naive/reader.h"

namespace assay::stream {
namespace {

naive::Heard decoded(Protocol protocol, const std::string& bytes, Random& random, bool templates,
                     Framing framing) {
  DecodeOptions options;
  options.templates = templates;
  options.framing = framing;
  Decoder decoder(protocol, options);
  for (std::size_t at = 0; at < bytes.size();) {
    static constexpr std::size_t most[] = {4, 64, 900, 900, 6000};
    const std::size_t size = 1 + random.below(most[random.below(std::size(most))]);
    if (!decoder.feed(std::string_view(bytes).substr(at, size))) break;
    at += size;
  }
  naive::Heard heard = naive::heard_of(decoder.finish());
  heard.broken = decoder.problem().has_value();
  return heard;
}

// One way to spell JSON; `plain` leaves it as it is.
struct Spelling {
  bool plain;
  bool ascii;          // what is not ASCII is escaped
  std::size_t stride;  // each so many characters one is escaped; 0 = none
  char space;          // between tokens; 0 = none
};

Spelling spelling(Random& random) {
  static constexpr std::size_t strides[] = {0, 1, 3, 10};
  static constexpr char spaces[] = {0, 0, 0, ' ', '\n'};
  return {random.below(2) == 0, random.below(2) == 0, strides[random.below(std::size(strides))],
          spaces[random.below(std::size(spaces))]};
}

void escape(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (unsigned shift = 16; shift != 0; shift -= 4) out += "0123456789abCDEF"[(unit >> (shift - 4U)) & 0xFU];
}

// Appends the character at `at` of a JSON string and steps behind it.
void spell_character(std::string& out, const std::string& data, std::size_t& at, bool escaped) {
  const auto byte = static_cast<unsigned char>(data[at]);
  const std::size_t size = data[at] == '\\' ? (data[at + 1] == 'u' ? 6 : 2)
                           : byte < 0x80    ? 1
                           : byte < 0xE0    ? 2
                           : byte < 0xF0    ? 3
                                            : 4;
  if (!escaped || data[at] == '\\') {
    out.append(data, at, size);
  } else {
    std::uint32_t point = size == 1 ? byte : byte & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i)
      point = (point << 6U) | (static_cast<unsigned char>(data[at + i]) & 0x3FU);
    if (point == '/') {
      out += "\\/";
    } else if (point < 0x10000) {
      escape(out, point);
    } else {
      escape(out, 0xD800 + ((point - 0x10000) >> 10U));
      escape(out, 0xDC00 + ((point - 0x10000) & 0x3FFU));
    }
  }
  at += size;
}

void spell(std::string& out, const std::string& data, const Spelling& spelling) {
  if (spelling.plain || !data.starts_with('{')) {  // [DONE] is no JSON
    out += data;
    return;
  }
  bool quoted = false;
  std::size_t count = 0;
  for (std::size_t at = 0; at < data.size();) {
    const char c = data[at];
    if (c != '"' && quoted) {
      const bool due = spelling.stride != 0 && ++count % spelling.stride == 0;
      spell_character(out, data, at, due || (spelling.ascii && static_cast<unsigned char>(c) >= 0x80));
      continue;
    }
    ++at;
    out += c;
    if (c == '"') quoted = !quoted;
    if (!quoted && spelling.space != 0 && (c == ',' || c == ':' || c == '{' || c == '['))
      out += spelling.space;
  }
}

// The same stream in another legal spelling: escapes, white space, line ends, comments, divided data.
std::string respell(const std::string& bytes, Random& random) {
  const std::string_view eol = std::array<std::string_view, 3>{"\n", "\r\n", "\r"}[random.below(3)];
  const Spelling spelled = spelling(random);
  std::string out = random.below(8) == 0 ? "\xEF\xBB\xBF" : "";
  out.reserve(bytes.size() + bytes.size() / 2);
  std::string payload;
  for (const naive::Payload& event : naive::sse_payloads(bytes, false)) {
    if (random.below(12) == 0) (out += ": note") += eol;
    if (!event.event.empty()) ((out += "event:") += event.event) += eol;
    payload.clear();
    spell(payload, event.data, spelled);
    for (std::size_t begin = 0; begin <= payload.size();) {
      const std::size_t end = std::min(payload.find('\n', begin), payload.size());
      out += random.below(3) == 0 ? "data:" : "data: ";
      (out += std::string_view(payload).substr(begin, end - begin)) += eol;
      begin = end + 1;
    }
    out += eol;
  }
  return out;
}

// The same of JSON values one after another, or in a list.
std::string respell_json(const std::string& bytes, Random& random) {
  const Spelling spelled = spelling(random);
  const bool list = bytes.starts_with('[');
  std::string out = list ? "[" : random.below(8) == 0 ? "\r\n" : "";
  bool first = true;
  for (const naive::Payload& value : naive::payloads_of(bytes, false)) {
    if (!first) out += list ? ",\r\n" : random.below(4) == 0 ? "\r\n" : "\n";
    first = false;
    spell(out, value.data, spelled);
  }
  return out + (list ? "]" : "\n");
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

struct Speaker {
  Protocol protocol;
  Profile profile;
};

// Every protocol, and every profile that writes chat chunks.
std::vector<Speaker> speakers() {
  std::vector<Speaker> all;
  for (const char* name : {"openai", "azure", "deepseek", "openrouter", "groq", "mistral", "xai", "cerebras",
                           "perplexity", "together", "llama.cpp", "ollama", "kimi", "gemini-openai"})
    all.push_back({Protocol::openai_chat, profile_from_name(name).value()});
  for (const Protocol protocol : all_protocols)
    for (int weight = 0; weight < 3 && protocol != Protocol::openai_chat; ++weight)
      all.push_back({protocol, default_profile(protocol)});
  all.push_back({Protocol::openai_responses, profile_from_name("responses-relay").value()});
  all.push_back({Protocol::gemini, profile_from_name("gemini-array").value()});
  return all;
}

TEST(Naive, HearsWhatTheDecoderHears) {
  const std::vector<Speaker> all = speakers();
  for (std::uint64_t seed = first_seed(), last = last_seed(); seed <= last; ++seed) {
    Random random(seed);
    const auto& [protocol, profile] = all[random.below(all.size())];
    const Turn turn = random_turn(random, protocol, profile);
    // Mostly larger pieces: an event more costs more than it tells.
    static constexpr std::size_t pieces[] = {0, 0, 1, 4, 9, 30};
    const std::size_t piece = pieces[random.below(std::size(pieces))];
    std::string bytes = encode_stream(turn, protocol, profile, {.piece = piece}).bytes();
    if (protocol == Protocol::ollama || profile.json_array) {
      bytes = respell_json(bytes, random);
    } else if (protocol != Protocol::bedrock) {
      bytes = respell(bytes, random);
    }
    const naive::Heard heard = naive::read(protocol, bytes);
    ASSERT_FALSE(heard.broken) << "seed " << seed << "\n" << bytes;
    ASSERT_EQ(decoded(protocol, bytes, random, true, Framing::automatic), heard)
        << protocol_name(protocol) << " " << profile.name << ", seed " << seed << "\n"
        << bytes;
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
    ASSERT_EQ(decoded(protocol, bytes, random, true, Framing::sse),
              decoded(protocol, bytes, random, false, Framing::sse))
        << "seed " << seed << "\n"
        << bytes;
  }
}

}  // namespace
}  // namespace assay::stream
