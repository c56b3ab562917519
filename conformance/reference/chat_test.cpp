// Chat against the inference fake and against scripted answers; errors and discovery, pure.
#include "conformance/reference/chat.h"
#include "conformance/reference/discovery.h"
#include "conformance/reference/test_world.h"
#include "fakes/inference-api/conversation.h"

namespace assay::reference {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// A stream of chat chunks.
std::string sse(const std::vector<std::string>& deltas, const std::string& last = "stop", bool done = true) {
  std::string bytes;
  for (const std::string& delta : deltas)
    bytes += "data: {\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}\n\n";
  if (!last.empty())
    bytes += "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" + last + "\"}]}\n\n";
  return bytes + (done ? "data: [DONE]\n\n" : "");
}
std::string text(const std::string& words) {
  return json{{"content", words}}.dump();
}

class Chat : public testing::Test {
 protected:
  Home home;
  TestWorld world;
  std::vector<HttpReply> replies;  // in order; the last one for all that follow
  std::size_t asked = 0;
  std::optional<Failure> ends_with;  // after the body of a 200

  json fields(json more = json::object()) {
    json all = {{"op", "chat"},
                {"provider", descriptor("worldrouter")},
                {"urls", {{"inference", "http://inference.test"}}},
                {"home", home.path()},
                {"credential", {{"kind", "api_key"}, {"key", "sk-live-0123456789abcdef"}}},
                {"model", "m"},
                {"limits", {{"backoff_ms", 1}}},
                {"deadline_ms", 10000}};
    all.update(more);
    return all;
  }
  std::vector<json> bodies;
  Parts scripted() {
    Parts parts = right_parts();
    parts.transport = [this](const HttpRequest& request, const BodySink& sink, const Cancel&,
                             const Deadline&) -> Outcome<HttpReply> {
      bodies.push_back(json::parse(request.body, nullptr, false));
      HttpReply reply = replies.at(std::min(asked++, replies.size() - 1));
      const bool good = reply.status == 200;
      if (sink.on_head && sink.on_head(reply)) sink.on_bytes(std::exchange(reply.body, {}));
      if (good && ends_with) return tl::unexpected(*ends_with);
      return reply;
    };
    return parts;
  }
  Ran answer_with(std::vector<HttpReply> all, const json& more = json::object()) {
    replies = std::move(all);
    asked = 0;
    bodies.clear();
    return run(scripted(), fields(more));
  }
  static HttpReply stream(const std::string& body) {
    return {200, "OK", {{"Content-Type", "text/event-stream"}}, body};
  }
  static HttpReply refusal(int status, const json& body, Headers headers = {}) {
    return {status, "", std::move(headers), body.dump()};
  }
};

TEST_F(Chat, StreamsInEveryProtocolItSpeaks) {
  world.add("inference", "inference-api",
            {{"turn", {{"reasoning", "hm"}, {"text", "Hello, world"}}}, {"auth", {{"scheme", "auto"}}}});
  for (const char* protocol :
       {"openai-chat", "openai-responses", "anthropic", "gemini", "ollama", "cohere", "bedrock"})
    for (const bool streamed : {true, false}) {
      json request = fields(
          {{"protocol", protocol}, {"stream", streamed}, {"urls", world.urls()}, {"model", "kimi-k2.6"}});
      if (std::string(protocol) == "gemini") request["base_url"] = "http://inference.test/v1beta";
      const Ran ran = run(world.parts(), request);
      EXPECT_TRUE(ran.result().value("ok", false)) << protocol << streamed << ran.answer;
      EXPECT_EQ(ran.result().value("text", ""), "Hello, world") << protocol << streamed;
      EXPECT_EQ(ran.result().value("finish_reason", json()), "stop") << protocol << streamed;
      std::string told;
      for (const json& event : ran.of_kind("text")) told += event.at("text").get<std::string>();
      EXPECT_EQ(told, "Hello, world") << protocol << streamed;
    }
}

// The fake is as strict as the providers are: a history in the wrong shape or order is refused.
TEST_F(Chat, AnswersToolCallsInEveryProtocolItSpeaks) {
  using stream::Protocol;
  for (const Protocol protocol : {Protocol::openai_chat, Protocol::openai_responses, Protocol::anthropic,
                                  Protocol::gemini, Protocol::ollama, Protocol::cohere, Protocol::bedrock}) {
    const std::string name(stream::protocol_name(protocol));
    world.add("inference", "inference-api",
              {{"turns", {"signed-reasoning", "pong"}}, {"auth", {{"scheme", "auto"}}}});
    const json messages = {{{"role", "system"}, {"content", "Be short."}},
                           {{"role", "user"}, {"content", "Weather?"}}};
    const Ran ran = run(world.parts(), fields({{"protocol", name},
                                               {"tools", "harmless"},
                                               {"messages", messages},
                                               {"urls", world.urls()},
                                               {"model", "glm-5"}}));
    EXPECT_TRUE(ran.result().value("ok", false)) << name << ran.answer;
    EXPECT_EQ(ran.result().value("text", ""), "pong") << name;
    const json said = fakes::read_conversation(json::parse(world.requests().back().body), protocol);
    EXPECT_EQ(said["system"], "Be short.") << name << said;
    EXPECT_EQ(said["calls"].size(), 1U) << name << said;
    EXPECT_EQ(said["results"].at(0).at("call"), 0) << name << said;
    const bool signs = protocol == Protocol::openai_responses || protocol == Protocol::anthropic ||
                       protocol == Protocol::gemini || protocol == Protocol::bedrock;
    EXPECT_EQ(!said["signatures"].empty(), signs) << name << said;
  }
}

TEST_F(Chat, RunsACompleteToolCallAndSaysItsHistoryAgain) {
  world.add("inference", "inference-api",
            {{"turns",
              {{{"reasoning", "I look"},
                {"tool_calls", {{{"id", "c1"}, {"name", "lookup"}, {"arguments", {{"path", "a"}}}}}}},
               {{"text", "found"}}}}});
  json request =
      fields({{"tools", "harmless"}, {"urls", world.urls()}, {"session", "s"}, {"model", "deepseek-chat"}});
  request["provider"] = descriptor("deepseek");
  const Ran ran = run(world.parts(), request);
  ASSERT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_EQ(ran.result().at("text"), "found");
  EXPECT_EQ(ran.result().at("requests"), 2);
  EXPECT_EQ(ran.result().at("executed"),
            json::parse(R"([{"id":"c1","name":"lookup","arguments":{"path":"a"}}])"));
  const json second = json::parse(world.requests().back().body);
  EXPECT_EQ(second.at("messages").at(1).at("reasoning_content"), "I look");
  EXPECT_EQ(second.at("messages").at(1).at("tool_calls").at(0).at("id"), "c1");
  EXPECT_EQ(second.at("messages").at(2).at("tool_call_id"), "c1");
  request["messages"] = {{{"role", "user"}, {"content", "again"}}};
  run(world.parts(), request);
  const json third = json::parse(world.requests().back().body);
  EXPECT_EQ(third.at("messages").size(), 5U) << "the session goes on in what could be another process";
  EXPECT_EQ(third.at("messages").at(1).at("reasoning_content"), "I look");
}

TEST_F(Chat, StopsAfterToolsAndResumes) {
  const std::string call =
      R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"lookup","arguments":"{}"}}]})";
  const Ran first = answer_with({stream(sse({call}, "tool_calls"))},
                                {{"session", "s"}, {"tools", "harmless"}, {"stop", "after-tools"}});
  EXPECT_EQ(first.result().at("requests"), 1);
  EXPECT_THAT(first.result().at("executed"), SizeIs(1));
  const Ran second = answer_with({stream(sse({text("done")}))}, {{"op", "resume"}, {"session", "s"}});
  EXPECT_EQ(second.result().at("text"), "done");
  EXPECT_EQ(bodies.at(0).at("messages").at(2).at("role"), "tool");
}

