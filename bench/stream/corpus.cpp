#include "bench/stream/corpus.h"

#include <array>

#include "harness/base/random.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/framing/sse.h"

namespace assay::bench {

namespace {

using stream::Block;

constexpr std::array<std::string_view, 40> words = {
    " the",  " of",     " model", " to",     " and",   " a",     " in",     " that",  " is",      " for",
    " with", " as",     " it",    " stream", " token", " error", " client", " will",  " because", " should",
    ",",     ".",       " when",  " each",   " part",  " read",  " bytes",  " event", " until",   " found",
    ".\n\n", " \"id\"", " 1024",  " naïve",  " 東京",  " –",     " über",   " 🙂",  " `x`",     " \\n"};

std::string prose(Random& random, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    // One word in twelve from the whole list: most text is plain.
    text += words[random.below(random.below(12) == 0 ? words.size() : 30)];
  }
  return text;
}

std::string arguments(Random& random) {
  return "{\"path\": \"/tmp/report-" + std::to_string(random.below(1000)) + ".txt\", \"content\": \"" +
         prose(random, 1).substr(0, 1) +
         "some words to write in a file\", \"mode\": " + std::to_string(random.below(8)) + "}";
}

Block block(Block::Kind kind, std::string text) {
  Block out;
  out.kind = kind;
  out.text = std::move(text);
  return out;
}

stream::Turn long_turn(Random& random, stream::Protocol protocol, std::size_t events) {
  stream::Turn turn;
  turn.id = protocol == stream::Protocol::anthropic ? "msg_01XFDUDYJgAACzvnptvVoYEL"
                                                    : "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT";
  turn.model = "model-2026-05-01";
  for (std::size_t made = 0; made < events;) {
    turn.blocks.push_back(block(Block::Kind::reasoning, prose(random, 300)));
    if (protocol == stream::Protocol::openai_responses) turn.blocks.back().id = "rs_" + random.hex(24);
    turn.blocks.push_back(block(Block::Kind::text, prose(random, 600)));
    turn.blocks.push_back(block(Block::Kind::tool_call, arguments(random)));
    turn.blocks.back().id = "call_" + random.alphanumeric(24);
    turn.blocks.back().name = "write_file";
    made += 915;
  }
  turn.finish = stream::FinishReason::tool_calls;
  turn.usage = stream::Usage{};
  turn.usage->input = 1200;
  turn.usage->output = static_cast<std::int64_t>(events);
  turn.complete = true;
  if (protocol == stream::Protocol::openai_chat) {
    set_extra(turn.extras, "service_tier", "\"default\"");
    set_extra(turn.extras, "system_fingerprint", "\"fp_44709d6fcb\"");
  }
  return turn;
}

// A chat chunk repeats service_tier and system_fingerprint in every event, which the encoder does once.
void repeat_tail(std::string& event) {
  const std::size_t at = event.find(",\"obfuscation\"");
  if (at != std::string::npos && event.find("system_fingerprint") == std::string::npos)
    event.insert(at, R"(,"service_tier":"default","system_fingerprint":"fp_44709d6fcb")");
}

void new_id(std::string& event, Random& random) {
  const std::size_t at = event.find("\"id\":\"chatcmpl-");
  if (at != std::string::npos) event.replace(at + 15, 20, random.alphanumeric(20));
}

}  // namespace

const std::vector<std::string>& corpus_names() {
  static const std::vector<std::string> names = {"chat", "messages", "responses", "chat-restless"};
  return names;
}

Corpus make_corpus(const std::string& name, std::size_t megabytes, std::uint64_t seed) {
  Random random = Random(seed).fork(name);
  Corpus corpus{name, stream::Protocol::openai_chat, {}};
  if (name == "messages") corpus.protocol = stream::Protocol::anthropic;
  if (name == "responses") corpus.protocol = stream::Protocol::openai_responses;
  const std::size_t wanted = megabytes << 20U;
  const std::size_t per_event = corpus.protocol == stream::Protocol::anthropic ? 165 : 300;
  const stream::Turn turn = long_turn(random, corpus.protocol, wanted / per_event);
  const stream::Profile profile = stream::default_profile(corpus.protocol);
  stream::EncodedStream encoded = stream::encode_stream(turn, corpus.protocol, profile);
  corpus.bytes.reserve(wanted + wanted / 4);
  for (std::string& event : encoded.events) {
    if (corpus.protocol == stream::Protocol::openai_chat) repeat_tail(event);
    if (name == "chat-restless") new_id(event, random);
    corpus.bytes += event;
  }
  corpus.bytes.reserve(corpus.bytes.size() + stream::Buffer::padding);
  return corpus;
}

std::vector<std::string_view> split_payloads(const std::string& bytes) {
  std::vector<std::string_view> payloads;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (line.substr(0, 6) == "data: " && line != "data: [DONE]") payloads.push_back(line.substr(6));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return payloads;
}

}  // namespace assay::bench
