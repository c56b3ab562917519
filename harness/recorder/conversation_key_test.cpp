#include "harness/recorder/conversation_key.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace assay {
namespace {

using nlohmann::json;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> of(const json& body) {
  Request request;
  request.body = body.dump();
  return conversation_of(request);
}

TEST(ConversationKey, TheSameWordsAreTheSameHoweverTheyArePut) {
  const struct {
    const char* what;
    json one, other;
  } rows[] = {
      {"a content that is one text",
       {{"messages", {{{"role", "user"}, {"content", "hi"}}}}},
       {{"messages", {{{"content", {{{"type", "text"}, {"text", "hi"}}}}, {"role", "user"}}}}}},
      {"an input that is a text",
       {{"input", "hi"}},
       {{"input",
         {{{"type", "message"},
           {"role", "user"},
           {"content", {{{"type", "input_text"}, {"text", "hi"}}}}}}}}},
      {"ids of calls, and the blanks of their arguments",
       {{"messages",
         {{{"role", "assistant"},
           {"content", nullptr},
           {"tool_calls",
            {{{"id", "call_1"},
              {"type", "function"},
              {"function", {{"name", "f"}, {"arguments", R"({"a": 1})"}}}}}}},
          {{"role", "tool"}, {"tool_call_id", "call_1"}, {"content", "2"}}}}},
       {{"messages",
         {{{"role", "assistant"},
           {"tool_calls",
            {{{"id", "call_9"},
              {"type", "function"},
              {"function", {{"name", "f"}, {"arguments", R"({"a":1})"}}}}}}},
          {{"role", "tool"}, {"tool_call_id", "call_9"}, {"content", "2"}}}}}},
      {"cache marks and signatures",
       {{"system", "s"}, {"messages", {{{"role", "user"}, {"content", "x"}}}}},
       {{"system", {{{"type", "text"}, {"text", "s"}, {"cache_control", {{"type", "ephemeral"}}}}}},
        {"messages", {{{"role", "user"}, {"content", "x"}}}}}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(conversation_difference(of(row.one), of(row.other)), "") << row.what;
    EXPECT_FALSE(of(row.one).empty());
  }
}

TEST(ConversationKey, WhatIsSaidOtherwiseIsToldByItsPlace) {
  const json recorded = {
      {"messages", {{{"role", "user"}, {"content", "one"}}, {{"role", "user"}, {"content", "two"}}}}};
  json asked = recorded;
  asked["messages"][1]["content"] = "three";
  EXPECT_EQ(
      conversation_difference(of(asked), of(recorded)),
      R"(message 2 differs: {"content":"three","role":"user"}, recorded: {"content":"two","role":"user"})");
  asked = recorded;
  asked["messages"].erase(1);
  EXPECT_EQ(conversation_difference(of(asked), of(recorded)), "1 messages, recorded: 2");
  asked = recorded;
  asked["messages"][0]["role"] = "assistant";
  EXPECT_NE(conversation_difference(of(asked), of(recorded)), "");
}

TEST(ConversationKey, GeminiIsReadToo) {
  EXPECT_THAT(of({{"systemInstruction", {{"parts", {{{"text", "s"}}}}}},
                  {"contents", {{{"role", "user"}, {"parts", {{{"text", "hi"}}}}}}}}),
              testing::ElementsAre(R"(system {"content":"s"})", R"({"content":"hi","role":"user"})"));
}

TEST(ConversationKey, ABodyWithoutOneHasNone) {
  EXPECT_THAT(of({{"model", "m"}}), IsEmpty());
  EXPECT_THAT(of(json::array()), IsEmpty());
  Request broken;
  broken.body = "{";
  EXPECT_THAT(conversation_of(broken), IsEmpty());
}

}  // namespace
}  // namespace assay
