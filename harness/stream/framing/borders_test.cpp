// What is decoded fast must be decoded the same: streams whose events differ in their skeletons, with all
// kinds of escapes, characters and mistakes in their fragments, cut at every byte. The deltas, one by one,
// are those that the parser alone gives for one read.
#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

#include "harness/base/random.h"
#include "harness/stream/decode/decode.h"

namespace assay::stream {
namespace {

class Listing final : public DeltaSink {
 public:
  void on(const Delta& delta) override {
    ((all += delta_name(delta.kind)) += ' ') += std::to_string(delta.block);
    for (const std::string_view part : {delta.text, delta.id, delta.name, delta.model}) (all += '|') += part;
    all += '\n';
  }
  std::string all;
};

std::string heard(Protocol protocol, const std::vector<std::string_view>& reads, bool templates,
                  std::size_t line_limit) {
  DecodeOptions options;
  options.templates = templates;
  options.keep_turn = false;
  options.framing = Framing::sse;
  options.limits.line = line_limit;
  Decoder decoder(protocol, options);
  Listing listing;
  for (const std::string_view read : reads) {
    // From memory of its own: nothing behind it can be read unseen.
    const std::vector<char> bytes(read.begin(), read.end());
    if (!decoder.feed({bytes.data(), bytes.size()}, &listing)) break;
  }
  decoder.finish(&listing);
  if (decoder.problem()) listing.all += "problem: " + decoder.problem()->message;
  return listing.all + std::to_string(decoder.events()) + " events";
}

std::vector<std::string_view> reads_of(std::string_view bytes, std::size_t size) {
  std::vector<std::string_view> reads;
  for (std::size_t at = 0; at < bytes.size(); at += size) reads.push_back(bytes.substr(at, size));
  return reads;
}

// The body of a JSON string; `wild`: perhaps none.
std::string_view fragment(Random& random, bool wild) {
  static constexpr std::string_view good[] = {
      " the",
      "x",
      " of",
      R"(\n\n)",
      R"(\u00e9)",
      R"(\ud83d\ude42)",
      R"(a\ud83d\ude42b)",
      "é",
      "東京",
      "🙂",
      R"(\"id\")",
      R"(\\)",
      R"(\/)",
      R"({\"a\": \"b\"})",
      " some longer words than a block of any kind has bytes, and then some more",
      R"(\u000a)",
      R"(\ud800\udc00)",
      "}]}",
      "data: x",
      R"(\\n)"};
  static constexpr std::string_view bad[] = {
      R"(\ud83d)", R"(\ude42\ud83d)", R"(\x)", "\x01",         "a\tb", "\xC3",
      "\xF0\x9F",  R"(\u12)",         "\"",    "\xED\xA0\x80", R"(\)", ""};
  return wild && random.below(12) == 0 ? bad[random.below(std::size(bad))]
                                       : good[random.below(std::size(good))];
}

std::string obfuscation(Random& random) {
  static constexpr std::string_view pads[] = {"a", "Q0tm83XR", "RLakpv6WZQ0tm83", "", "é", R"(\")"};
  return std::string(pads[random.below(random.below(6) == 0 ? std::size(pads) : 3)]);
}

std::string chat_event(Random& random, int shape, bool wild) {
  const std::string text(fragment(random, wild));
  const std::string id = shape == 1 ? "c" + std::to_string(random.below(9)) : "c1";
  const std::string choice = shape == 2 && random.below(3) == 0 ? "1" : "0";
  std::string delta = "\"content\":\"" + text + "\"";
  if (shape == 3)
    delta = "\"reasoning\":\"" + text + "\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"" +
            (random.below(5) == 0 ? std::string("other") : text) + "\"}]";
  if (shape == 4)
    delta = R"("tool_calls":[{"index":)" + std::to_string(random.below(2)) + R"(,"function":{"arguments":")" +
            text + "\"}}]";
  if (shape == 5)
    delta = random.below(2) == 0 ? "\"content\":\"" + text + "\",\"role\":\"assistant\"" : delta;
  return R"({"id":")" + id + R"(","choices":[{"index":)" + choice + ",\"delta\":{" + delta + "}}]" +
         (random.below(20) == 0 ? ",\"later\":1" : "") + ",\"obfuscation\":\"" + obfuscation(random) + "\"}";
}

std::string messages_event(Random& random, int shape, bool wild) {
  const std::string text(fragment(random, wild));
  static constexpr std::string_view kinds[] = {R"("type":"text_delta","text":")",
                                               R"("type":"thinking_delta","thinking":")",
                                               R"("type":"input_json_delta","partial_json":")"};
  return R"({"type":"content_block_delta","index":)" + std::to_string(random.below(shape == 1 ? 3 : 1)) +
         ",\"delta\":{" + std::string(kinds[shape == 2 ? random.below(3) : 0]) + text + "\"}" +
         std::string(random.below(40), ' ') + "}";
}

