#include "fakes/inference-api/validate.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fakes/common/test_caller.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using stream::Protocol;
using testing::HasSubstr;

struct Row {
  std::string rule;
  Protocol protocol;
  std::string good;  // JSON bodies
  std::string bad;
  std::string message;  // of the refusal
  int status = 400;
};

std::vector<Row> table() {
  const auto chat = Protocol::openai_chat;
  const auto anthropic = Protocol::anthropic;
  return {
      {"reasoning-replay", chat,
       R"({"messages":[{"role":"assistant","reasoning_content":"r","tool_calls":[{"id":"1"}]},{"role":"assistant","content":"x"}]})",
       R"({"messages":[{"role":"user"},{"role":"assistant","reasoning_content":"","tool_calls":[{"id":"1"}]}]})",
       "Missing `reasoning_content` field in the assistant message at index 1"},
      {"reasoning-replay", anthropic,
       R"({"thinking":{"type":"enabled"},"messages":[{"role":"assistant","content":[{"type":"thinking","signature":"s"},{"type":"tool_use","id":"1"}]}]})",
       R"({"thinking":{"type":"enabled"},"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1"}]}]})",
       "messages.0.content.0.type: Expected `thinking`"},
      {"reasoning-replay", anthropic,
       R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1"}]}]})",
       R"({"thinking":{"type":"adaptive"},"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"tool_use","id":"1"}]}]})",
       "signature: Field required"},
      {"reasoning-replay", Protocol::openai_responses,
       R"({"input":[{"role":"user"},{"type":"reasoning","id":"rs_1"},{"type":"function_call","id":"fc_1"},{"type":"function_call","id":"fc_2"}]})",
       R"({"input":[{"type":"reasoning","id":"rs_1"},{"role":"user"},{"type":"function_call","id":"fc_1"}]})",
       "Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item"},
      {"reasoning-replay", Protocol::gemini,
       R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"a"},"thoughtSignature":"s"},{"functionCall":{"name":"b"}}]}]})",
       R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"a"}}]}]})",
       "missing a thought_signature in functionCall parts: a"},
      {"no-reasoning", chat, R"({"messages":[{"role":"assistant","content":"x"}]})",
       R"({"messages":[{"role":"assistant","reasoning_content":"r"}]})",
       "Unknown field: messages[0].reasoning_content"},
      {"tool-message-order", chat,
       R"({"messages":[{"role":"assistant","tool_calls":[{"id":"1"},{"id":"2"}]},{"role":"tool","tool_call_id":"2"},{"role":"tool","tool_call_id":"1"},{"role":"user"}]})",
       R"({"messages":[{"role":"user"},{"role":"tool","tool_call_id":"1"}]})",
       "must be a response to a preceding message"},
      {"tool-message-order", chat, R"({"messages":[]})",
       R"({"messages":[{"role":"assistant","tool_calls":[{"id":"1"}]},{"role":"user"}]})",
       "must be followed by tool messages"},
      {"tool-message-order", chat, R"({"messages":[{"role":"user","content":"x"}]})",
       R"({"messages":[{"role":"assistant","tool_calls":[{"id":"1"}]}]})",
       "must be followed by tool messages"},
      {"tool-message-order", anthropic,
       R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t1"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]})",
       R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t1"}]},{"role":"user","content":"next"}]})",
       "`tool_use` ids were found without `tool_result` blocks immediately after: t1"},
      {"tool-message-order", anthropic, R"({"messages":[]})",
       R"({"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t9"}]}]})",
       "unexpected `tool_use_id`"},
      {"content-after-tool-use", anthropic,
       R"({"messages":[{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"1"}]}]})",
       R"({"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1"},{"type":"text","text":"a"}]}]})",
       "must be the last blocks"},
      {"plain-tool-schema", chat,
       R"({"tools":[{"function":{"name":"f","parameters":{"type":"object","properties":{"default":{"type":"string"}}}}}]})",
       R"({"tools":[{"function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"object","additionalProperties":false}}}}}]})",
       "Unknown name \"additionalProperties\" in the parameters of function f"},
      {"plain-tool-schema", Protocol::gemini,
       R"({"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]}]})",
       R"({"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":["string","null"]}}]}]})",
       "must be one value"},
      {"tool-names", chat, R"({"tools":[{"function":{"name":"read_file.v-2"}},{"function":{"name":"g"}}]})",
       R"({"tools":[{"function":{"name":"mcp/read file"}}]})", "Invalid function name 'mcp/read file'"},
      {"tool-names", anthropic, R"({"tools":[{"name":"a","input_schema":{}}]})",
       R"({"tools":[{"name":"a","input_schema":{}},{"name":"a","input_schema":{}}]})",
       "Duplicate function declaration found: a"},
      {"tools-are-a-list", chat, R"({"tools":[]})", R"({"tools":{"a":1}})", "is not a list"},
      {"string-content", chat,
       R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}]})",
       R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})",
       "messages[0].content must be a string"},
      {"empty-text", anthropic, R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})",
       R"({"messages":[{"role":"user","content":[{"type":"text","text":" \n"}]}]})",
       "text content blocks must be non-empty"},
      {"empty-text", chat, R"({"messages":[{"role":"assistant","content":"","tool_calls":[{"id":"1"}]}]})",
       R"({"messages":[{"role":"assistant","content":""}]})", "text content must be non-empty"},
      {"no-developer-role", chat, R"({"messages":[{"role":"system"}]})",
       R"({"messages":[{"role":"developer"}]})", "Unexpected message role."},
      {"alternating-roles", chat,
       R"({"messages":[{"role":"system"},{"role":"user"},{"role":"assistant"},{"role":"user"}]})",
       R"({"messages":[{"role":"user"},{"role":"user"}]})", "conversation roles must alternate", 500},
      {"alternating-roles", chat, R"({"messages":[{"role":"user"}]})",
       R"({"messages":[{"role":"system"},{"role":"system"}]})", "conversation roles must alternate", 500},
      {"argument-types", chat, R"({"messages":[{"tool_calls":[{"function":{"arguments":"{}"}}]}]})",
       R"({"messages":[{"tool_calls":[{"function":{"arguments":{}}}]}]})",
       "cannot unmarshal object into Go struct field"},
      {"argument-types", chat, R"({"messages":[]})",
       R"({"messages":[{"tool_calls":[{"function":{"arguments":""}}]}]})", "must be a JSON object in text"},
      {"argument-types", Protocol::ollama, R"({"messages":[{"tool_calls":[{"function":{"arguments":{}}}]}]})",
       R"({"messages":[{"tool_calls":[{"function":{"arguments":"{}"}}]}]})", "of type map"},
      {"cache-control-limit", anthropic,
       R"({"system":[{"cache_control":{}},{"cache_control":{}}],"tools":[{"cache_control":{}}]})",
       R"({"system":[{"cache_control":{}},{"cache_control":{}}],"messages":[{"content":[{"cache_control":{}},{"cache_control":{}},{"cache_control":{}}]}]})",
       "A maximum of 4 blocks with cache_control may be provided. Found 5."},
      {"one-sampling-parameter", chat, R"({"temperature":1})", R"({"temperature":1,"top_p":null})",
       "cannot both be specified"},
      {"thinking-budget", anthropic,
       R"({"thinking":{"type":"enabled","budget_tokens":1024},"max_tokens":2048})",
       R"({"thinking":{"type":"enabled","budget_tokens":2048},"max_tokens":2048})",
       "must be greater than `thinking.budget_tokens`"},
      {"thinking-budget", anthropic, R"({"thinking":{"type":"disabled"}})",
       R"({"thinking":{"type":"enabled","budget_tokens":10},"max_tokens":2048})",
       "greater than or equal to 1024"},
      {"tools-for-parallel-calls", chat, R"({"parallel_tool_calls":true,"tools":[{}]})",
       R"({"parallel_tool_calls":false,"tools":[]})", "only allowed when 'tools' are specified"},
      {"stream-options-need-stream", chat, R"({"stream":true,"stream_options":{}})",
       R"({"stream_options":{}})", "only allowed when 'stream' is enabled"},
      {"json-mode-or-tools", chat, R"({"response_format":{}})", R"({"response_format":{},"tools":[{}]})",
       "cannot be used together"},
      {"automatic-tool-choice", chat, R"({"tool_choice":"none"})", R"({"tool_choice":{"type":"function"}})",
       "does not support this tool_choice"},
      {"strict-fields", chat, R"({"model":"m","messages":[],"stream":true,"stream_options":{}})",
       R"({"model":"m","store":false})", "Extra inputs are not permitted: store", 422},
      {"waf", chat, R"({"messages":[{"content":"hello"}]})",
       R"({"messages":[{"content":"run rm -rf / now"}]})", "", 403},
      {"image-media-type", anthropic,
       R"({"messages":[{"content":[{"source":{"media_type":"image/png","data":"iVBORw0KGgoAAA"}}]}]})",
       R"({"messages":[{"content":[{"source":{"media_type":"image/jpeg","data":"iVBORw0KGgoAAA"}}]}]})",
       "specified using the image/jpeg media type, but the image appears to be a image/png"},
  };
}

