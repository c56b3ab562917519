// What Bedrock sends beside a plain ConverseStream: errors in headers, vendors' JSON in base64 with their own
// names, results of tools that ran there. And what Ollama sends before its last line.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/framing/eventstream.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

using ::testing::HasSubstr;
using Headers = std::vector<std::pair<std::string, std::string>>;

Turn heard_by(Protocol protocol, const std::string& bytes) {
  const Result<Turn> turn = decode(protocol, bytes);
  EXPECT_TRUE(turn.has_value()) << (turn ? "" : turn.error().message);
  return turn.value_or(Turn{});
}

Turn bedrock(const std::string& bytes) {
  return heard_by(Protocol::bedrock, bytes);
}

std::string event_message(const std::string& type, const std::string& payload) {
  return eventstream_message({{":event-type", type}, {":message-type", "event"}}, payload);
}

std::string invoked(std::initializer_list<std::string> payloads) {
  std::string bytes;
  for (const std::string& payload : payloads)
    bytes += event_message("chunk", R"({"bytes":")" + base64(payload) + "\"}");
  return bytes;
}

std::string extra_of(const Turn& turn, std::string_view name) {
  const Extra* extra = find_extra(turn.extras, name);
  return extra ? extra->json : "";
}

TEST(BedrockErrors, AnErrorIsInTheHeadersAndItsPayloadMayBeEmpty) {
  const Headers headers = {
      {":message-type", "error"}, {":error-code", "InternalFailure"}, {":error-message", "try again"}};
  for (const char* payload : {"", "{}"}) {
    const Turn turn = bedrock(event_message("messageStart", R"({"role":"assistant"})") +
                              eventstream_message(headers, payload));
    ASSERT_TRUE(turn.error.has_value()) << payload;
    EXPECT_EQ(turn.error->code, "InternalFailure");
    EXPECT_EQ(turn.error->message, "try again");
    EXPECT_FALSE(turn.complete);
  }
}

TEST(BedrockErrors, AnExceptionIsKnownByItsMessageTypeWhateverItsName) {
  const auto exception = [](const std::string& name, const std::string& payload) {
    return eventstream_message({{":message-type", "exception"}, {":exception-type", name}}, payload);
  };
  const Turn late = bedrock(exception("ModelTimeout", R"({"message":"late"})"));
  ASSERT_TRUE(late.error.has_value());
  EXPECT_EQ(late.error->type, "ModelTimeout");
  EXPECT_EQ(late.error->message, "late");
  const Turn silent = bedrock(exception("throttlingException", ""));
  ASSERT_TRUE(silent.error.has_value());
  EXPECT_EQ(silent.error->type, "throttlingException");
  // It is over with the message: the next one is an event again.
  EXPECT_EQ(text_of(bedrock(exception("a", "{}") +
                            event_message("contentBlockDelta", R"({"delta":{"text":"Hi"}})"))),
            "Hi");
  // What is no JSON is a mistake of the stream, and still an exception.
  Decoder decoder(Protocol::bedrock);
  EXPECT_FALSE(decoder.feed(exception("throttlingException", "slow down")));
  EXPECT_EQ(decoder.finish().error.value_or(StreamError{}).type, "throttlingException");
}

TEST(BedrockErrors, TheMessageMayBeSpelledWithACapital) {
  const Turn inside = bedrock(
      eventstream_message({{":message-type", "exception"}, {":exception-type", "validationException"}},
                          R"({"Message":"wrong"})"));
  ASSERT_TRUE(inside.error.has_value());
  EXPECT_EQ(inside.error->message, "wrong");
  const Turn body = bedrock(R"({"Message":"not authorized","resource":"r"})");
  ASSERT_TRUE(body.error.has_value());
  EXPECT_EQ(body.error->message, "not authorized");
  ASSERT_EQ(body.error->extras.size(), 1U);
  EXPECT_EQ(body.error->extras[0].name, "resource");
  const Turn model = bedrock(
      eventstream_message({{":message-type", "exception"}, {":exception-type", "modelStreamErrorException"}},
                          R"({"originalStatusCode":500})"));
  ASSERT_TRUE(model.error.has_value());
  EXPECT_EQ(model.error->extras.at(0).json, "500");
}

TEST(BedrockInvoke, ABrokenChunkIsAMistakeOfTheStream) {
  const auto problem_of = [](const std::string& bytes) {
    const Result<Turn> turn = decode(Protocol::bedrock, bytes);
    return turn ? std::string() : turn.error().message;
  };
  EXPECT_THAT(problem_of(event_message("chunk", R"({"bytes":"!!!"})")),
              HasSubstr(R"(event 1: expected base64 of a JSON object under "bytes", but it is no base64)"));
  EXPECT_THAT(problem_of(invoked({R"({"generation":"a"})", R"({"generation":"b)"})), HasSubstr("event 2"));
  EXPECT_THAT(problem_of(invoked({"17"})), HasSubstr("no object"));
  EXPECT_NE(problem_of(R"({"bytes":"!!!"})"), "");
  // What came before is told all the same; nothing is read after it.
  Decoder decoder(Protocol::bedrock);
  EXPECT_FALSE(decoder.feed(invoked({R"({"generation":"a"})", "{", R"({"generation":"b"})"})));
  const Turn turn = decoder.finish();
  EXPECT_EQ(text_of(turn), "a");
  EXPECT_FALSE(turn.complete);
}

TEST(BedrockInvoke, AChoiceMayEndWithAStopReason) {
  const Turn whole = bedrock(
      R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"stop_reason":"length"}]})");
  EXPECT_EQ(whole.finish, FinishReason::length);
  EXPECT_EQ(whole.finish_raw, "length");
  EXPECT_TRUE(whole.complete);
  EXPECT_EQ(extra_of(whole, "choice.stop_reason"), "");
  const Turn streamed = bedrock(invoked({R"({"choices":[{"index":0,"text":"Hi","stop_reason":null}]})",
                                         R"({"choices":[{"index":0,"text":"","stop_reason":"stop"}]})"}));
  EXPECT_EQ(text_of(streamed), "Hi");
  EXPECT_EQ(streamed.finish, FinishReason::stop);
  EXPECT_TRUE(streamed.complete);
  // Elsewhere it stands beside finish_reason and says which stop sequence it was.
  const Turn other = heard_by(Protocol::openai_chat,
                              R"({"choices":[{"message":{},"finish_reason":"stop","stop_reason":"END"}]})");
  EXPECT_EQ(other.finish_raw, "stop");
  EXPECT_EQ(extra_of(other, "choice.stop_reason"), "\"END\"");
}

