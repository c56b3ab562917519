#include "probe/ask/write.h"

#include <gmock/gmock.h>

#include "harness/base/untrusted_json.h"
#include "probe/ask/budget.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;
using testing::HasSubstr;

Target target_of(const char* url, Protocol protocol) {
  Target target = make_target(url, protocol).value();
  target.key = "sk-test-key";
  target.model = "m";
  return target;
}

Ask ask_with_tool() {
  Ask ask;
  ask.messages.push_back({Message::Kind::user, "Hi.", {}, {}, {}});
  ask.tools.push_back({"clock", "Tells the time.", {{"type", "object"}}});
  ask.tool_choice = "clock";
  return ask;
}

TEST(Target, PathsAreThoseOfTheSdks) {
  const auto path = [](const char* url, Protocol protocol, bool stream = false) {
    return path_of(target_of(url, protocol), Route::chat, stream);
  };
  EXPECT_EQ(path("http://h", Protocol::openai_chat), "/v1/chat/completions");
  EXPECT_EQ(path("http://h/api/v3/", Protocol::openai_chat), "/api/v3/chat/completions");
  EXPECT_EQ(path("http://h/openai", Protocol::openai_responses), "/openai/responses");
  EXPECT_EQ(path("http://h/anthropic", Protocol::anthropic), "/anthropic/v1/messages");
  EXPECT_EQ(path("http://h/v1", Protocol::anthropic), "/v1/messages");
  EXPECT_EQ(path("http://h", Protocol::gemini), "/v1beta/models/m:generateContent");
  EXPECT_EQ(path("http://h", Protocol::gemini, true), "/v1beta/models/m:streamGenerateContent?alt=sse");
  EXPECT_EQ(path("http://h", Protocol::gemini_interactions, true), "/v1beta/interactions");
  EXPECT_EQ(path("http://h", Protocol::ollama), "/api/chat");
  EXPECT_EQ(path("http://h/api", Protocol::ollama), "/api/chat");
  EXPECT_EQ(path("http://h", Protocol::cohere), "/v2/chat");
  EXPECT_EQ(path("http://h/cohere/v2", Protocol::cohere), "/cohere/v2/chat");
  EXPECT_EQ(path("http://h", Protocol::bedrock), "/model/m/converse");
  EXPECT_EQ(path("http://h", Protocol::bedrock, true), "/model/m/converse-stream");
}

TEST(Target, RoutesBesideTheChatAreThoseOfTheProtocol) {
  const auto path = [](Protocol protocol, Route route) {
    return path_of(target_of("http://h", protocol), route, false);
  };
  EXPECT_EQ(path(Protocol::ollama, Route::models), "/api/tags");
  EXPECT_EQ(path(Protocol::ollama, Route::model), "/api/show");
  EXPECT_EQ(path(Protocol::cohere, Route::models), "/v1/models");
  EXPECT_EQ(path(Protocol::bedrock, Route::count_tokens), "/model/m/count-tokens");
  EXPECT_EQ(path(Protocol::gemini, Route::unknown), "/v1beta/no-such-route");
}

TEST(Write, ANamedToolInEachProtocol) {
  const auto body = [](Protocol protocol) {
    return parse_untrusted(write_request(ask_with_tool(), target_of("http://h", protocol), {})->body);
  };
  EXPECT_EQ(body(Protocol::openai_chat)["tool_choice"]["function"]["name"], "clock");
  EXPECT_EQ(body(Protocol::openai_responses)["tool_choice"], (json{{"type", "function"}, {"name", "clock"}}));
  EXPECT_EQ(body(Protocol::anthropic)["tool_choice"], (json{{"type", "tool"}, {"name", "clock"}}));
  EXPECT_EQ(body(Protocol::gemini)["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"],
            json{"clock"});
  EXPECT_EQ(body(Protocol::bedrock)["toolConfig"]["toolChoice"]["tool"]["name"], "clock");
  EXPECT_EQ(body(Protocol::gemini_interactions)["generation_config"]["tool_choice"]["allowed_tools"]["tools"],
            json{"clock"});
  // These two have no word for it.
  EXPECT_FALSE(body(Protocol::cohere).contains("tool_choice"));
  EXPECT_FALSE(body(Protocol::ollama).contains("tool_choice"));
}

TEST(Write, TheBoundOfAnAnswerStandsWhereTheProtocolReadsIt) {
  Ask ask = ask_with_tool();
  ask.max_tokens = 5;
  const auto body = [&](Protocol protocol) {
    return parse_untrusted(write_request(ask, target_of("http://h", protocol), {})->body);
  };
  EXPECT_EQ(body(Protocol::ollama)["options"]["num_predict"], 5);
  EXPECT_EQ(body(Protocol::ollama)["stream"], false);
  EXPECT_EQ(body(Protocol::cohere)["max_tokens"], 5);
  EXPECT_EQ(body(Protocol::bedrock)["inferenceConfig"]["maxTokens"], 5);
  EXPECT_EQ(body(Protocol::gemini_interactions)["generation_config"]["max_output_tokens"], 5);
  // Google keeps interactions unless it is told not to.
  EXPECT_EQ(body(Protocol::gemini_interactions)["store"], false);
}

