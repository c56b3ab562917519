// What Gemini sends beyond plain text: arguments in parts, citations piece by piece, several candidates; and
// Interactions, its API of steps.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/stream/decode/decode.h"
#include "harness/stream/decode/detect.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

using ::testing::ElementsAre;

std::string sse_of(std::initializer_list<std::string> payloads) {
  std::string all;
  for (std::string payload : payloads) {
    std::replace(payload.begin(), payload.end(), '\n', ' ');
    all += "data: " + payload + "\n\n";
  }
  return all;
}

Turn heard_in(Protocol protocol, const std::string& bytes) {
  const Result<Turn> turn = decode(protocol, bytes);
  EXPECT_TRUE(turn.has_value()) << (turn ? "" : turn.error().message);
  return turn.value_or(Turn{});
}

Turn gemini(std::initializer_list<std::string> payloads) {
  return heard_in(Protocol::gemini, sse_of(payloads));
}
Turn interactions(std::initializer_list<std::string> payloads) {
  return heard_in(Protocol::gemini_interactions, sse_of(payloads));
}

std::string call_part(const std::string& call) {
  return R"({"candidates":[{"content":{"parts":[{"functionCall":)" + call + "}]}}]}";
}

std::vector<std::string> calls_of(const Turn& turn) {
  std::vector<std::string> calls;
  for (const Block& block : tool_calls_of(turn)) calls.push_back(block.name + block.text);
  return calls;
}

std::string extra_of(const Turn& turn, const char* name) {
  const Extra* extra = find_extra(turn.extras, name);
  return extra ? extra->json : "";
}

TEST(GeminiCalls, ArgumentsInPartsArePutTogether) {
  const Turn turn = gemini(
      {call_part(R"({"name":"move","id":"c1","willContinue":true})"),
       call_part(
           R"({"partialArgs":[{"jsonPath":"$.to","stringValue":"New ","willContinue":true}],"willContinue":true})"),
       call_part(
           R"({"partialArgs":[{"jsonPath":"$.to","stringValue":"Delhi"},{"jsonPath":"$.fast","boolValue":true}],"willContinue":true})"),
       call_part(
           R"({"partialArgs":[{"jsonPath":"$.stops[0].at","numberValue":7},{"jsonPath":"$.stops[1]['a.b']","nullValue":"NULL_VALUE"}]})"),
       call_part(R"({"name":"stop","args":{"now":1}})"), R"({"candidates":[{"finishReason":"STOP"}]})"});
  EXPECT_THAT(calls_of(turn),
              ElementsAre(R"(move{"to":"New Delhi","fast":true,"stops":[{"at":7},{"a.b":null}]})",
                          R"(stop{"now":1})"));
  EXPECT_EQ(turn.blocks.at(0).id, "c1");
  EXPECT_EQ(turn.finish, FinishReason::tool_calls);
}

TEST(GeminiCalls, APartWithNothingEndsACallAndANewNameBeginsAnother) {
  const std::string first =
      call_part(R"({"name":"f","partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true})");
  const std::string second =
      call_part(R"({"name":"f","partialArgs":[{"jsonPath":"$.a","stringValue":"y"}],"willContinue":true})");
  EXPECT_THAT(calls_of(gemini({first, call_part("{}"), call_part(R"({"name":"g"})")})),
              ElementsAre(R"(f{"a":"x"})", "g{}"));
  EXPECT_THAT(calls_of(gemini({first, second, call_part("{}")})),
              ElementsAre(R"(f{"a":"x"})", R"(f{"a":"y"})"));
}

TEST(GeminiCalls, WhatACutStreamHadToldOfArgumentsIsHeard) {
  const Turn turn = gemini({call_part(
      R"({"name":"f","partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true})")});
  EXPECT_THAT(calls_of(turn), ElementsAre(R"(f{"a":"x"})"));
  EXPECT_FALSE(turn.complete);
}

TEST(GeminiCalls, APathThatIsNoneIsTheNameOfAnArgument) {
  std::string deep = "$";
  for (int i = 0; i < 100000; ++i) deep += ".a";
  EXPECT_THAT(
      calls_of(gemini({call_part(
          R"({"name":"f","partialArgs":[{"jsonPath":"$[0]","numberValue":1},{"jsonPath":"$.a[","numberValue":2},
              {"jsonPath":"$['b","numberValue":3},{"numberValue":4},{"jsonPath":"$.l[9999999999]","numberValue":5}]})")})),
      ElementsAre(R"(f{"$[0]":1,"$.a[":2,"$['b":3,"":4,"l":[5]})"));
  EXPECT_THAT(calls_of(gemini({call_part(R"({"name":"f","partialArgs":[{"jsonPath":")" + deep +
                                         R"(","boolValue":true}]})")})),
              ElementsAre("f{\"" + deep + "\":true}"));
}

TEST(GeminiExtras, CitationsOfLaterEventsAreAdded) {
  const auto cites = [](const char* uri) {
    return R"({"candidates":[{"citationMetadata":{"citationSources":[{"uri":")" + std::string(uri) +
           R"("}]},"safetyRatings":[{"category":"x"}]}]})";
  };
  const Turn turn = gemini({cites("a"), cites("b"), cites("b")});
  EXPECT_EQ(extra_of(turn, "candidate.citationMetadata"), R"({"citationSources":[{"uri":"a"},{"uri":"b"}]})");
  EXPECT_EQ(extra_of(turn, "candidate.safetyRatings"), R"([{"category":"x"}])");
}