TEST_F(Chat, LeavesToolsToTheAskerAndClosesCallsThatNobodyAnswered) {
  const std::string call =
      R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"lookup","arguments":"{}"}}]})";
  const json mode = {{"session", "s"}, {"tools", "harmless"}, {"tool_mode", "report"}};
  const Ran first = answer_with({stream(sse({call}, "tool_calls"))}, mode);
  EXPECT_THAT(first.result().at("executed"), IsEmpty());
  EXPECT_EQ(first.result().at("tool_calls").at(0).at("id"), "c1");
  answer_with({stream(sse({call}, "tool_calls"))},
              {{"op", "tool_results"}, {"session", "s"}, {"results", {{{"id", "c1"}, {"content", "42"}}}}});
  EXPECT_EQ(bodies.at(0).at("messages").at(2).at("content"), "42");
  answer_with({stream(sse({text("ok")}))},
              {{"session", "s"}, {"messages", {{{"role", "user"}, {"content", "go on"}}}}});
  EXPECT_THAT(bodies.at(0).at("messages").at(4).at("content").get<std::string>(), HasSubstr("did not run"));
}

TEST_F(Chat, NeverRunsHalfACallAndNeverRepeatsWhatWasShown) {
  ends_with = Failure{Category::network, 200, "the peer reset the connection", {}, {}, ""};
  const std::string half =
      R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"lookup","arguments":"{\"pa"}}]})";
  const Ran ran =
      answer_with({stream(sse({text("Here is the plan"), half}, "", false))}, {{"tools", "harmless"}});
  EXPECT_FALSE(ran.result().at("ok"));
  EXPECT_EQ(ran.error("category"), "network");
  EXPECT_EQ(ran.result().at("text"), "Here is the plan");
  EXPECT_THAT(ran.result().at("executed"), IsEmpty());
  EXPECT_EQ(asked, 1U);
}

