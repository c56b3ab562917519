#include "harness/stream/encode/encode.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Turn from(const char* text) {
  const Result<Turn> turn = turn_from_json(json::parse(text));
  EXPECT_TRUE(turn.has_value()) << (turn ? "" : turn.error().text());
  return turn.value_or(Turn{});
}

std::string problem_of(const char* text) {
  const Result<Turn> turn = turn_from_json(json::parse(text));
  return turn ? "" : turn.error().message;
}

TEST(TurnJson, ATextMayBeRepeated) {
  const auto turn = turn_from_json(json::parse(R"({"text": "ab", "repeat": 3})"));
  ASSERT_TRUE(turn) << turn.error().text();
  EXPECT_EQ(text_of(*turn), "ababab");
  EXPECT_EQ(text_of(*turn_from_json(json::parse(R"({"text": "a${n}b", "repeat": 3})"))), "a1ba2ba3b");
  EXPECT_FALSE(turn_from_json(json::parse(R"({"reasoning": "ab", "repeat": 3})")));
  EXPECT_FALSE(turn_from_json(json::parse(R"({"text": "ab", "repeat": 0})")));
}

TEST(TurnJson, TakesTheShortFormInTheOrderOfProviders) {
  const Turn turn =
      from(R"({"text":"Hi","reasoning":"hm","tool_calls":[{"id":"c1","name":"f","arguments":{"a":1}}]})");
  ASSERT_EQ(turn.blocks.size(), 3U);
  EXPECT_EQ(turn.blocks[0].kind, Block::Kind::reasoning);
  EXPECT_EQ(turn.blocks[1].text, "Hi");
  EXPECT_EQ(turn.blocks[2].text, R"({"a":1})");
  EXPECT_EQ(turn.finish, FinishReason::tool_calls);
  EXPECT_TRUE(turn.complete);
}

TEST(TurnJson, KeepsEverythingOnTheWayThereAndBack) {
  const Turn turn = from(R"({"id":"x","model":"m","content":[
      {"reasoning":"a","signature":"s","id":"rs_1"},{"reasoning":"","type":"redacted","signature":"d"},
      {"text":"b","choice":1},{"refusal":"no"},{"opaque":{"type":"web","n":1},"type":"web"},
      {"tool_call":{"id":"c","name":"f","arguments":"{}"}}],
      "finish_reason":"length","finish_raw":"max_tokens","complete":true,
      "usage":{"input":1,"output":2,"total":3,"reasoning":4,"cache_read":5,"cache_write":6,"extras":{"q":[1]}},
      "error":{"message":"m","type":"t","code":"c","param":"p","status":500,"extras":{"z":null}},
      "extras":{"b":{"c":1},"a":"x"}})");
  const Result<Turn> again = turn_from_json(to_json(turn));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, turn);
  EXPECT_EQ(turn.extras.front().name, "a");
}

TEST(TurnJson, NamesWhatIsWrong) {
  EXPECT_THAT(problem_of(R"({"txt":"Hi"})"), HasSubstr("unknown key 'txt'"));
  EXPECT_THAT(problem_of(R"({"content":[{"text":1}]})"), HasSubstr("turn/content/0/text: expected a string"));
  EXPECT_THAT(problem_of(R"({"content":[{"text":"a","refusal":"b"}]})"), HasSubstr("expected one of"));
  EXPECT_THAT(problem_of(R"({"tool_calls":[{"id":"c"}]})"), HasSubstr("expected a name"));
  EXPECT_THAT(problem_of(R"({"finish_reason":"done"})"), HasSubstr("found 'done'"));
  EXPECT_THAT(problem_of(R"([1])"), HasSubstr("expected an object"));
  EXPECT_THAT(problem_of(R"({"text":"a","content":[]})"), HasSubstr("beside 'content'"));
}

TEST(Pieces, AreWordsOrCodePointsAndNeverHalves) {
  EXPECT_THAT(pieces_of("Hello big  world", 0), ElementsAre("Hello", " big", "  world"));
  EXPECT_THAT(pieces_of("a€豆", 1), ElementsAre("a", "€", "豆"));
  EXPECT_THAT(pieces_of("", 0), ElementsAre());
}

TEST(ChatEncoder, WritesRoleTextFinishUsageAndDone) {
  Turn turn = from(
      R"({"id":"chatcmpl-1","model":"m","text":"Hello world","usage":{"input":3,"output":2,"total":5}})");
  Profile profile = default_profile(Protocol::openai_chat);
  profile.obfuscation = false;
  const EncodedStream stream = encode_stream(turn, Protocol::openai_chat, profile);
  ASSERT_EQ(stream.events.size(), 6U);
  EXPECT_THAT(stream.events[0], HasSubstr(R"("delta":{"role":"assistant","content":""})"));
  EXPECT_THAT(stream.events[2], HasSubstr(R"("delta":{"content":" world"})"));
  EXPECT_THAT(stream.events[3], HasSubstr(R"("finish_reason":"stop")"));
  EXPECT_THAT(stream.events[4], HasSubstr(R"("choices":[],"usage":{"prompt_tokens":3)"));
  EXPECT_EQ(stream.events[5], "data: [DONE]\n\n");
}

TEST(ChatEncoder, HasTheHabitsOfEachProfile) {
  const Turn turn =
      from(R"({"text":"Hi","usage":{"output":1},"tool_calls":[{"id":"c","name":"f","arguments":{"a":1}}]})");
  const auto bytes = [&](const char* name) {
    return encode_stream(turn, Protocol::openai_chat, profile_from_name(name).value()).bytes();
  };
  EXPECT_THAT(bytes("openrouter"), StartsWith(": OPENROUTER PROCESSING\n\n"));
  EXPECT_THAT(bytes("azure"), StartsWith(R"(data: {"choices":[],)"));
  EXPECT_THAT(bytes("cerebras"), ::testing::Not(HasSubstr("[DONE]")));
  EXPECT_THAT(bytes("perplexity"), HasSubstr("chat.completion.done"));
  EXPECT_THAT(bytes("groq"), HasSubstr("x_groq"));
  EXPECT_THAT(bytes("mistral"), HasSubstr(R"("finish_reason":"tool_calls"}],"usage")"));
  EXPECT_THAT(bytes("together"), HasSubstr(R"("id":"","function":{"arguments")"));
  EXPECT_THAT(profile_from_name("nobody").error().message, HasSubstr("perplexity"));
}

TEST(ChatEncoder, PutsAnErrorInMidStreamAndThenStops) {
  const Turn turn = from(R"({"text":"Hi","error":{"message":"bad","type":"t","status":400}})");
  const std::string groq =
      encode_stream(turn, Protocol::openai_chat, profile_from_name("groq").value()).bytes();
  EXPECT_THAT(groq, HasSubstr("event: error\ndata: {\"error\":{\"message\":\"bad\""));
  EXPECT_THAT(groq, EndsWith("}}\n\n"));
}

TEST(ErrorEncoder, WritesEachShape) {
  const StreamError error{.message = "no", .type = "rate_limit_error", .code = "slow"};
  const auto body = [&](const char* name) {
    return encode_error(error, 429, profile_from_name(name).value()).body;
  };
  EXPECT_EQ(body("anthropic"), R"({"type":"error","error":{"type":"rate_limit_error","message":"no"}})");
  EXPECT_EQ(body("xai"), R"({"code":"slow","error":"no"})");
  EXPECT_EQ(body("ollama-native"), R"({"error":"no"})");
  EXPECT_THAT(body("openai"), HasSubstr(R"("param":null,"code":"slow")"));
}

}  // namespace
}  // namespace assay::stream