TEST(Write, ResultsOfCallsGoBackAsEachProtocolWantsThem) {
  Ask ask;
  ask.messages.push_back({Message::Kind::user, "Hi.", {}, {}, {}});
  ask.messages.push_back({Message::Kind::assistant, "", {{"c1", "clock", json::object()}}, {}, {}});
  ask.messages.push_back({Message::Kind::results, "", {}, {{"c1", "clock", "noon"}}, {}});
  const auto body = [&](Protocol protocol) {
    return parse_untrusted(write_request(ask, target_of("http://h", protocol), {})->body);
  };
  const auto last = [&](Protocol protocol) { return body(protocol)["messages"][2]; };
  EXPECT_EQ(last(Protocol::ollama), (json{{"role", "tool"}, {"tool_name", "clock"}, {"content", "noon"}}));
  EXPECT_EQ(last(Protocol::cohere)["content"][0]["document"]["data"], "noon");
  EXPECT_EQ(last(Protocol::bedrock)["content"][0]["toolResult"]["toolUseId"], "c1");
  EXPECT_EQ(body(Protocol::gemini_interactions)["input"][2]["call_id"], "c1");
}

TEST(Write, TheKeyGoesWhereTheProtocolWantsIt) {
  const auto header = [](Protocol protocol, const char* name) {
    const Request request = write_request(ask_with_tool(), target_of("http://h", protocol), {}).value();
    const std::string* found = find_header(request.headers, name);
    return found == nullptr ? "" : *found;
  };
  EXPECT_EQ(header(Protocol::openai_chat, "authorization"), "Bearer sk-test-key");
  EXPECT_EQ(header(Protocol::anthropic, "x-api-key"), "sk-test-key");
  EXPECT_EQ(header(Protocol::anthropic, "authorization"), "");
  EXPECT_EQ(header(Protocol::gemini, "x-goog-api-key"), "sk-test-key");
  EXPECT_EQ(header(Protocol::gemini_interactions, "x-goog-api-key"), "sk-test-key");
  for (const Protocol protocol : {Protocol::ollama, Protocol::cohere, Protocol::bedrock})
    EXPECT_EQ(header(protocol, "authorization"), "Bearer sk-test-key");
}

TEST(Write, ReferencesAreReplacedAndNothingElse) {
  const Target target = target_of("http://h", Protocol::openai_chat);
  References references{"n0nce", {}};
  references.answers["A"].json = {{"id", "resp_1"}};
  EXPECT_EQ(resolved("${nonce} ${model} ${A:/id}", target, references).value(), "n0nce m resp_1");
  EXPECT_EQ(resolved("echo ${HOME} and ${", target, references).value(), "echo ${HOME} and ${");
  EXPECT_THAT(resolved("${A:/none}", target, references).error().message, HasSubstr("has no A:/none"));
}

TEST(Budget, CountsTheMostBeforeAndWhatItWasAfter) {
  Budget budget({10, 1000});
  EXPECT_TRUE(budget.take({1, 900}));
  EXPECT_FALSE(budget.take({1, 200}));
  budget.settle({1, 900}, 100);
  EXPECT_TRUE(budget.take({1, 200}));
  EXPECT_EQ(budget.spent().tokens, 300);
  EXPECT_EQ(budget.spent().requests, 2);
}

// What was allowed never passes the limit, whatever the endpoint counts; and its count stops the probe, too.
TEST(Budget, AnEndpointThatCountsMoreThanAllowedDoesNotExceedIt) {
  Budget budget({100, 1000});
  ASSERT_TRUE(budget.take({1, 100}));
  budget.settle({1, 100}, 500);
  EXPECT_EQ(budget.spent().tokens, 100);
  EXPECT_EQ(budget.counted(), 500);
  EXPECT_FALSE(budget.take({1, 101}));
  ASSERT_TRUE(budget.take({1, 100}));
  budget.settle({1, 100}, 5000);
  EXPECT_EQ(budget.spent().tokens, 200);
  EXPECT_EQ(budget.counted(), 5500);
  EXPECT_FALSE(budget.take({1, 1}));
}

TEST(Budget, ReadsTokens) {
  EXPECT_EQ(parse_tokens("200k-tokens").value(), 200'000);
  EXPECT_EQ(parse_tokens("2M").value(), 2'000'000);
  EXPECT_EQ(parse_tokens("77").value(), 77);
  for (const char* wrong : {"", "k", "-5", "1.5k", "5 tokens", "99999999999"})
    EXPECT_THAT(parse_tokens(wrong).error().message, HasSubstr("expected tokens such as")) << wrong;
}

}  // namespace
}  // namespace assay::probe