TEST_F(Chat, TellsAWholeAnswerFromACutOne) {
  EXPECT_TRUE(answer_with({stream(sse({text("a")}, "stop", false))}).result().at("ok")) << "no [DONE]";
  EXPECT_EQ(answer_with({stream(sse({text("a")}, "", false))}).error("category"), "truncated");
  EXPECT_EQ(answer_with({stream("")}).error("category"), "truncated");
  ends_with = Failure{Category::truncated, 200, "no last chunk", {}, {}, ""};
  EXPECT_TRUE(answer_with({stream(sse({text("a")}))}).result().at("ok"))
      << "ended, whatever the connection did";
  EXPECT_EQ(answer_with({stream(sse({text("a")}, "", false))}).error("category"), "truncated");
}

TEST_F(Chat, RunsNoCallThatTheLengthLimitCut) {
  const std::string call =
      R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"lookup","arguments":"{}"}}]})";
  const Ran ran = answer_with({stream(sse({call}, "length"))}, {{"tools", "harmless"}});
  EXPECT_THAT(ran.result().at("executed"), IsEmpty());
  EXPECT_EQ(ran.result().at("finish_reason"), "length");
  EXPECT_TRUE(ran.result().at("truncated"));
}

TEST_F(Chat, TellsAnErrorInTheStream) {
  const std::string error = "data: {\"error\":{\"message\":\"upstream overloaded\",\"code\":503}}\n\n";
  const Ran ran = answer_with({stream(sse({text("a")}, "", false) + error)});
  EXPECT_FALSE(ran.result().at("ok"));
  EXPECT_EQ(ran.error("category"), "server_error");
  EXPECT_THAT(ran.error("message"), HasSubstr("upstream overloaded"));
}

TEST_F(Chat, RefusesAPageWithStatus200) {
  const Ran ran =
      answer_with({{200, "OK", {{"Content-Type", "text/html"}}, "<html>Sign in to Wi-Fi</html>"}});
  EXPECT_EQ(ran.error("category"), "protocol");
  EXPECT_THAT(ran.error("message"), AllOf(HasSubstr("HTML"), Not(HasSubstr("<"))));
}

