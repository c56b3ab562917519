#include "fakes/inference-api/wire_rules.h"

#include <gmock/gmock.h>

#include "fakes/common/test_caller.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class WireRules : public testing::Test {
 protected:
  void SetUp() override { world.make("inference", "inference-api", {{"turn", "pong"}}); }
  Answer ask(const std::string& target, const std::string& body,
             Headers headers = {{"x-goog-api-key", "k"},
                                {"anthropic-version", "2023-06-01"},
                                {"Authorization", "Bearer k"}}) {
    return world.call("inference", "POST", target, std::move(headers), body);
  }
  TestWorld world;
};

constexpr const char* kAnthropic = "/v1/messages";
constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kResponses = "/v1/responses";
constexpr const char* kGemini = "/v1beta/models/m:generateContent";
constexpr const char* kInteractions = "/v1beta/interactions";
constexpr const char* kBedrock = "/model/m/converse";

TEST_F(WireRules, WhatAProviderRefusesIsRefusedInItsWords) {
  struct Row {
    const char* target;
    const char* body;
    const char* said;
  };
  const Row rows[] = {
      {kAnthropic, R"({"model":"m","messages":[{"role":"user","content":"x"}]})",
       "max_tokens: Field required"},
      {kAnthropic, R"({"model":"m","max_tokens":9,"messages":[{"role":"system","content":"x"}]})",
       "Unexpected role \\\"system\\\""},
      {kAnthropic,
       R"({"model":"m","max_tokens":9,"messages":[],"tools":[{"type":"function","function":{"name":"f"}}]})",
       "tools.0: Input tag 'function'"},
      {kAnthropic,
       R"({"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]},{"role":"user","content":"x"}]})",
       "without `tool_result` blocks immediately after: t1"},
      {kChat, R"({"model":"m","messages":[{"role":"model","content":"x"}]})", "Invalid value: 'model'"},
      {kChat, R"({"model":"m","messages":[],"tools":[{"name":"f","input_schema":{}}]})",
       "Missing required parameter: 'tools[0].type'"},
      {kChat, R"({"model":"m","messages":[{"role":"tool","tool_call_id":"c","content":"x"}]})",
       "must be a response to a preceding message"},
      {kResponses, R"({"model":"m","input":"x","max_tokens":5})", "moved to 'max_output_tokens'"},
      {kResponses, R"({"model":"m","input":[],"tools":[{"type":"function","function":{"name":"f"}}]})",
       "Missing required parameter: 'tools[0].name'"},
      {kResponses,
       R"({"model":"m","input":[{"role":"assistant","content":[{"type":"input_text","text":"a"}]}]})",
       "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'."},
      {kResponses, R"({"model":"m","input":[{"type":"function_call_output","call_id":"c1","output":"x"}]})",
       "No tool call found for function call output with call_id c1"},
      {kResponses,
       R"({"model":"m","input":[{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}]})",
       "No tool output found for function call c1"},
      {kGemini, R"({"contents":[{"role":"assistant","parts":[{"text":"x"}]}]})", "valid role: user, model"},
      {kGemini, R"({"contents":[],"messages":[]})", "Unknown name \\\"messages\\\": Cannot find field"},
      {kGemini, R"({"contents":[],"tools":[{"type":"function","function":{"name":"f"}}]})",
       "Unknown name \\\"function\\\" at 'tools[0]'"},
      {kGemini, R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}}]}]})",
       "function call turn comes before a function response turn"},
      {kInteractions, R"({"model":"m","input":"x","max_tokens":5})", "Unknown parameter: 'max_tokens'"},
      {kInteractions, R"({"model":"m","input":[{"role":"user","content":"x"}]})",
       "Missing required parameter: 'input[0].type'"},
      {kInteractions, R"({"model":"m","input":[{"type":"function_result","call_id":"c1","result":"x"}]})",
       "input[0]: function_result has a call_id that no function_call has"},
      {kInteractions, R"({"model":"m","input":"x","tools":[{"type":"function","function":{"name":"f"}}]})",
       "Missing required parameter: 'tools[0].name'"},
      {kBedrock, R"({"messages":[{"role":"assistant","content":[{"text":"x"}]}]})",
       "A conversation must start with a user message"},
      {kBedrock,
       R"({"messages":[{"role":"user","content":[{"text":"x"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[]}}]}]})",
       "The toolConfig field must be defined"},
      {kBedrock,
       R"({"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[]}}]}],"toolConfig":{"tools":[]}})",
       "exceeds the number of toolUse blocks"},
      {"/api/chat",
       R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]})",
       "cannot unmarshal string"}};
  for (const Row& row : rows) {
    const auto answer = ask(row.target, row.body);
    EXPECT_EQ(answer.status(), 400) << row.body << answer.body();
    EXPECT_THAT(answer.body(), HasSubstr(row.said)) << row.body;
  }
}

