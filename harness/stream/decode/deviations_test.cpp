// What providers really send: each habit that recordings showed, in the smallest stream that has it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/decode/detect.h"
#include "harness/stream/framing/eventstream.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

using ::testing::HasSubstr;

std::string sse(std::initializer_list<std::string> payloads) {
  std::string all;
  for (const std::string& payload : payloads) all += "data: " + payload + "\n\n";
  return all;
}

Turn hear(Protocol protocol, const std::string& bytes) {
  const Result<Turn> turn = decode(protocol, bytes);
  EXPECT_TRUE(turn.has_value()) << (turn ? "" : turn.error().message);
  return turn.value_or(Turn{});
}

Turn chat(std::initializer_list<std::string> payloads) {
  return hear(Protocol::openai_chat, sse(payloads));
}

std::string delta(const std::string& inner) {
  return R"({"choices":[{"index":0,"delta":)" + inner + "}]}";
}

TEST(ChatHabits, CommentsAndAnEmptyFirstEventArePassedOver) {
  const Turn turn = hear(
      Protocol::openai_chat,
      ": OPENROUTER PROCESSING\n\n" +
          sse({R"({"choices":[],"id":"","model":"","prompt_filter_results":[1]})",
               R"({"id":"a","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})",
               R"({"id":"b","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]})"}));
  EXPECT_EQ(turn.id, "a");
  EXPECT_EQ(text_of(turn), "Hi");
  EXPECT_FALSE(turn.complete);
  ASSERT_NE(find_extra(turn.extras, "prompt_filter_results"), nullptr);
}

TEST(ChatHabits, ReasoningUnderAnyName) {
  EXPECT_EQ(reasoning_of(chat({delta(R"({"reasoning_content":"a"})"), delta(R"({"reasoning":"b"})")})), "ab");
  const Turn routed =
      chat({delta(R"({"reasoning":"x","reasoning_details":[{"type":"reasoning.text","text":"x"}]})"),
            delta(R"({"reasoning_details":[{"type":"reasoning.summary","summary":"y"}]})"),
            delta(R"({"reasoning_details":[{"type":"reasoning.encrypted","data":"zzz"}]})")});
  EXPECT_EQ(reasoning_of(routed), "xy");
  EXPECT_EQ(routed.blocks.at(0).signature, "zzz");
  const Turn parts =
      chat({delta(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]})"),
            delta(R"({"content":[{"type":"text","text":"u"}]})")});
  EXPECT_EQ(reasoning_of(parts), "t");
  EXPECT_EQ(text_of(parts), "u");
}

TEST(ChatHabits, LaterToolFragmentsMayCarryNoIdAnEmptyOneNullOrTheSame) {
  for (const char* later : {"", R"("id":"",)", R"("id":null,)", R"("id":"c1",)"}) {
    const Turn turn = chat(
        {delta(
             R"({"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\""}}]})"),
         delta(R"({"tool_calls":[{"index":0,)" + std::string(later) +
               R"("function":{"name":"f","arguments":":1}"}}]})")});
    ASSERT_EQ(turn.blocks.size(), 1U) << later;
    EXPECT_EQ(turn.blocks[0].text, R"({"a":1})");
    EXPECT_EQ(turn.blocks[0].name, "f");
  }
}

TEST(ChatHabits, ParallelCallsAreToldApartByIndexOrByIdWhereTheIndexLies) {
  const Turn mixed = chat(
      {delta(
           R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"1"}},{"index":1,"id":"b","function":{"name":"g","arguments":"2"}}]})"),
       delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"3"}}]})")});
  ASSERT_EQ(mixed.blocks.size(), 2U);
  EXPECT_EQ(mixed.blocks[0].text, "13");
  const Turn zeros =
      chat({delta(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]})"),
            delta(R"({"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]})")});
  EXPECT_EQ(zeros.blocks.size(), 2U);
  const Turn unnumbered =
      chat({delta(R"({"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":1}}}]})")});
  EXPECT_EQ(unnumbered.blocks.at(0).text, R"({"x":1})");
}

TEST(ChatHabits, UsageComesAnywhereAndFinishTwiceOrUnderOtherNames) {
  const Turn groq = chat(
      {R"({"choices":[{"index":0,"delta":{},"finish_reason":"eos"}],"x_groq":{"usage":{"prompt_tokens":1}}})",
       R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3,"audio_tokens":0}}})",
       R"({"choices":[{"index":0,"delta":{},"finish_reason":"eos","native_finish_reason":"EOS"}]})",
       "[DONE]"});
  EXPECT_EQ(groq.finish, FinishReason::stop);
  EXPECT_EQ(groq.finish_raw, "eos");
  EXPECT_EQ(groq.usage->output, 2);
  EXPECT_EQ(groq.usage->cache_read, 3);
  EXPECT_NE(find_extra(groq.usage->extras, "prompt_tokens_details"), nullptr);
  EXPECT_EQ(find_extra(groq.extras, "choice.native_finish_reason")->json, "\"EOS\"");
  EXPECT_TRUE(groq.complete);
}