TEST(CohereExtras, AStreamAndABodyHaveTheSameCitations) {
  const auto cites = [](const char* text) {
    return R"({"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"text":")" +
           std::string(text) + R"("}}}})";
  };
  const Turn stream = heard_in(Protocol::cohere, sse_of({cites("a"), cites("b")}));
  const Turn body = heard_in(
      Protocol::cohere,
      R"({"id":"i","finish_reason":"COMPLETE","message":{"citations":[{"start":0,"text":"a"},{"start":0,"text":"b"}]}})");
  EXPECT_EQ(extra_of(stream, "message.citations"), R"([{"start":0,"text":"a"},{"start":0,"text":"b"}])");
  EXPECT_EQ(extra_of(stream, "message.citations"), extra_of(body, "message.citations"));
}

TEST(CohereV1, AStreamAndABodyAreATurn) {
  const std::string body =
      R"({"response_id":"r","generation_id":"g","text":"Hi you","chat_history":[{"role":"USER","message":"m"}],"finish_reason":"COMPLETE",
          "citations":[{"start":0}],"tool_calls":[{"name":"f","parameters":{"a":1}}],"meta":{"tokens":{"input_tokens":3,"output_tokens":2}}})";
  std::string line = body;
  std::replace(line.begin(), line.end(), '\n', ' ');
  const Turn stream = heard_in(
      Protocol::cohere,
      R"({"is_finished":false,"event_type":"stream-start","generation_id":"g"})"
      "\n"
      R"({"is_finished":false,"event_type":"text-generation","text":"Hi"})"
      "\n"
      R"({"is_finished":false,"event_type":"text-generation","text":" you"})"
      "\n"
      R"({"is_finished":false,"event_type":"tool-calls-generation","tool_calls":[{"name":"f","parameters":{"a":1}}]})"
      "\n"
      R"({"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":)" +
          line + "}\n");
  EXPECT_EQ(text_of(stream), "Hi you");
  EXPECT_THAT(calls_of(stream), ElementsAre(R"(f{"a":1})"));
  EXPECT_EQ(stream.usage->input, 3);
  EXPECT_EQ(stream.id, "g");
  EXPECT_EQ(extra_of(stream, "message.citations"), R"([{"start":0}])");
  EXPECT_TRUE(stream.complete);
  EXPECT_EQ(stream, heard_in(Protocol::cohere, body));
}

TEST(GeminiExtras, AnEmptyGroundingTakesNothingAway) {
  const Turn turn = gemini({R"({"candidates":[{"groundingMetadata":{"webSearchQueries":["q"]}}]})",
                            R"({"candidates":[{"groundingMetadata":{}}]})"});
  EXPECT_EQ(extra_of(turn, "candidate.groundingMetadata"), R"({"webSearchQueries":["q"]})");
}

TEST(GeminiExtras, EachCandidateHasItsOwn) {
  const Turn turn = gemini(
      {R"({"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","avgLogprobs":-1},
          {"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS","avgLogprobs":-2}]})"});
  EXPECT_EQ(turn.finish_raw, "STOP");
  EXPECT_EQ(extra_of(turn, "candidate.1.finishReason"), R"("MAX_TOKENS")");
  EXPECT_EQ(extra_of(turn, "candidate.avgLogprobs"), "-1");
  EXPECT_EQ(extra_of(turn, "candidate.1.avgLogprobs"), "-2");
  EXPECT_EQ(text_of(turn, 1), "b");
}

TEST(GeminiFinish, WhatWasWithheldIsAContentFilter) {
  for (const char* word : {"SAFETY", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
                           "MODEL_ARMOR", "RECITATION"})
    EXPECT_EQ(gemini({R"({"candidates":[{"finishReason":")" + std::string(word) + R"("}]})"}).finish,
              FinishReason::content_filter)
        << word;
}

const char* const begun =
    R"({"event_type":"interaction.created","interaction":{"id":"v1","model":"m","object":"interaction","status":"in_progress"}})";
