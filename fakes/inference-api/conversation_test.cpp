#include "fakes/inference-api/conversation.h"

#include <gtest/gtest.h>

namespace assay::fakes {
namespace {

using nlohmann::json;
using stream::Protocol;

// The same conversation as each protocol says it: a question, a call with its reasoning, its result.
const std::pair<Protocol, const char*> kSaid[] = {
    {Protocol::openai_chat,
     R"({"messages":[{"role":"system","content":"Be short."},{"role":"user","content":"Weather?"},)"
     R"({"role":"assistant","content":null,"reasoning_content":"Look it up.","tool_calls":[{"id":"c1","type":"function",)"
     R"("function":{"name":"lookup","arguments":"{\"query\":\"Paris\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"sunny"}],)"
     R"("tools":[{"type":"function","function":{"name":"lookup","description":"d","parameters":{"type":"object"}}}]})"},
    {Protocol::openai_responses,
     R"({"instructions":"Be short.","input":[{"role":"user","content":[{"type":"input_text","text":"Weather?"}]},)"
     R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Look it up."}],"encrypted_content":"sig"},)"
     R"({"type":"function_call","call_id":"c1","name":"lookup","arguments":"{\"query\":\"Paris\"}"},)"
     R"({"type":"function_call_output","call_id":"c1","output":"sunny"}],)"
     R"("tools":[{"type":"function","name":"lookup","description":"d","parameters":{"type":"object"}}]})"},
    {Protocol::anthropic,
     R"({"system":"Be short.","messages":[{"role":"user","content":"Weather?"},{"role":"assistant","content":[)"
     R"({"type":"thinking","thinking":"Look it up.","signature":"sig"},{"type":"tool_use","id":"c1","name":"lookup",)"
     R"("input":{"query":"Paris"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"sunny"}]}],)"
     R"("tools":[{"name":"lookup","description":"d","input_schema":{"type":"object"}}]})"},
    {Protocol::gemini,
     R"({"systemInstruction":{"parts":[{"text":"Be short."}]},"contents":[{"role":"user","parts":[{"text":"Weather?"}]},)"
     R"({"role":"model","parts":[{"text":"Look it up.","thought":true},{"functionCall":{"name":"lookup","args":{"query":"Paris"}},)"
     R"("thoughtSignature":"sig"}]},{"role":"user","parts":[{"functionResponse":{"name":"lookup","response":{"result":"sunny"}}}]}],)"
     R"("tools":[{"functionDeclarations":[{"name":"lookup","description":"d","parameters":{"type":"object"}}]}]})"},
    {Protocol::ollama,
     R"({"messages":[{"role":"system","content":"Be short."},{"role":"user","content":"Weather?"},)"
     R"({"role":"assistant","content":"","thinking":"Look it up.","tool_calls":[{"function":{"name":"lookup",)"
     R"("arguments":{"query":"Paris"}}}]},{"role":"tool","tool_name":"lookup","content":"sunny"}],)"
     R"("tools":[{"type":"function","function":{"name":"lookup","description":"d","parameters":{"type":"object"}}}]})"},
    {Protocol::bedrock,
     R"({"system":[{"text":"Be short."}],"messages":[{"role":"user","content":[{"text":"Weather?"}]},{"role":"assistant",)"
     R"("content":[{"reasoningContent":{"reasoningText":{"text":"Look it up.","signature":"sig"}}},{"toolUse":{"toolUseId":"c1",)"
     R"("name":"lookup","input":{"query":"Paris"}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"c1",)"
     R"("content":[{"text":"sunny"}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"lookup","description":"d",)"
     R"("inputSchema":{"json":{"type":"object"}}}}]}})"},
    {Protocol::gemini_interactions,
     R"({"system_instruction":"Be short.","input":[{"type":"user_input","content":[{"type":"text","text":"Weather?"}]},)"
     R"({"type":"thought","summary":[{"type":"text","text":"Look it up."}],"signature":"sig"},{"type":"function_call","id":"c1",)"
     R"("name":"lookup","arguments":{"query":"Paris"}},{"type":"function_result","call_id":"c1","name":"lookup",)"
     R"("result":[{"type":"text","text":"sunny"}]}],)"
     R"("tools":[{"type":"function","name":"lookup","description":"d","parameters":{"type":"object"}}]})"}};

TEST(Conversation, IsTheSameInEveryProtocol) {
  for (const auto& [protocol, body] : kSaid) {
    const json said = read_conversation(json::parse(body), protocol);
    const auto name = stream::protocol_name(protocol);
    EXPECT_EQ(said["system"], "Be short.") << name;
    EXPECT_EQ(said["text"], "Weather?") << name << said;
    EXPECT_EQ(said["reasoning"], "Look it up.") << name << said;
    ASSERT_EQ(said["calls"].size(), 1U) << name << said;
    EXPECT_EQ(said["calls"][0]["name"], "lookup") << name;
    EXPECT_EQ(said["calls"][0]["arguments"], json({{"query", "Paris"}})) << name;
    ASSERT_EQ(said["results"].size(), 1U) << name << said;
    EXPECT_EQ(said["results"][0]["call"], 0) << name << said;
    EXPECT_EQ(said["results"][0]["name"], "lookup") << name;
    EXPECT_NE(said["results"][0]["text"].get<std::string>().find("sunny"), std::string::npos) << name;
    EXPECT_EQ(said["tools"][0]["name"], "lookup") << name;
    EXPECT_EQ(said["turns"].size(), 3U) << name << said["turns"];
    const bool signs = protocol != Protocol::openai_chat && protocol != Protocol::ollama;
    EXPECT_EQ(said["signatures"], signs ? json({"sig"}) : json::array()) << name;
  }
}

TEST(Conversation, AResultThatAnswersNothingIsSeen) {
  const json said =
      read_conversation(json::parse(R"({"messages":[{"role":"tool","tool_call_id":"other","content":"x"}]})"),
                        Protocol::openai_chat);
  EXPECT_EQ(said["results"][0]["call"], -1);
}

TEST(Conversation, ArgumentsThatAreNoJsonStayText) {
  const json said = read_conversation(
      json::parse(
          R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{\"a\":"}}]}]})"),
      Protocol::openai_chat);
  EXPECT_EQ(said["calls"][0]["arguments"], "{\"a\":");
}

TEST(Conversation, NonsenseIsNoConversation) {
  for (const stream::Protocol protocol : stream::all_protocols)
    for (const char* body :
         {"null", "[]", "7", R"({"messages":7,"contents":{},"input":[7,null]})",
          R"({"messages":[null,{"role":7,"content":[7,{"text":7}],"tool_calls":[null]}]})"})
      EXPECT_EQ(read_conversation(json::parse(body), protocol)["calls"].size() > 1, false) << body;
}

}  // namespace
}  // namespace assay::fakes
