// Habits of providers in what is written: the smallest turn that shows each.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Turn turn_of(const char* text) {
  const Result<Turn> turn = turn_from_json(json::parse(text));
  EXPECT_TRUE(turn.has_value()) << (turn ? "" : turn.error().text());
  return turn.value_or(Turn{});
}

Profile habits(const char* name) {
  return profile_from_name(name).value();
}

// The payloads of an SSE stream that are JSON.
std::vector<json> payloads(const EncodedStream& stream) {
  std::vector<json> all;
  for (const std::string& event : stream.events) {
    const std::size_t at = event.find("data: ");
    if (json payload = json::parse(event.substr(at + 6), nullptr, false); !payload.is_discarded())
      all.push_back(std::move(payload));
  }
  return all;
}

std::vector<json> chat_payloads(const Turn& turn, const char* profile) {
  return payloads(encode_stream(turn, Protocol::openai_chat, habits(profile)));
}

TEST(ResponsesEncoder, AnErrorIsFollowedByResponseFailed) {
  const EncodedStream stream =
      encode_stream(turn_of(R"({"text":"Hi","error":{"message":"bad","code":"server_error"}})"),
                    Protocol::openai_responses, habits("openai"));
  const std::vector<json> all = payloads(stream);
  ASSERT_GT(all.size(), 2U);
  EXPECT_EQ(all[all.size() - 2]["type"], "error");
  EXPECT_EQ(all.back()["type"], "response.failed");
  EXPECT_EQ(all.back()["response"]["status"], "failed");
  EXPECT_EQ(all.back()["response"]["error"]["message"], "bad");
  EXPECT_THAT(stream.events.back(), HasSubstr("event: response.failed\n"));
}

TEST(CustomCalls, StayCustom) {
  const Turn turn = turn_of(
      R"({"content":[{"tool_call":{"id":"c","type":"custom","name":"sql","arguments":"SELECT 1"}}],"complete":true,
          "finish_reason":"tool_calls"})");
  EXPECT_EQ(turn_from_json(to_json(turn)).value(), turn);
  const EncodedStream responses = encode_stream(turn, Protocol::openai_responses, habits("openai"));
  EXPECT_THAT(responses.bytes(), HasSubstr("response.custom_tool_call_input.delta"));
  EXPECT_THAT(responses.bytes(), Not(HasSubstr("function_call")));
  EXPECT_EQ(decode(Protocol::openai_responses, responses.bytes())->blocks, turn.blocks);
  const EncodedStream chat = encode_stream(turn, Protocol::openai_chat, habits("openai"));
  EXPECT_THAT(chat.bytes(), HasSubstr(R"("type":"custom","custom":{"name":"sql","input":"")"));
  EXPECT_EQ(decode(Protocol::openai_chat, chat.bytes())->blocks, turn.blocks);
  EXPECT_THAT(turn_from_json(json::parse(R"({"tool_calls":[{"name":"f","type":"x"}]})")).error().message,
              HasSubstr("expected function or custom"));
}

TEST(ResponsesEncoder, AnnotationsStandOnTheLastText) {
  const Turn turn = turn_of(R"({"text":"Hi","extras":{"message.annotations":[{"n":1},{"n":2}]}})");
  std::vector<int> told;
  for (const json& payload : payloads(encode_stream(turn, Protocol::openai_responses, habits("openai"))))
    if (payload["type"] == "response.output_text.annotation.added")
      told.push_back(payload["annotation"]["n"].get<int>());
  EXPECT_THAT(told, ::testing::ElementsAre(1, 2));
  const json body = json::parse(encode_body(turn, Protocol::openai_responses, habits("openai")).body);
  EXPECT_EQ(body["output"][0]["content"][0]["annotations"].size(), 2U);
}