TEST(BedrockInvoke, TheLastTextCompletionHasNoTextButTheReason) {
  const Turn turn = bedrock(invoked(
      {R"({"type":"completion","completion":" Hi","stop_reason":null,"stop":null})",
       R"({"type":"completion","completion":"","stop_reason":"stop_sequence","amazon-bedrock-invocationMetrics":{"inputTokenCount":9}})"}));
  EXPECT_EQ(text_of(turn), " Hi");
  EXPECT_EQ(turn.finish_raw, "stop_sequence");
  EXPECT_TRUE(turn.complete);
  EXPECT_EQ(extra_of(turn, "amazon-bedrock-invocationMetrics"), R"({"inputTokenCount":9})");
}

TEST(BedrockTools, ResultsInPiecesAreOneOpaqueBlock) {
  const std::string piece =
      event_message("contentBlockDelta", R"({"contentBlockIndex":1,"delta":{"toolResult":[{"text":"a"}]}})");
  const std::string begun =
      event_message(
          "contentBlockStart",
          R"({"contentBlockIndex":1,"start":{"toolResult":{"toolUseId":"t","status":"success"}}})") +
      piece +
      event_message("contentBlockDelta",
                    R"({"contentBlockIndex":1,"delta":{"toolResult":[{"text":"b"},{"json":{"n":1}}]}})");
  const std::string text =
      event_message("contentBlockDelta", R"({"contentBlockIndex":2,"delta":{"text":"so"}})");
  const std::string whole =
      R"({"toolResult":{"toolUseId":"t","status":"success","content":[{"text":"a"},{"text":"b"},{"json":{"n":1}}]}})";
  for (const std::string& end : {event_message("contentBlockStop", R"({"contentBlockIndex":1})") + text,
                                 text + event_message("messageStop", R"({"stopReason":"end_turn"})")}) {
    const Turn turn = bedrock(begun + end);
    ASSERT_EQ(turn.blocks.size(), 2U);
    EXPECT_EQ(turn.blocks[0].kind, Block::Kind::opaque);
    EXPECT_EQ(turn.blocks[0].name, "toolResult");
    EXPECT_EQ(turn.blocks[0].text, whole);
    EXPECT_EQ(text_of(turn), "so");
  }
  EXPECT_EQ(bedrock(piece + event_message("messageStop", "{}")).blocks.at(0).text,
            R"({"toolResult":{"content":[{"text":"a"}]}})");
  EXPECT_EQ(bedrock(piece).blocks.at(0).text, R"({"toolResult":{"content":[{"text":"a"})");
}

TEST(BedrockTools, PiecesThatNobodyKnowsAreKept) {
  const Turn turn = bedrock(
      event_message("contentBlockStart", R"({"contentBlockIndex":0,"start":{"image":{"format":"png"}}})") +
      event_message("contentBlockDelta",
                    R"({"contentBlockIndex":0,"delta":{"image":{"source":{"bytes":"AA=="}}}})"));
  EXPECT_EQ(extra_of(turn, "message.image"), R"({"format":"png","source":{"bytes":"AA=="}})");
}

TEST(BedrockTools, ACitedTextIsText) {
  const Turn body = bedrock(
      R"({"output":{"message":{"role":"assistant","content":[{"citationsContent":{"content":[{"text":"a"},{"text":"b"}],"citations":[{"title":"T"}]}}]}},"stopReason":"end_turn"})");
  EXPECT_EQ(text_of(body), "ab");
  EXPECT_EQ(extra_of(body, "message.citations"), R"([{"title":"T"}])");
  const auto delta = [](const std::string& inner) {
    return event_message("contentBlockDelta", R"({"contentBlockIndex":0,"delta":)" + inner + "}");
  };
  const Turn streamed = bedrock(delta(R"({"text":"a"})") + delta(R"({"citation":{"title":"T"}})") +
                                delta(R"({"citation":{"title":"U"}})"));
  EXPECT_EQ(text_of(streamed), "a");
  EXPECT_EQ(extra_of(streamed, "message.citations"), R"([{"title":"T"},{"title":"U"}])");
}

TEST(OllamaHabits, LogprobsOfEachLineAreJoined) {
  const Turn turn = heard_by(
      Protocol::ollama, R"({"model":"m","message":{"content":"a"},"logprobs":[{"token":"a"}],"done":false})"
                        "\n"
                        R"({"model":"m","message":{"content":"b"},"logprobs":[{"token":"b"}],"done":false})"
                        "\n"
                        R"({"model":"m","message":{"content":""},"done":true,"total_duration":7})"
                        "\n");
  EXPECT_EQ(extra_of(turn, "logprobs"), R"([{"token":"a"},{"token":"b"}])");
  EXPECT_EQ(extra_of(turn, "total_duration"), "7");
}

}  // namespace
}  // namespace assay::stream