const char* const over =
    R"({"event_type":"interaction.completed","interaction":{"id":"v1","model":"m","object":"interaction","service_tier":"standard","status":"completed",
        "usage":{"total_input_tokens":3,"total_output_tokens":4,"total_tokens":9,"total_cached_tokens":1,"total_thought_tokens":2,"raw_prompt_token":5}}})";

TEST(Interactions, AStreamOfStepsIsATurn) {
  const std::string bytes =
      sse_of(
          {begun, R"({"event_type":"step.start","index":0,"step":{"type":"thought"}})",
           R"({"event_type":"step.delta","index":0,"delta":{"type":"thought_summary","content":{"type":"text","text":"Hm"}}})",
           R"({"event_type":"step.delta","index":0,"delta":{"type":"thought_signature","signature":"S1"}})",
           R"({"event_type":"step.stop","index":0})",
           R"({"event_type":"step.start","index":1,"step":{"type":"model_output"}})",
           R"({"event_type":"step.delta","index":1,"delta":{"type":"text","text":"One"}})",
           R"({"event_type":"step.delta","index":1,"delta":{"type":"text","text":" two"}})",
           R"({"event_type":"step.delta","index":1,"delta":{"type":"text_annotation_delta","annotations":[{"url":"u"}]}})",
           R"({"event_type":"step.delta","index":1,"delta":{"type":"text_annotation_delta","annotations":[{"url":"v"}]}})",
           R"({"event_type":"step.stop","index":1})", over}) +
      "event: done\ndata: [DONE]\n\n";
  EXPECT_EQ(detect_protocol(bytes), Protocol::gemini_interactions);
  const Turn turn = heard_in(Protocol::gemini_interactions, bytes);
  ASSERT_EQ(turn.blocks.size(), 2U);
  EXPECT_EQ(turn.blocks[0].signature, "S1");
  EXPECT_EQ(reasoning_of(turn), "Hm");
  EXPECT_EQ(text_of(turn), "One two");
  EXPECT_EQ(turn.id, "v1");
  EXPECT_EQ(turn.model, "m");
  EXPECT_EQ(turn.finish, FinishReason::stop);
  EXPECT_TRUE(turn.complete);
  const Usage expected{.input = 3,
                       .output = 4,
                       .total = 9,
                       .reasoning = 2,
                       .cache_read = 1,
                       .cache_write = {},
                       .extras = {{"raw_prompt_token", "5"}}};
  EXPECT_EQ(turn.usage, expected);
  EXPECT_EQ(extra_of(turn, "service_tier"), R"("standard")");
  EXPECT_EQ(extra_of(turn, "message.annotations"), R"([{"url":"u"},{"url":"v"}])");
}

TEST(Interactions, ABodySaysTheSame) {
  const Turn turn = heard_in(
      Protocol::gemini_interactions,
      R"({"id":"v1","model":"m","object":"interaction","status":"requires_action","created":"x","steps":[
          {"type":"user_input","content":[{"type":"text","text":"asked"}]},
          {"type":"thought","signature":"S1","summary":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
          {"type":"model_output","content":[{"type":"text","text":"One"},{"type":"image","data":"AA"},{"type":"text","text":"Two","annotations":[{"url":"u"}]}]},
          {"type":"google_search_call","id":"g","arguments":{"queries":["q"]}},
          {"type":"function_call","id":"c1","name":"f","arguments":{"a":1},"signature":"S2"}]})");
  ASSERT_EQ(turn.blocks.size(), 6U);
  EXPECT_EQ(turn.blocks[0].text, "ab");
  EXPECT_EQ(turn.blocks[0].signature, "S1");
  EXPECT_EQ(turn.blocks[1].text, "One");
  EXPECT_EQ(turn.blocks[2].name, "image");
  EXPECT_EQ(turn.blocks[2].text, R"({"type":"image","data":"AA"})");
  EXPECT_EQ(turn.blocks[3].text, "Two");
  EXPECT_EQ(turn.blocks[4].name, "google_search_call");
  EXPECT_EQ(turn.blocks[4].text, R"({"type":"google_search_call","id":"g","arguments":{"queries":["q"]}})");
  EXPECT_EQ(turn.blocks[5].text, R"({"a":1})");
  EXPECT_EQ(turn.blocks[5].id, "c1");
  EXPECT_EQ(turn.blocks[5].signature, "S2");
  EXPECT_EQ(turn.finish, FinishReason::tool_calls);
  EXPECT_EQ(turn.finish_raw, "requires_action");
}