TEST(ChatHabitsWritten, EachOfSeveralMistralChoicesEndsWithItsOwnCall) {
  const Turn turn = turn_of(
      R"({"content":[{"tool_call":{"id":"a","name":"f","arguments":"{}"}},
                     {"tool_call":{"id":"b","name":"g","arguments":"{}"},"choice":1}],
          "finish_reason":"tool_calls","complete":true})");
  std::vector<std::string> names;
  for (const json& payload : chat_payloads(turn, "mistral"))
    for (const json& choice : payload["choices"])
      if (choice["delta"].contains("tool_calls")) {
        const json& call = choice["delta"]["tool_calls"][0];
        names.push_back(std::to_string(choice["index"].get<int>()) +
                        call["function"]["name"].get<std::string>());
        EXPECT_FALSE(call.contains("type"));
        EXPECT_EQ(choice["finish_reason"], "tool_calls");
      }
  EXPECT_THAT(names, ::testing::ElementsAre("0f", "1g"));
}

TEST(ChatHabitsWritten, PerplexityRepeatsEachChoiceForItself) {
  const Turn turn =
      turn_of(R"({"content":[{"text":"A"},{"text":"B","choice":1}],"finish_reason":"stop","complete":true})");
  const json last = chat_payloads(turn, "perplexity").back();
  ASSERT_EQ(last["choices"].size(), 2U);
  EXPECT_EQ(last["choices"][0]["message"]["content"], "A");
  EXPECT_EQ(last["choices"][1]["message"]["content"], "B");
}

TEST(ChatHabitsWritten, TogetherStopsWithEosUnlessToldOtherwise) {
  EXPECT_EQ(chat_payloads(turn_of(R"({"text":"Hi"})"), "together").back()["choices"][0]["finish_reason"],
            "eos");
  EXPECT_EQ(chat_payloads(turn_of(R"({"text":"Hi","finish_reason":"length"})"), "together")
                .back()["choices"][0]["finish_reason"],
            "length");
  const json body =
      json::parse(encode_body(turn_of(R"({"text":"Hi"})"), Protocol::openai_chat, habits("together")).body);
  EXPECT_EQ(body["choices"][0]["finish_reason"], "eos");
}

TEST(ChatHabitsWritten, OpenRouterSaysTheNativeReason) {
  const auto choices = [](const char* text) {
    json all = json::array();
    for (const json& payload : chat_payloads(turn_of(text), "openrouter"))
      all.push_back(payload["choices"][0]);
    return all;
  };
  const json plain = choices(R"({"text":"Hi"})");
  EXPECT_TRUE(plain.front().at("native_finish_reason").is_null());
  EXPECT_EQ(plain.back()["native_finish_reason"], "stop");
  const json told = choices(R"({"text":"Hi","extras":{"choice.native_finish_reason":"STOP"}})");
  EXPECT_EQ(told.back()["native_finish_reason"], "STOP");
  EXPECT_EQ(told.back()["finish_reason"], "stop");
}

TEST(ChatHabitsWritten, WhatIsSaidOfAChoiceStandsOnIt) {
  const Turn turn = turn_of(R"({"text":"Hi","extras":{"choice.content_filter_results":{"hate":1}}})");
  const json last = chat_payloads(turn, "deepseek").back();
  EXPECT_EQ(last["choices"][0]["content_filter_results"]["hate"], 1);
  EXPECT_FALSE(last.contains("choice.content_filter_results"));
}

TEST(AnthropicEncoder, TheStopSequenceIsKnownAtTheEnd) {
  const Turn turn = turn_of(R"({"text":"Hi","finish_raw":"stop_sequence","extras":{"stop_sequence":"END"}})");
  const std::vector<json> all = payloads(encode_stream(turn, Protocol::anthropic, habits("anthropic")));
  EXPECT_TRUE(all.front()["message"]["stop_sequence"].is_null());
  EXPECT_EQ(all[all.size() - 2]["delta"]["stop_sequence"], "END");
}

TEST(AnthropicEncoder, CitationsStandOnTheLastText) {
  const Turn turn = turn_of(R"({"content":[{"text":"a"},{"text":"b"}],"complete":true,"finish_reason":"stop",
                  "extras":{"message.citations":[{"n":1},{"n":2}]}})");
  int told = 0;
  for (const json& payload : payloads(encode_stream(turn, Protocol::anthropic, habits("anthropic"))))
    if (payload["type"] == "content_block_delta" && payload["delta"]["type"] == "citations_delta") {
      EXPECT_EQ(payload["index"], 1);
      EXPECT_EQ(payload["delta"]["citation"]["n"], ++told);
    }
  EXPECT_EQ(told, 2);
  const json body = json::parse(encode_body(turn, Protocol::anthropic, habits("anthropic")).body);
  EXPECT_FALSE(body["content"][0].contains("citations"));
  EXPECT_EQ(body["content"][1]["citations"].size(), 2U);
}