TEST(ChatHabits, PerplexityRepeatsTheMessageBesideItsDeltas) {
  const Turn turn = chat(
      {R"({"choices":[{"index":0,"message":{"content":"He"},"delta":{"content":"He"}}]})",
       R"({"choices":[{"index":0,"message":{"content":"Hello"},"delta":{"content":"llo"}}]})",
       R"({"object":"chat.completion.done","choices":[{"index":0,"message":{"content":"Hello"},"delta":{"content":""},"finish_reason":"stop"}]})"});
  EXPECT_EQ(text_of(turn), "Hello");
  EXPECT_TRUE(turn.complete);
}

TEST(ChatHabits, SeveralChoicesStayApart) {
  const Turn turn =
      chat({R"({"choices":[{"index":1,"delta":{"content":"B"}},{"index":0,"delta":{"content":"A"}}]})",
            R"({"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"}]})"});
  EXPECT_EQ(text_of(turn, 0), "A");
  EXPECT_EQ(text_of(turn, 1), "Bb");
  EXPECT_EQ(turn.finish, FinishReason::none);
}

TEST(ErrorHabits, AllShapesInMidStreamAndInBodies) {
  const auto message = [](const std::string& body) {
    const Turn turn = hear(Protocol::openai_chat, body);
    return turn.error ? turn.error->message : std::string("none");
  };
  EXPECT_EQ(message(R"({"error":{"message":"a","type":"t","code":null}})"), "a");
  EXPECT_EQ(message(R"({"error":"b"})"), "b");
  EXPECT_EQ(message(R"({"code":"x","error":"c"})"), "c");
  EXPECT_EQ(message(R"({"object":"error","message":"d","type":"t"})"), "d");
  EXPECT_EQ(message(R"({"detail":"e"})"), "e");
  EXPECT_EQ(message(R"({"detail":[{"msg":"f"}]})"), R"([{"msg":"f"}])");
  EXPECT_EQ(message("event: error\ndata: {\"error\":{\"message\":\"g\",\"status_code\":400}}\n\n"), "g");
  EXPECT_EQ(
      message(sse(
          {R"({"id":"1","error":{"code":502,"message":"h"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]})",
           "[DONE]"})),
      "h");
}

TEST(ErrorHabits, OfTheOtherProtocols) {
  const Turn anthropic = hear(Protocol::anthropic,
                              "event: error\ndata: "
                              "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
                              "\"busy\"},\"request_id\":\"r\"}\n\n");
  EXPECT_EQ(anthropic.error->type, "overloaded_error");
  EXPECT_EQ(find_extra(anthropic.error->extras, "request_id")->json, "\"r\"");
  const Turn gemini =
      hear(Protocol::gemini, R"([{"error":{"code":404,"message":"no","status":"NOT_FOUND","details":[]}}])");
  EXPECT_EQ(gemini.error->status, 404);
  EXPECT_EQ(gemini.error->type, "NOT_FOUND");
  const Turn responses = hear(
      Protocol::openai_responses,
      sse({R"({"type":"error","code":"server_error","message":"m","param":null,"sequence_number":3})",
           R"({"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"m"}}})"}));
  EXPECT_EQ(responses.error->code, "server_error");
  EXPECT_TRUE(responses.error->type.empty());
  EXPECT_EQ(responses.finish, FinishReason::error);
  EXPECT_EQ(hear(Protocol::cohere, R"({"id":"x","message":"bad"})").error->message, "bad");
}

TEST(AnthropicHabits, PingsSpacesAndCumulativeUsage) {
  const Turn turn = hear(
      Protocol::anthropic,
      sse({R"({"type":"message_start","message":{"id":"m","model":"c","content":[],"stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}}      })",
           R"({"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web","input":{}}})",
           R"({"type":"ping"})",
           R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}})",
           R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}   })",
           R"({"type":"message_delta","delta":{"stop_reason":"pause_turn"},"usage":{"output_tokens":7}})",
           R"({"type":"message_stop"})"}));
  EXPECT_EQ(turn.usage->output, 7);
  EXPECT_EQ(turn.usage->input, 5);
  EXPECT_EQ(turn.blocks.at(0).kind, Block::Kind::opaque);
  EXPECT_EQ(nlohmann::json::parse(turn.blocks[0].text)["input"]["q"], 1);
  EXPECT_EQ(turn.finish, FinishReason::other);
  EXPECT_TRUE(turn.complete);
}

TEST(AnthropicHabits, TheInputOfACallMayBeText) {
  const Turn turn = hear(
      Protocol::anthropic,
      R"({"type":"message","content":[{"type":"tool_use","id":"t","name":"f","input":"{\"a\": 1}"}],"stop_reason":"tool_use"})");
  EXPECT_EQ(tool_calls_of(turn).at(0).text, R"({"a": 1})");
}

