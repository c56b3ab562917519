// What bytes are, and what is said when they are none of it: the framing is told by content, a mistake names
// its event, an end is no mistake, and the reads change nothing.
#include "harness/stream/framing/framing.h"

#include <gmock/gmock.h>

#include "harness/stream/decode/decode.h"
#include "harness/stream/decode/detect.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/encode/random_turn.h"
#include "harness/stream/framing/eventstream.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  Turn turn;
  std::string problem;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << text_of(outcome.turn) << (outcome.turn.complete ? " (complete) " : " ") << outcome.problem;
}

Outcome outcome_in_reads(Protocol protocol, const std::string& bytes, std::size_t read,
                         const DecodeOptions& options) {
  Decoder decoder(protocol, options);
  for (std::size_t at = 0; at < bytes.size(); at += read)
    if (!decoder.feed(std::string_view(bytes).substr(at, read))) break;
  Outcome outcome{decoder.finish(), {}};
  if (decoder.problem()) outcome.problem = decoder.problem()->message;
  return outcome;
}

Outcome outcome(Protocol protocol, const std::string& bytes, AtEnd at_end = AtEnd::flush,
                FrameLimits limits = {}) {
  DecodeOptions options;
  options.at_end = at_end;
  options.limits = limits;
  Outcome whole = outcome_in_reads(protocol, bytes, bytes.size() + 1, options);
  for (const std::size_t read : {1U, 2U, 5U, 64U})
    EXPECT_EQ(outcome_in_reads(protocol, bytes, read, options), whole) << bytes << " in reads of " << read;
  return whole;
}

Outcome chat_of(const std::string& bytes) {
  return outcome(Protocol::openai_chat, bytes);
}

std::string chunk_of(const std::string& text) {
  return R"({"choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}";
}

const std::string line_a = "{\"model\":\"m\",\"message\":{\"content\":\"a\"},\"done\":false}\n";
const std::string line_end =
    "{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n";

TEST(Ndjson, AMistakeNamesItsEvent) {
  for (const char* bad :
       {"{\"message\":{\"content\":\"b},\"done\":false}\n", "{\"message\":[1},\"done\":false}\n",
        "{\"message\":{\"content\":\"b\"}\n", "{\"message\":\n"}) {
    const Outcome broken = outcome(Protocol::ollama, line_a + bad + line_end);
    EXPECT_EQ(text_of(broken.turn), "a");
    EXPECT_FALSE(broken.turn.complete);
    EXPECT_THAT(broken.problem, HasSubstr("event 2: expected a JSON object, but it is not JSON from byte"))
        << bad;
  }
  EXPECT_THAT(outcome(Protocol::ollama, line_a + "{total garbage").problem, HasSubstr("event 2: "));
  EXPECT_THAT(outcome(Protocol::ollama, line_a + "garbage").problem, HasSubstr("event 2: "));
}

TEST(Ndjson, ACutLineIsOnlyIncomplete) {
  const Outcome cut = outcome(Protocol::ollama, line_a + line_end.substr(0, 20));
  EXPECT_EQ(text_of(cut.turn), "a");
  EXPECT_EQ(cut.problem, "");
  EXPECT_FALSE(cut.turn.complete);
  EXPECT_TRUE(outcome(Protocol::ollama, line_a + line_end).turn.complete);
}

TEST(Arrays, AreReadStrictlyToTheirEnd) {
  const std::string part = R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})";
  const std::string last = R"({"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]})";
  const auto gemini = [](const std::string& bytes) { return outcome(Protocol::gemini, bytes); };
  EXPECT_TRUE(gemini("[" + part + ",\n" + last + "]\n").turn.complete);
  EXPECT_THAT(gemini("[" + part + "," + last + ",]").problem,
              HasSubstr("event 3: expected a JSON object, found ']'"));
  EXPECT_THAT(gemini(last + "[{\"x\":1}]").problem, HasSubstr("event 2: expected a JSON object, found '['"));
  EXPECT_THAT(gemini("[" + last + "]{}").problem,
              HasSubstr("event 2: expected nothing after the array's end"));
  // Its end did not come: cut off, whatever was said before.
  const Outcome open = gemini("[" + part + "," + last);
  EXPECT_EQ(text_of(open.turn), "ab");
  EXPECT_EQ(open.problem, "");
  EXPECT_FALSE(open.turn.complete);
}