std::string responses_event(Random& random, int shape, bool wild, int number) {
  const std::string text(fragment(random, wild));
  const std::string sequence = shape == 1 && random.below(6) == 0 ? "01" : std::to_string(number);
  return R"({"type":"response.output_text.delta","sequence_number":)" + sequence +
         R"(,"item_id":"msg_1","output_index":)" + std::to_string(random.below(shape == 2 ? 2 : 1)) +
         R"(,"content_index":0,"delta":")" + text + R"(","obfuscation":")" + obfuscation(random) + "\"}";
}

std::string stream(Protocol protocol, Random& random, bool wild) {
  const std::string eol = random.below(5) == 0 ? (random.below(2) == 0 ? "\r\n" : "\r") : "\n";
  std::string bytes;
  int shape = static_cast<int>(random.below(6));
  for (int i = 0; i < 14; ++i) {
    if (random.below(5) == 0) shape = static_cast<int>(random.below(6));
    if (random.below(16) == 0) bytes += ": ping" + eol + eol;
    if (protocol == Protocol::openai_chat) {
      bytes += "data: " + chat_event(random, shape, wild);
    } else if (protocol == Protocol::anthropic) {
      bytes += "event: content_block_delta" + eol + "data: " + messages_event(random, shape, wild);
    } else {
      bytes += "event: response.output_text.delta" + eol + (random.below(16) == 0 ? "data:" : "data: ") +
               responses_event(random, shape, wild, 8 + i);
    }
    bytes += eol + (random.below(40) == 0 ? "" : eol);
  }
  if (protocol == Protocol::openai_chat) bytes += "data: [DONE]" + eol + eol;
  return bytes;
}

class Borders : public ::testing::TestWithParam<Protocol> {};

// Events longer than the buffer at first is, so that it grows while it holds a part of one.
TEST_P(Borders, InReadsOfLongEventsNothingChanges) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    std::string bytes = stream(GetParam(), random, false);
    for (std::size_t at = bytes.find("delta"); at != std::string::npos; at = bytes.find("delta", at)) {
      at = bytes.find_first_of("\r\n", at);
      if (at == std::string::npos || bytes[at - 1] != '}') continue;
      bytes.insert(at - 1, ",\"long\":\"" + std::string(3000 + random.below(9000), 'l') + "\"");
      at = bytes.find_first_of("\r\n", at);
    }
    const std::string parsed = heard(GetParam(), {bytes}, false, 1U << 20U);
    for (const std::size_t size : {std::size_t{64}, 1 + random.below(64), 65 + random.below(3000)})
      ASSERT_EQ(heard(GetParam(), reads_of(bytes, size), true, 1U << 20U), parsed)
          << "seed " << seed << " reads of " << size;
  }
}

TEST_P(Borders, CutAtEveryByteNothingChanges) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    const std::string bytes = stream(GetParam(), random, seed % 3 == 0);
    const std::string_view all = bytes;
    const std::string parsed = heard(GetParam(), {all}, false, 1U << 20U);
    for (std::size_t at = 0; at <= all.size(); ++at)
      ASSERT_EQ(heard(GetParam(), {all.substr(0, at), all.substr(at)}, true, 1U << 20U), parsed)
          << "seed " << seed << " cut at " << at << "\n"
          << bytes;
  }
}

TEST_P(Borders, InReadsOfAnySizeNothingChanges) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Random random(seed);
    const std::string bytes = stream(GetParam(), random, seed % 3 == 0);
    // Lines that are near the limit, too.
    const std::size_t limit = random.below(4) == 0 ? 120 + random.below(200) : std::size_t{1} << 20U;
    const std::string parsed = heard(GetParam(), {bytes}, false, limit);
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{7}, std::size_t{64}, 1 + random.below(130), 1 + random.below(1400)}) {
      ASSERT_EQ(heard(GetParam(), reads_of(bytes, size), true, limit), parsed)
          << "seed " << seed << " reads of " << size << "\n"
          << bytes;
      ASSERT_EQ(heard(GetParam(), reads_of(bytes, size), false, limit), parsed)
          << "seed " << seed << " reads of " << size << ", parsed\n"
          << bytes;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, Borders,
                         ::testing::Values(Protocol::openai_chat, Protocol::openai_responses,
                                           Protocol::anthropic),
                         [](const auto& info) {
                           return std::string(info.param == Protocol::openai_chat ? "chat"
                                              : info.param == Protocol::anthropic ? "messages"
                                                                                  : "responses");
                         });

}  // namespace
}  // namespace assay::stream
