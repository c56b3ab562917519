// The protocol is told by what stands in an answer, and is not guessed where it could be several.
#include "harness/stream/decode/detect.h"

#include <gmock/gmock.h>

namespace assay::stream {
namespace {

struct Answer {
  const char* bytes;
  std::optional<Protocol> protocol;
};

TEST(Detect, TellsAnswersApart) {
  const Answer answers[] = {
      {R"({"choices":[{"text":"a"}],"object":"text_completion"})", Protocol::openai_chat},
      {R"({"type":"response.created"})", Protocol::openai_responses},
      {"data: {\"type\":\"error\",\"error\":{\"message\":\"m\",\"type\":\"t\"},\"sequence_number\":2}\n\n",
       Protocol::openai_responses},
      {R"({"type":"error","message":"m","code":"c","param":null,"sequence_number":0})",
       Protocol::openai_responses},
      {R"({"type":"error","error":{"message":"m","type":"t"}})", Protocol::anthropic},
      {R"({"event_type":"step.start","index":0,"step":{"type":"thought"}})", Protocol::gemini_interactions},
      {R"({"object":"interaction","status":"completed"})", Protocol::gemini_interactions},
      {R"({"outputText":"a","completionReason":null})", Protocol::bedrock},
      {R"({"inputTextTokenCount":1,"results":[{"outputText":"a"}]})", Protocol::bedrock},
      {R"({"generation":"a","prompt_token_count":1,"stop_reason":"stop"})", Protocol::bedrock},
      {R"({"outputs":[{"text":"a","stop_reason":"stop"}]})", Protocol::bedrock},
      {R"({"completions":[{"data":{"text":"a"}}]})", Protocol::bedrock},
      {R"({"is_finished":false,"event_type":"stream-start","generation_id":"g"})", Protocol::cohere},
      {R"({"response_id":"r","text":"a","generation_id":"g","finish_reason":"COMPLETE"})", Protocol::cohere},
  };
  for (const Answer& answer : answers)
    EXPECT_EQ(detect_protocol(answer.bytes), answer.protocol) << answer.bytes;
}

// These count tokens as Gemini's answers do, and are none.
TEST(Detect, WhatAnswersNothingIsNoAnswer) {
  for (
      const char* body :
      {R"({"name":"cachedContents/x","model":"models/gemini-2.5-flash","usageMetadata":{"totalTokenCount":2162}})",
       R"({"embeddings":[{"values":[0.1]}],"usageMetadata":{"promptTokenCount":3}})",
       R"({"serverContent":{"turnComplete":true},"usageMetadata":{"totalTokenCount":3}})"})
    EXPECT_EQ(detect_protocol(body), std::nullopt) << body;
  EXPECT_EQ(detect_protocol(R"({"usageMetadata":{"totalTokenCount":3},"modelVersion":"m"})"),
            Protocol::gemini);
}

TEST(Detect, TellsErrorsApartWhereTheirShapeIsOnesOwn) {
  const Answer answers[] = {
      {R"({"error":{"message":"m","type":"t","param":null,"code":null}})", Protocol::openai_chat},
      {R"({"error":{"message":"m","code":429,"metadata":{}},"user_id":"u"})", Protocol::openai_chat},
      {R"({"object":"error","message":"m","type":"t","param":null,"code":null})", Protocol::openai_chat},
      {R"({"code":"c","error":"words"})", Protocol::openai_chat},
      {R"({"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}})", Protocol::gemini},
      {R"({"error":{"message":"m"}})", std::nullopt},
      {R"({"error":"words"})", std::nullopt},
      {R"({"detail":"words"})", std::nullopt},
      {R"({"message":"words"})", std::nullopt},
      {R"({"error":null})", std::nullopt},
      {R"([1])", std::nullopt},
      {"", std::nullopt},
  };
  for (const Answer& answer : answers)
    EXPECT_EQ(detect_protocol(answer.bytes), answer.protocol) << answer.bytes;
}

}  // namespace
}  // namespace assay::stream