TEST(GeminiHabits, CallsWithoutIdMissingPartsNumbersForReasonsAndBlockedPrompts) {
  const Turn turn = hear(
      Protocol::gemini,
      sse({R"({"candidates":[{"content":{}}]})",
           R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"},"thoughtSignature":"s"}]},"finishReason":1}]})"}));
  EXPECT_EQ(turn.blocks.at(0).text, "{}");
  EXPECT_EQ(turn.blocks[0].signature, "s");
  EXPECT_EQ(turn.finish, FinishReason::tool_calls);
  const Turn blocked = hear(Protocol::gemini, R"({"promptFeedback":{"blockReason":"SAFETY"}})");
  EXPECT_EQ(blocked.finish, FinishReason::content_filter);
  EXPECT_TRUE(blocked.complete);
}

TEST(BedrockHabits, InvokeWrapsVendorJsonAndExceptionsAreErrors) {
  std::string bytes;
  for (const char* line :
       {R"({"type":"message_start","message":{"id":"m","content":[],"stop_reason":null}})",
        R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}})"})
    bytes += eventstream_message({{":event-type", "chunk"}, {":message-type", "event"}},
                                 R"({"bytes":")" + base64(line) + R"(","p":"abc"})");
  bytes += eventstream_message({{":exception-type", "throttlingException"}, {":message-type", "exception"}},
                               R"({"message":"slow"})");
  const Turn turn = hear(Protocol::bedrock, bytes);
  EXPECT_EQ(text_of(turn), "Hi");
  EXPECT_EQ(turn.error->type, "throttlingException");
  EXPECT_FALSE(turn.complete);
}

TEST(Problems, NameTheEvent) {
  EXPECT_THAT(decode(Protocol::openai_chat, "data: {\"a\":1}\n\ndata: {bad\n\n").error().message,
              HasSubstr("event 2"));
  EXPECT_THAT(decode(Protocol::openai_chat, "data: 17\n\n").error().message, HasSubstr("no object"));
  EXPECT_THAT(decode(Protocol::openai_chat, "{\"a\":").error().message, HasSubstr("ends before"));
  std::string message = eventstream_message({{":event-type", "metadata"}}, "{}");
  message[message.size() - 1] ^= 1;
  EXPECT_THAT(decode(Protocol::bedrock, message).error().message, HasSubstr("message 1: its CRC is wrong"));
  message[9] ^= 1;
  EXPECT_THAT(decode(Protocol::bedrock, message).error().message, HasSubstr("prelude"));
}

TEST(Problems, AnEventThatTheEndCutsIsOnlyIncomplete) {
  DecodeOptions flush;
  flush.at_end = AtEnd::flush;
  const Result<Turn> turn =
      decode(Protocol::openai_chat, sse({delta(R"({"content":"Hi"})")}) + "data: {\"cho", flush);
  ASSERT_TRUE(turn);
  EXPECT_EQ(text_of(*turn), "Hi");
  EXPECT_FALSE(turn->complete);
}

// An event is told by the read that completes it, not by a later one.
TEST(Deltas, ComeWithTheReadThatCompletesTheirEvent) {
  for (const bool templates : {true, false}) {
    for (const std::string eol : {"\n", "\r\n", "\r"}) {
      DecodeOptions options;
      options.templates = templates;
      Decoder decoder(Protocol::openai_chat, options);
      TurnBuilder seen;
      const std::string event = "data: " + delta(R"({"content":"x"})") + eol + eol;
      for (std::size_t told = 1; told <= 4; ++told) {
        // The rest of one event and the beginning of the next.
        const std::string read =
            told == 1 ? event + event.substr(0, 9) : event.substr(9) + event.substr(0, 9);
        ASSERT_TRUE(decoder.feed(read, &seen));
        EXPECT_EQ(text_of(seen.turn()).size(), told) << templates << eol.size();
      }
    }
  }
}

TEST(DetectProtocol, ByWhatStandsInTheBytes) {
  EXPECT_EQ(detect_protocol(sse({delta("{}")})), Protocol::openai_chat);
  EXPECT_EQ(detect_protocol("event: x\ndata: {\"type\":\"message_start\"}\n\n"), Protocol::anthropic);
  EXPECT_EQ(detect_protocol("{\"model\":\"m\",\"message\":{},\"done\":false}\n"), Protocol::ollama);
  EXPECT_EQ(detect_protocol("[{\"candidates\":[]}]"), Protocol::gemini);
  EXPECT_EQ(detect_protocol(eventstream_message({}, "{}")), Protocol::bedrock);
  EXPECT_EQ(detect_protocol("{\"error\":{\"message\":\"m\"}}"), std::nullopt);
  EXPECT_EQ(detect_protocol(""), std::nullopt);
}

}  // namespace
}  // namespace assay::stream