TEST(NoStream, IsAProblemThatSaysWhatCame) {
  const struct {
    std::string bytes;
    const char* why;
  } table[] = {
      {"Not Found", "expected server-sent events, JSON or an AWS event stream, found: Not Found"},
      {"Not Found\n\n", "found: Not Found"},
      {"<html>\n<h1>503 Service Temporarily Unavailable</h1>",
       "found: <html> <h1>503 Service Temporarily Unava..."},
      {"\x1F\x8B\x08\x1B[2J\xC2\x9B", "found: ?\uFFFD??[2J?"},
      {"\"text\"", "found: \"text\""},
      {"upstream connect error: data: x", "found: upstream"},
      {"", "found nothing at all"},
      {std::string("\0garbage", 8), "the event stream ends before its first message does"},
      {std::string("\0garbage, and more of it", 24), "message 1: the prelude's CRC is wrong"},
      {"{\"error\":", "the JSON ends before its first object does"},
      {"[", "the JSON ends before its first object does"},
  };
  for (const auto& row : table) {
    const Outcome none = chat_of(row.bytes);
    EXPECT_THAT(none.problem, HasSubstr(row.why));
    EXPECT_EQ(none.turn, Turn{});
    EXPECT_THAT(none.problem, ::testing::Not(::testing::ContainsRegex("[\x01-\x1F]")));
  }
}

TEST(NoStream, IsNotSaidOfWhatKeepsAConnectionAlive) {
  for (const char* bytes :
       {": ping\n\n: ping\n\n", ": OPENROUTER PROCESSING\n", "\n\n\n", " ", "\xEF\xBB\xBF", "event: ping\n\n",
        "retry: 10\n\n", "id: 1\n\n", "data:\n\n", "data", "da", "ev", ":"}) {
    EXPECT_EQ(chat_of(bytes).problem, "") << bytes;
    EXPECT_EQ(chat_of(bytes).turn, Turn{}) << bytes;
  }
  const Outcome done = chat_of("data: [DONE]\n\n");
  EXPECT_EQ(done.problem, "");
  EXPECT_TRUE(done.turn.complete);
}

TEST(LastEvent, WithoutItsBlankLineIsReadLikeAnyOther) {
  for (const char* eol : {"", "\n", "\r\n", "\n\n"}) {
    const Outcome joined =
        chat_of("data: " + chunk_of("a") + "\ndata: " + chunk_of("b") + "\ndata: [DONE]" + eol);
    EXPECT_THAT(joined.problem, HasSubstr("event 1: expected a JSON object")) << eol;
    EXPECT_THAT(chat_of(std::string("data: total garbage") + eol).problem, HasSubstr("total garbage")) << eol;
    EXPECT_THAT(chat_of("data: " + chunk_of("a") + "\n\ndata: {\"x\":}" + eol).problem,
                HasSubstr("event 2: "))
        << eol;
    EXPECT_EQ(text_of(chat_of("data: " + chunk_of("a") + eol).turn), "a") << eol;
    EXPECT_TRUE(chat_of(std::string("data: [DONE]") + eol).turn.complete) << eol;
  }
}

TEST(LastEvent, ThatTheEndCutIsOnlyIncomplete) {
  const std::string event = "data: " + chunk_of("\\u00e9b\xC3\xA9");
  for (std::size_t size = 0; size < event.size(); ++size) {
    const Outcome cut = chat_of("data: " + chunk_of("a") + "\n\n" + event.substr(0, size));
    EXPECT_EQ(cut.problem, "") << size;
    EXPECT_EQ(text_of(cut.turn), "a") << size;
    EXPECT_FALSE(cut.turn.complete);
  }
  EXPECT_EQ(chat_of("data: " + chunk_of("a") + "\n\ndata: [DON").problem, "");
  // The library's default reads no event without its blank line at all.
  EXPECT_EQ(outcome(Protocol::openai_chat, "data: total garbage\n", AtEnd::discard).problem, "");
}

TEST(ByteOrderMark, StandsBeforeAnyText) {
  const std::string body = R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]})";
  for (const std::string& bytes : {"\xEF\xBB\xBF" + body, "\xEF\xBB\xBF \r\n" + body,
                                   "\xEF\xBB\xBF"
                                   "data: " +
                                       chunk_of("a") + "\n\n"}) {
    EXPECT_EQ(text_of(chat_of(bytes).turn), "a");
    EXPECT_EQ(chat_of(bytes).problem, "");
    EXPECT_EQ(detect_protocol(bytes), Protocol::openai_chat);
  }
  // Twice it is text.
  EXPECT_THAT(chat_of("\xEF\xBB\xBF\xEF\xBB\xBF" + body).problem, HasSubstr("expected server-sent events"));
}