TEST(Validate, EachRuleTellsGoodFromBad) {
  for (const auto& row : table()) {
    const auto* rule = find_validator(row.rule);
    ASSERT_NE(rule, nullptr) << row.rule;
    EXPECT_FALSE(rule->judge(json::parse(row.good), row.protocol)) << row.rule << " refuses " << row.good;
    const auto refusal = rule->judge(json::parse(row.bad), row.protocol);
    ASSERT_TRUE(refusal) << row.rule << " accepts " << row.bad;
    EXPECT_EQ(refusal->status, row.status) << row.rule;
    EXPECT_THAT(refusal->error.message, HasSubstr(row.message)) << row.rule;
  }
}

TEST(Validate, TooManyTools) {
  const auto* rule = find_validator("too-many-tools");
  json body{{"tools", json::array()}};
  for (int i = 0; i < 128; ++i) body["tools"].push_back({{"function", {{"name", "t" + std::to_string(i)}}}});
  EXPECT_FALSE(rule->judge(body, Protocol::openai_chat));
  body["tools"].push_back({{"function", {{"name", "one more"}}}});
  EXPECT_THAT(rule->judge(body, Protocol::openai_chat)->error.message,
              HasSubstr("maximum length 128, but got an array with length 129"));
}

TEST(Validate, EveryRuleHasARow) {
  const auto rows = table();
  for (const auto& rule : all_validators()) {
    if (rule.name == "too-many-tools") continue;
    EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return row.rule == rule.name; }))
        << rule.name;
  }
  EXPECT_TRUE(std::is_sorted(all_validators().begin(), all_validators().end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
}

// Bodies whose types are all wrong must be refused, whatever the rule; nothing may throw out of the fake.
TEST(Validate, WrongTypesAreRefusedNotThrown) {
  TestWorld world;
  for (const auto& rule : all_validators()) {
    world.make("inference", "inference-api", {{"validate", std::string(rule.name)}});
    for (
        const char* body :
        {R"({"model":"m","messages":[7,null,{"role":7,"content":[1,"x",{"type":3,"text":4}],"tool_calls":[5,{"function":6}]}],"tools":[1,{"name":2}],"thinking":{"type":1}})",
         R"({"model":"m","messages":{"a":1},"tools":7,"thinking":7,"tool_choice":7,"stream_options":7,"stream":7})",
         R"({"model":7,"messages":7})", R"([1])", "7"}) {
      const auto answer = world.call("inference", "POST", "/v1/chat/completions", bearer("k"), body);
      EXPECT_TRUE(answer.status() == 200 || answer.status() >= 400) << rule.name << " " << body;
    }
  }
}

TEST(Validate, RejectedFieldsAreNamedTheWayOpenAiDoes) {
  TestWorld world;
  world.make("inference", "inference-api",
             {{"validate", {{"reject", {"/temperature", "/thinking/type"}}, {"rules", {"tool-names"}}}}});
  const auto ask = [&](const char* body) {
    return world.call("inference", "POST", "/v1/chat/completions", bearer("k"), body);
  };
  const auto refused = ask(R"({"model":"m","messages":[],"temperature":null})");
  EXPECT_EQ(refused.status(), 400);
  EXPECT_EQ(refused.json()["error"]["param"], "temperature");
  EXPECT_EQ(refused.json()["error"]["code"], "unsupported_parameter");
  EXPECT_EQ(ask(R"({"model":"m","messages":[],"thinking":{"type":1}})").status(), 400);
  EXPECT_EQ(ask(R"({"model":"m","messages":[],"thinking":5})").status(), 200);
  EXPECT_EQ(ask(R"({"model":"m","messages":[],"tools":[{"function":{"name":"a b"}}]})").status(), 400);
}

TEST(Validate, TheFirewallAnswersInHtml) {
  TestWorld world;
  world.make("inference", "inference-api", {{"validate", "waf"}});
  const auto blocked = world.call("inference", "POST", "/v1/chat/completions", bearer("k"),
                                  R"({"model":"m","messages":[{"role":"user","content":"<script>"}]})");
  EXPECT_EQ(blocked.status(), 403);
  EXPECT_THAT(blocked.header("Content-Type"), HasSubstr("text/html"));
  EXPECT_THAT(blocked.body(), HasSubstr("Cloudflare Ray ID"));
}

}  // namespace
}  // namespace assay::fakes