TEST(Interactions, ArgumentsComeInDeltasOrWithTheStepOrNotAtAll) {
  const auto start = [](int index, const char* arguments) {
    return R"({"event_type":"step.start","index":)" + std::to_string(index) +
           R"(,"step":{"type":"function_call","id":"c","name":"f","arguments":)" + arguments + "}}";
  };
  const Turn turn = interactions(
      {start(0, "{}"),
       R"({"event_type":"step.delta","index":0,"delta":{"type":"arguments_delta","arguments":"{\"a\""}})",
       R"({"event_type":"step.delta","index":0,"delta":{"type":"arguments_delta","arguments":":1}"}})",
       R"({"event_type":"step.stop","index":0})", start(1, R"({"b":2})"),
       R"({"event_type":"step.stop","index":1})", start(2, "{}")});
  EXPECT_THAT(calls_of(turn), ElementsAre(R"(f{"a":1})", R"(f{"b":2})", "f{}"));
  EXPECT_FALSE(turn.complete);
}

TEST(Interactions, AToolOfGooglesIsOneOpaqueBlockWithAllItsParts) {
  const Turn turn = interactions(
      {R"({"event_type":"step.start","index":0,"step":{"type":"google_search_result","call_id":"g"}})",
       R"({"event_type":"step.delta","index":0,"delta":{"type":"google_search_result","result":[{"url":"u"}]}})",
       R"({"event_type":"step.delta","index":0,"delta":{"type":"google_search_result","result":[{"url":"v"}]}})",
       R"({"event_type":"step.stop","index":0})",
       R"({"event_type":"step.start","index":1,"step":{"type":"mcp_server_tool_call","id":"t"}})",
       R"({"event_type":"step.delta","index":1,"delta":{"type":"arguments_delta","arguments":"{\"q\":"}})",
       R"({"event_type":"step.delta","index":1,"delta":{"type":"arguments_delta","arguments":"1}"}})"});
  ASSERT_EQ(turn.blocks.size(), 2U);
  EXPECT_EQ(turn.blocks[0].name, "google_search_result");
  EXPECT_EQ(turn.blocks[0].text,
            R"({"type":"google_search_result","call_id":"g","result":[{"url":"u"},{"url":"v"}]})");
  EXPECT_EQ(turn.blocks[1].text, R"({"type":"mcp_server_tool_call","id":"t","arguments":{"q":1}})");
}

TEST(Interactions, ErrorsAndUnhappyEnds) {
  const Turn broken = interactions(
      {begun, R"({"event_type":"error","event_id":"e","error":{"code":"internal","message":"no"}})"});
  ASSERT_TRUE(broken.error);
  EXPECT_EQ(broken.error->message, "no");
  EXPECT_EQ(broken.error->code, "internal");
  EXPECT_TRUE(broken.error->extras.empty());
  EXPECT_FALSE(broken.complete);
  const Turn refused = heard_in(Protocol::gemini_interactions,
                                R"({"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}})");
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->status, 400);
  EXPECT_EQ(refused.error->type, "INVALID_ARGUMENT");
  const auto ends = [](const char* status) {
    return interactions(
               {R"({"event_type":"interaction.status_update","status":")" + std::string(status) + R"("})"})
        .finish;
  };
  EXPECT_EQ(ends("failed"), FinishReason::error);
  EXPECT_EQ(ends("incomplete"), FinishReason::length);
  EXPECT_EQ(ends("budget_exceeded"), FinishReason::length);
  EXPECT_EQ(ends("cancelled"), FinishReason::other);
  EXPECT_EQ(ends("in_progress"), FinishReason::none);
}

TEST(Interactions, TheFormBeforeStepsIsRead) {
  const Turn stream = interactions(
      {R"({"event_type":"interaction.start","interaction":{"id":"v1","status":"in_progress"}})",
       R"({"event_type":"content.start","index":0,"content":{"type":"thought"}})",
       R"({"event_type":"content.delta","index":0,"delta":{"type":"thought_signature","signature":"S"}})",
       R"({"event_type":"content.stop","index":0})",
       R"({"event_type":"content.start","index":1,"content":{"type":"text"}})",
       R"({"event_type":"content.delta","index":1,"delta":{"type":"text","text":"Hi"}})",
       R"({"event_type":"content.stop","index":1})",
       R"({"event_type":"content.delta","index":2,"delta":{"type":"function_call","id":"c","name":"f","arguments":{"a":1}}})",
       R"({"event_type":"content.stop","index":2})",
       R"({"event_type":"interaction.complete","interaction":{"id":"v1","status":"requires_action"}})"});
  const Turn body = heard_in(
      Protocol::gemini_interactions,
      R"({"id":"v1","status":"requires_action","outputs":[{"type":"thought","signature":"S"},{"type":"text","text":"Hi"},
          {"type":"function_call","id":"c","name":"f","arguments":{"a":1}}]})");
  EXPECT_EQ(text_of(stream), "Hi");
  EXPECT_THAT(calls_of(stream), ElementsAre(R"(f{"a":1})"));
  EXPECT_TRUE(stream.complete);
  EXPECT_EQ(stream, body);
}

}  // namespace
}  // namespace assay::stream