TEST_F(WireRules, TheBodyOfARefusalIsTheProviders) {
  const auto anthropic = ask(kAnthropic, R"({"model":"m","messages":[]})").json();
  EXPECT_EQ(anthropic["type"], "error");
  EXPECT_EQ(anthropic["error"]["type"], "invalid_request_error");
  EXPECT_EQ(ask(kGemini, R"({"contents":[],"x":1})").json()["error"]["status"], "INVALID_ARGUMENT");
  EXPECT_TRUE(ask(kBedrock, R"({"messages":[{"role":"x"}]})").json().contains("message"));
}

TEST_F(WireRules, AnthropicWantsItsVersion) {
  const auto answer = ask(kAnthropic, R"({"model":"m","max_tokens":9,"messages":[]})", {{"x-api-key", "k"}});
  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.body(), HasSubstr("anthropic-version: header is required"));
}

TEST_F(WireRules, AnApiKeyIsNoBearerToGemini) {
  world.make("inference", "inference-api", {{"auth", {{"keys", {"k"}}}}});
  EXPECT_EQ(ask(kGemini, R"({"contents":[]})", {{"Authorization", "Bearer k"}}).status(), 401);
  EXPECT_EQ(ask(kGemini, R"({"contents":[]})", {{"x-goog-api-key", "k"}}).status(), 200);
}

TEST_F(WireRules, RightRequestsAreAnswered) {
  const std::pair<const char*, const char*> rows[] = {
      {kChat,
       R"({"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"y"}]})"},
      {kResponses,
       R"({"model":"m","input":[{"role":"user","content":"x"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"y"}]})"},
      {kAnthropic,
       R"({"model":"m","max_tokens":9,"system":"s","messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"y"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]})"},
      {kGemini,
       R"({"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]})"},
      {kBedrock,
       R"({"messages":[{"role":"user","content":[{"text":"x"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":"y"}]}}]}],"toolConfig":{"tools":[]}})"}};
  for (const auto& [target, body] : rows) EXPECT_EQ(ask(target, body).status(), 200) << body;
}

TEST_F(WireRules, AModelCallsNoToolThatWasNotOffered) {
  world.make("inference", "inference-api", {{"turn", "multi-tool-parallel"}});
  const auto answer = ask(kChat, R"({"model":"m","messages":[{"role":"user","content":"x"}],"tools":[)"
                                 R"({"type":"function","function":{"name":"lookup","parameters":{}}}]})");
  EXPECT_EQ(answer.json()["choices"][0]["message"]["tool_calls"].size(), 2U) << answer.body();
  ASSERT_FALSE(answer.notes.empty());
  EXPECT_EQ(answer.notes.front().text, "tool not offered");
  EXPECT_EQ(answer.notes.front().detail["name"], "clock");
  const auto none = ask(kChat, R"({"model":"m","messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(none.json()["choices"][0]["finish_reason"], "stop") << none.body();
}

TEST_F(WireRules, ReasoningCarriesTheProofThatIsWantedBack) {
  world.make("inference", "inference-api", {{"turn", "reason-then-text"}});
  const auto responses = ask(kResponses, R"({"model":"m","input":"x"})").json();
  EXPECT_TRUE(responses["output"][0].value("id", "").starts_with("rs_")) << responses;
  EXPECT_FALSE(responses["output"][0].value("encrypted_content", "").empty()) << responses;
  const auto anthropic =
      ask(kAnthropic, R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]})").json();
  EXPECT_FALSE(anthropic["content"][0].value("signature", "").empty()) << anthropic;
}

}  // namespace
}  // namespace assay::fakes