TEST(Limits, HoldInEveryFramingAndAtEveryCut) {
  const FrameLimits limits{.line = 400, .event = 100};
  const std::string body = R"({"error":{"message":")" + std::string(100, 'x') + "\"}}";
  const std::string small = R"({"error":{"message":"x"}})";
  const auto limited = [&](const std::string& bytes) {
    return outcome(Protocol::openai_chat, bytes, AtEnd::flush, limits).problem;
  };
  EXPECT_EQ(limited(small + "\n" + small), "");
  EXPECT_EQ(limited("data: " + small + "\n\ndata: " + small), "");
  EXPECT_THAT(limited(small + body), HasSubstr("event 2: a JSON object is longer than 100 bytes"));
  EXPECT_THAT(limited("data: " + small + "\n\ndata: " + body + "\n\n"),
              HasSubstr("event 2: an event is longer than 100 bytes"));
  EXPECT_THAT(limited("event: e\ndata: " + body + "\n\n"), HasSubstr("an event is longer than 100 bytes"));
  EXPECT_THAT(limited("data: " + small + "\n\ndata: " + body + "\ndata: " + body + body + body + body + "\n"),
              HasSubstr("event 2: an event is longer than 100 bytes"));
  EXPECT_THAT(limited("data: " + body + body + body + body + "\n\n"),
              HasSubstr("event 1: a line of the event stream is longer than 400 bytes"));
  EXPECT_THAT(limited(eventstream_message({}, body)), HasSubstr("message 1: longer than 100 bytes"));
}

// Its length begins with 1 from 16 MiB on.
TEST(Limits, ALongEventStreamMessageIsStillOne) {
  const std::string message =
      eventstream_message({}, "{\"x\":\"" + std::string(std::size_t{16} << 20U, 'x') + "\"}");
  ASSERT_EQ(message[0], '\1');
  EXPECT_THAT(decode(Protocol::bedrock, message).error().message,
              HasSubstr("message 1: longer than 16777216 bytes"));
}

// Streams with a byte changed, left out or put in, or cut: whatever the reads, the turn and the problem are
// the same, limits and last events included.
TEST(Reads, ChangeNothingOnDamagedStreamsInAnyFraming) {
  int problems = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Random random(seed);
    const Protocol protocol = all_protocols[random.below(std::size(all_protocols))];
    Profile profile = default_profile(protocol);
    if (protocol == Protocol::gemini && random.below(2) == 0)
      profile = profile_from_name("gemini-array").value();
    std::string bytes =
        encode_stream(random_turn(random, protocol, profile), protocol, profile, {.piece = random.below(3)})
            .bytes();
    for (std::uint64_t i = random.below(3); i != 0 && !bytes.empty(); --i) {
      const std::size_t at = random.below(bytes.size());
      const char byte = "\"\\{}[],:\n\r x\0\xEF"[random.below(14)];
      const std::uint64_t how = random.below(4);
      if (how == 0) bytes[at] = byte;
      if (how == 1) bytes.insert(at, 1, byte);
      if (how == 2) bytes.erase(at, 1 + random.below(4));
      if (how == 3) bytes.resize(at);
    }
    DecodeOptions options;
    options.at_end = random.below(2) == 0 ? AtEnd::flush : AtEnd::discard;
    if (random.below(3) == 0)
      options.limits = {.line = 40 + random.below(400), .event = 40 + random.below(400)};
    const Outcome whole = outcome_in_reads(protocol, bytes, bytes.size() + 1, options);
    problems += whole.problem.empty() ? 0 : 1;
    for (const std::size_t read : {std::size_t{1}, 2 + random.below(20), 60 + random.below(900)})
      ASSERT_EQ(outcome_in_reads(protocol, bytes, read, options), whole)
          << "seed " << seed << " in reads of " << read << "\n"
          << bytes;
  }
  EXPECT_GT(problems, 300);
}

TEST(Shown, IsOneLineThatATerminalTakes) {
  EXPECT_EQ(shown("a\r\nb\tc", 40), "a  b c");
  EXPECT_EQ(shown("\x1B[31m\x7F\xC2\x9B\xC2\xA0", 40), "?[31m??\xC2\xA0");
  EXPECT_EQ(shown("\xFF", 40), "\xEF\xBF\xBD");
  EXPECT_EQ(shown("12345\xC3\xA9", 6), "12345...");
  EXPECT_EQ(shown("12345", 5), "12345");
}

}  // namespace
}  // namespace assay::stream