TEST(GeminiEncoder, WhatIsSaidOfTheCandidateStandsOnIt) {
  const Turn turn = turn_of(R"({"text":"Hi","extras":{"candidate.groundingMetadata":{"q":["x"]}}})");
  const json last = payloads(encode_stream(turn, Protocol::gemini, habits("gemini"))).back();
  EXPECT_EQ(last["candidates"][0]["groundingMetadata"]["q"][0], "x");
}

TEST(BedrockEncoder, ToolResultsComeInPieces) {
  const Turn turn = turn_of(
      R"({"content":[{"opaque":{"toolResult":{"toolUseId":"t","content":[{"text":"a"},{"text":"b"}]}},"type":"toolResult"},
                     {"text":"so"}],"finish_reason":"stop","complete":true})");
  const Result<Turn> heard =
      decode(Protocol::bedrock, encode_stream(turn, Protocol::bedrock, habits("bedrock")).bytes());
  ASSERT_TRUE(heard) << heard.error().message;
  ASSERT_EQ(heard->blocks.size(), 2U);
  EXPECT_EQ(json::parse(heard->blocks[0].text), json::parse(turn.blocks[0].text));
}

TEST(BedrockEncoder, AnErrorWithACodeAndNoTypeIsToldInHeaders) {
  const std::string bytes =
      encode_stream(turn_of(R"({"error":{"message":"again","code":"InternalFailure"}})"), Protocol::bedrock,
                    habits("bedrock"))
          .bytes();
  EXPECT_THAT(bytes, HasSubstr(":error-message"));
  EXPECT_EQ(decode(Protocol::bedrock, bytes)->error.value_or(StreamError{}).code, "InternalFailure");
}

TEST(BedrockEncoder, InvokeWrapsAnthropicsEvents) {
  const Profile invoke = habits("bedrock-invoke");
  const Turn turn = turn_of(R"({"id":"msg_1","model":"claude","text":"Hi"})");
  const EncodedStream stream = encode_stream(turn, Protocol::bedrock, invoke);
  EXPECT_EQ(stream.content_type, "application/vnd.amazon.eventstream");
  EXPECT_THAT(stream.bytes(), HasSubstr(base64(R"({"type":"message_stop"})")));
  EXPECT_EQ(decode(Protocol::bedrock, stream.bytes())->id, "msg_1");
  EXPECT_EQ(json::parse(encode_body(turn, Protocol::bedrock, invoke).body)["content"][0]["text"], "Hi");
}

TEST(ErrorEncoder, HasTheHabitsOfProviders) {
  const StreamError error{.message = "no", .type = "t", .code = {}};
  const auto refused = [&](const char* profile, int status, bool streamed) {
    return encode_error(error, status, habits(profile), streamed);
  };
  EXPECT_EQ(refused("mistral", 401, false).body, R"({"detail":"no"})");
  EXPECT_THAT(refused("mistral", 400, false).body, HasSubstr(R"("object":"error")"));
  EXPECT_TRUE(json::parse(refused("openrouter", 429, false).body)["user_id"].is_string());
  EXPECT_EQ(refused("gemini", 404, true).content_type, "text/event-stream");
  EXPECT_EQ(refused("gemini", 404, false).content_type, "application/json");
  EXPECT_EQ(refused("gemini", 429, true).content_type, "application/json");
  EXPECT_EQ(refused("deepseek", 400, false).content_type, "application/octet-stream");
  EXPECT_EQ(refused("deepseek", 401, false).content_type, "application/json");
  EXPECT_EQ(refused("openai", 400, true).content_type, "application/json");
}

}  // namespace
}  // namespace assay::stream