TEST_F(Chat, RetriesWhatMayPassWithinItsBounds) {
  const HttpReply busy = refusal(529, {{"error", {{"type", "overloaded_error"}, {"message", "Overloaded"}}}});
  const Ran recovers = answer_with({busy, busy, stream(sse({text("a")}))});
  EXPECT_TRUE(recovers.result().at("ok"));
  EXPECT_EQ(recovers.result().at("attempts"), 3);
  EXPECT_THAT(recovers.of_kind("retry"), SizeIs(2));
  const Ran gives_up = answer_with({busy});
  EXPECT_EQ(gives_up.error("category"), "overloaded");
  EXPECT_THAT(gives_up.error("message"), HasSubstr("after 3 attempts"));
  EXPECT_EQ(asked, 3U);
  for (const int status : {400, 401, 403, 404, 402}) {
    answer_with({refusal(status, {{"error", {{"message", "no"}}}})});
    EXPECT_EQ(asked, 1U) << status;
  }
  answer_with({refusal(429, {{"error", {{"code", "insufficient_quota"}}}})});
  EXPECT_EQ(asked, 1U);
  EXPECT_EQ(answer_with({refusal(429, {}, {{"Retry-After", "86400"}})}).error("retry_after_ms"), 86400000);
  EXPECT_EQ(asked, 1U);
}

TEST_F(Chat, LeavesOutWhatAModelRefusedForGood) {
  replies = {refusal(400, {{"error", {{"message", "`temperature` does not support 0.2 with this model."}}}}),
             stream(sse({text("a")}))};
  const Parts parts = scripted();
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(run(parts, fields({{"params", {{"temperature", 0.2}}}})).result().at("ok"));
  EXPECT_EQ(asked, 4U);
  EXPECT_TRUE(bodies.at(0).contains("temperature"));
  for (std::size_t i = 1; i < bodies.size(); ++i) EXPECT_FALSE(bodies[i].contains("temperature")) << i;
}

TEST_F(Chat, ShowsNoKeyNoMarkupAndNoControls) {
  const std::string key = "sk-live-0123456789abcdef";
  for (const HttpReply& reply :
       {refusal(401, {{"error", {{"message", "Incorrect API key provided: " + key + "."}}}}),
        refusal(401, {{"detail", "\x1b[2J\x1b]0;PWNED\x07" + key + "\r\nfake"}}),
        HttpReply{403, "", {{"Content-Type", "text/html"}}, "<html><script>" + key + "</script></html>"},
        HttpReply{500, "", {}, "\xFF\xFE" + key}}) {
    const Ran ran = answer_with({reply});
    const std::string line = ran.answer.dump();
    EXPECT_THAT(line, AllOf(Not(HasSubstr(key)), Not(HasSubstr("<")), Not(HasSubstr("\\u001b")),
                            Not(HasSubstr("\\r"))));
    EXPECT_THAT(ran.error("message"), HasSubstr(std::to_string(reply.status)));
  }
}

TEST(WhatItSays, FindsTheMessageInEveryShape) {
  for (const auto& [body, message, code] :
       {std::tuple{R"({"error":{"message":"m","code":"c"}})", "m", "c"},
        {R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}])", "m", "400"},
        {R"({"error":"m"})", "m", "m"},
        {R"({"error":null,"message":"m"})", "m", ""},
        {R"({"detail":[{"msg":"m"}]})", "m", ""},
        {R"({"detail":{"code":"c","message":"m"}})", "m", "c"},
        {R"({"error":"c","error_description":"m"})", "m", "c"},
        {R"({"error":{"message":"{\n \"error\": {\"code\": 404, \"message\": \"m\"}}"}})", "m", "404"},
        {R"({})", "", ""}}) {
    const Said said = what_it_says(json::parse(body));
    EXPECT_EQ(said.message, message) << body;
    EXPECT_EQ(said.code, code) << body;
  }
}

TEST(RetryAfter, IsSecondsOrADateRoundedUp) {
  const auto read = [](const char* value) { return read_retry_after({{"Retry-After", value}}, 784111777); };
  EXPECT_EQ(read("3"), Millis(3000));
  EXPECT_EQ(read("2.5"), Millis(2500));
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:40 GMT"), Millis(3000));
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:00 GMT"), Millis(0));
  for (const char* garbage : {"", "soon", "-1", "1e99", "nan"}) EXPECT_FALSE(read(garbage)) << garbage;
  EXPECT_EQ(read_retry_after({{"Retry-After", "1"}, {"retry-after-ms", "1500"}}, 0), Millis(1500));
}

TEST(BaseUrl, IsOneForWhateverAUserTypes) {
  for (const char* typed :
       {"http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/", "http://h:1/v1/chat/completions"})
    EXPECT_EQ(base_url(typed, "/v1"), "http://h:1/v1") << typed;
  EXPECT_EQ(base_url("http://h:1/openai/v1", "/v1"), "http://h:1/openai/v1");
  EXPECT_EQ(base_url("http://h:1/proxy", "/v1"), "http://h:1/proxy/v1");
  EXPECT_EQ(base_url("http://h:1/v1beta", "/v1"), "http://h:1/v1beta");
}

TEST(ReadModels, TakesWhatCanBeChosenInEveryForm) {
  const auto ids = [](const char* body) {
    std::vector<std::string> out;
    const auto models = read_models(json::parse(body));
    if (!models) return std::vector<std::string>{"failure"};
    for (const json& model : *models) out.push_back(model.at("id"));
    return out;
  };
  EXPECT_THAT(ids(R"({"data":[null,{"id":null},{"id":""},{"id":"good"}]})"), ElementsAre("good"));
  EXPECT_THAT(ids(R"([{"id":"a"}])"), ElementsAre("a"));
  EXPECT_THAT(ids(R"({"models":[{"name":"models/g","supportedGenerationMethods":["generateContent"]},
                                {"name":"models/e","supportedGenerationMethods":["embedContent"]}]})"),
              ElementsAre("g"));
  EXPECT_THAT(ids(R"({"data":null})"), IsEmpty());
  EXPECT_THAT(ids(R"({"error":{"message":"invalid key"}})"), ElementsAre("failure"));
  EXPECT_THAT(ids("{}"), ElementsAre("failure"));
  EXPECT_EQ(
      read_models(
          json::parse(R"({"data":[{"id":"a","context_length":"131072"},{"id":"b","context_length":0}]})"))
          ->at(0)
          .at("context_window"),
      131072);
}

TEST(Discovery, KeepsWhatItHasWhenTheProviderIsDown) {
  const Home home;
  TestWorld world;
  world.add("inference", "inference-api", {{"models", {"a", "b"}}});
  json fields = {{"op", "models"},
                 {"provider", descriptor("worldrouter")},
                 {"urls", world.urls()},
                 {"home", home.path()}};
  const Parts parts = world.parts();
  EXPECT_EQ(run(parts, fields).result().at("ids"), json({"a", "b"}));
  EXPECT_EQ(run(parts, fields).result().at("source"), "cache");
  EXPECT_THAT(world.seen(), SizeIs(1));
  world.before = [](const HttpRequest&) { return HttpReply{503, "", {}, ""}; };
  fields["refresh"] = true;
  const Ran down = run(parts, fields);
  EXPECT_EQ(down.result().at("ids"), json({"a", "b"}));
  EXPECT_EQ(down.error("status"), 503);
  fields["urls"]["inference"] = "http://elsewhere.test";
  EXPECT_EQ(run(parts, fields).result().at("source"), "seeds") << "a list of another place is not used";
  for (const HttpRequest& request : world.requests())
    EXPECT_EQ(find_header(request.headers, "authorization"), nullptr);
}

}  // namespace
}  // namespace assay::reference
