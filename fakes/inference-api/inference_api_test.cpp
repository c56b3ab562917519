#include "fakes/inference-api/inference_api.h"

#include <gmock/gmock.h>

#include "fakes/common/order.h"
#include "fakes/common/test_caller.h"
#include "fakes/inference-api/refusal.h"
#include "fakes/inference-api/worldrouter_models.h"
#include "fakes/library.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using namespace nlohmann::literals;
using testing::HasSubstr;
using testing::Not;

class InferenceApi : public testing::Test {
 protected:
  // What a request must look like is asked in wire_rules_test.cpp; here it may be as short as the test likes.
  void open(json settings = json::object()) {
    if (!settings.contains("strict")) settings["strict"] = false;
    world.make("inference", "inference-api", std::move(settings));
  }
  static json chat_body(const std::string& model = "qwen3.5-flash", bool stream = false) {
    return {{"model", model}, {"stream", stream}, {"messages", {{{"role", "user"}, {"content", "ping"}}}}};
  }
  Answer chat(const json& body, Headers headers = bearer("sk-any"), const json* rule = nullptr) {
    return world.call("inference", "POST", "/v1/chat/completions", std::move(headers), body.dump(), rule);
  }
  std::string error_of(json settings) {
    auto made =
        make_fake("inference-api", FakeConfig{std::move(settings), Random(1), &world.clock}, world.state);
    return made ? "" : made.error().message;
  }
  TestWorld world;
};

TEST_F(InferenceApi, ModelsArePublicAndSixtySix) {
  open();
  const auto answer = world.get("inference", "/v1/models");
  EXPECT_EQ(answer.status(), 200);
  const auto list = answer.json();
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 66U);
  std::vector<std::string> ids;
  for (const auto& model : list["data"]) ids.push_back(model["id"]);
  for (const char* known : {"kimi-k2.6", "qwen3.5-flash", "qwen3.5-plus", "gpt-5.5"})
    EXPECT_THAT(ids, testing::Contains(known));
}

TEST_F(InferenceApi, TheListIsTheFixturesList) {
  const auto recorded = world.state->library->recorded("worldrouter/inference-api/models.json");
  ASSERT_TRUE(recorded) << recorded.error().text();
  std::vector<std::string> ids;
  const auto list = json::parse(body_bytes(*recorded));
  for (const auto& model : list["data"]) ids.push_back(model["id"]);
  EXPECT_EQ(ids, worldrouter_models());
}

TEST_F(InferenceApi, AnswersPongWholeAndStreamed) {
  open();
  const auto whole = chat(chat_body());
  EXPECT_EQ(whole.status(), 200);
  EXPECT_EQ(whole.json()["choices"][0]["message"]["content"], "pong");
  EXPECT_EQ(whole.json()["model"], "qwen3.5-flash");
  const auto streamed = chat(chat_body("kimi-k2.6", true));
  EXPECT_THAT(streamed.header("Content-Type"), HasSubstr("text/event-stream"));
  EXPECT_EQ(streamed.response.framing, BodyFraming::chunked);
  EXPECT_THAT(streamed.body(), HasSubstr(R"("content":"pong")"));
  EXPECT_TRUE(streamed.body().ends_with("data: [DONE]\n\n"));
  EXPECT_THAT(streamed.body(), Not(HasSubstr("prompt_tokens"))) << "usage was not asked for";
  auto with_usage = chat_body("kimi-k2.6", true);
  with_usage["stream_options"] = {{"include_usage", true}};
  EXPECT_THAT(chat(with_usage).body(), HasSubstr("prompt_tokens"));
}

TEST_F(InferenceApi, SpeaksTheProtocolOfTheRoute) {
  open({{"turn", {{"text", "pong"}}}});
  struct Row {
    std::string target;
    json body;
    std::string whole;  // a JSON pointer to "pong"
  };
  const json messages{{{"role", "user"}, {"content", "ping"}}};
  const std::vector<Row> table{
      {"/v1/chat/completions", {{"model", "m"}, {"messages", messages}}, "/choices/0/message/content"},
      {"/v1/deployments/m/chat/completions?api-version=2024-10-21",
       {{"model", "m"}, {"messages", messages}},
       "/choices/0/message/content"},
      {"/v1/responses", {{"model", "m"}, {"input", "ping"}}, "/output/0/content/0/text"},
      {"/v1/messages?beta=true", {{"model", "m"}, {"messages", messages}}, "/content/0/text"},
      {"/v1beta/models/m:generateContent",
       {{"contents", json::array()}},
       "/candidates/0/content/parts/0/text"},
      {"/v1/models/m:generateContent", {{"contents", json::array()}}, "/candidates/0/content/parts/0/text"},
      {"/api/chat", {{"model", "m"}, {"stream", false}, {"messages", messages}}, "/message/content"},
      {"/v2/chat", {{"model", "m"}, {"messages", messages}}, "/message/content/0/text"},
      {"/model/m/converse", {{"messages", messages}}, "/output/message/content/0/text"}};
  for (const auto& row : table) {
    const auto answer = world.call("inference", "POST", row.target, bearer("k"), row.body.dump());
    EXPECT_EQ(answer.status(), 200) << row.target << answer.body();
    EXPECT_EQ(answer.json().value(json::json_pointer(row.whole), ""), "pong") << row.target << answer.body();
  }
  const std::vector<std::array<std::string, 3>> streams{
      {"/v1/responses", R"({"model":"m","input":"ping","stream":true})", "event: response.completed"},
      {"/v1/messages", R"({"model":"m","messages":[],"stream":true})", "event: message_stop"},
      {"/v1beta/models/m:streamGenerateContent?alt=sse", R"({"contents":[]})", "\r\n\r\n"},
      {"/v1beta/models/m:streamGenerateContent", R"({"contents":[]})", "[{"},
      {"/api/chat", R"({"model":"m","messages":[]})", "\"done\":true"},
      {"/v2/chat", R"({"model":"m","messages":[],"stream":true})", "event: message-end"}};
  for (const auto& [target, body, wanted] : streams) {
    const auto answer = world.call("inference", "POST", target, bearer("k"), body);
    EXPECT_EQ(answer.status(), 200) << target;
    EXPECT_THAT(answer.body(), HasSubstr(wanted)) << target;
    EXPECT_THAT(answer.body(), HasSubstr("pong")) << target;
  }
}

TEST_F(InferenceApi, TheKeyGoesWhereTheProtocolWantsIt) {
  open({{"auth", {{"keys", {"k1"}}}}});
  const json messages{{"model", "m"}, {"messages", json::array()}};
  const auto ask = [&](const std::string& target, Headers headers, json body) {
    return world.call("inference", "POST", target, std::move(headers), body.dump()).status();
  };
  EXPECT_EQ(ask("/v1/messages", {{"X-Api-Key", "k1"}}, messages), 200);
  EXPECT_EQ(ask("/v1/messages", bearer("k1"), messages), 200);
  EXPECT_EQ(ask("/v1/messages", {{"X-Api-Key", "k2"}}, messages), 401);
  EXPECT_EQ(ask("/v1/chat/completions", {{"X-Api-Key", "k1"}}, messages), 401);
  EXPECT_EQ(ask("/v1/chat/completions", {{"api-key", "k1"}}, messages), 200);
  const json contents{{"contents", json::array()}};
  EXPECT_EQ(ask("/v1beta/models/m:generateContent", {{"x-goog-api-key", "k1"}}, contents), 200);
  EXPECT_EQ(ask("/v1beta/models/m:generateContent?key=k1", {}, contents), 200);
  EXPECT_EQ(ask("/v1beta/models/m:generateContent", {}, contents), 401);
  open({{"auth", {{"keys", {"k1"}}, {"scheme", "x-api-key"}}}});
  EXPECT_EQ(ask("/v1/chat/completions", {{"X-Api-Key", "k1"}}, messages), 200);
  EXPECT_EQ(ask("/v1/chat/completions", bearer("k1"), messages), 401);
  open({{"auth", {{"keys", {"k1"}}, {"header", "X-Vendor"}}}});
  EXPECT_EQ(ask("/v1/chat/completions", {{"x-vendor", "k1"}}, messages), 200);
  open({{"auth", {{"scheme", "none"}}}});
  EXPECT_EQ(ask("/v1/chat/completions", {}, messages), 200);
}

TEST_F(InferenceApi, AnEmptyCredentialIsWorseThanNone) {
  open();
  EXPECT_EQ(world.get("inference", "/v1/models").status(), 200);
  for (const char* nothing : {"", "None", "null", "undefined"})
    EXPECT_EQ(world.get("inference", "/v1/models", bearer(nothing)).status(), 401) << nothing;
  EXPECT_EQ(chat(chat_body(), {}).status(), 401);
  EXPECT_EQ(world.get("inference", "/v1/models", bearer("anything")).status(), 200);
  open({{"auth", {{"models", "key"}, {"keys", {"k"}}}}, {"models_for_key", {"a"}}});
  EXPECT_EQ(world.get("inference", "/v1/models").status(), 401);
  EXPECT_EQ(world.get("inference", "/v1/models", bearer("k")).json()["data"].size(), 1U);
}

TEST_F(InferenceApi, AKeyOfTheOtherDatabaseIsNotFound) {
  world.make("control", "control-api");
  open();
  world.state->keys.push_back(
      {"key_1", "sk-worldrouter-secret0123", "n", "t", "preview", 0, Micros(0), 0, false});
  const auto answer = chat(chat_body(), bearer("sk-worldrouter-secret0123"));
  EXPECT_EQ(answer.status(), 401);
  EXPECT_EQ(answer.json()["error"]["type"], "token_not_found_in_db");
  EXPECT_EQ(answer.json()["error"]["code"], "401");
  EXPECT_THAT(answer.body(), HasSubstr("sk-...0123"));
  EXPECT_THAT(answer.body(), Not(HasSubstr("secret")));
  EXPECT_THAT(answer.body(), testing::ContainsRegex("\\(Token\\) =[0-9a-f]{64}"));
  open({{"auth", {{"echo_key", true}}}});
  EXPECT_THAT(chat(chat_body(), bearer("sk-worldrouter-secret0123")).body(),
              HasSubstr("sk-worldrouter-secret0123"));
  open({{"database", "preview"}});
  EXPECT_EQ(chat(chat_body(), bearer("sk-worldrouter-secret0123")).status(), 200);
  EXPECT_EQ(world.fake("inference").get("live_key"), "sk-worldrouter-secret0123");
}

TEST_F(InferenceApi, ExpiredAccessTokensAreToldApart) {
  world.state->issues_credentials = true;
  world.state->access_tokens["at"] = {"c", "s", "", "f", world.clock.wall_seconds() + 10, false};
  open({{"profile", "openai"}});
  EXPECT_EQ(chat(chat_body(), bearer("at")).status(), 200);
  world.clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(chat(chat_body(), bearer("at")).json()["error"]["code"], "token_expired");
  EXPECT_EQ(chat(chat_body(), bearer("other")).json()["error"]["code"], "invalid_api_key");
}

TEST_F(InferenceApi, KimiRefusesReasoningEffortWithTools) {
  open();
  auto body = chat_body("kimi-k2.6");
  body["reasoning_effort"] = "high";
  EXPECT_EQ(chat(body).status(), 200);
  body["tools"] = {{{"type", "function"}, {"function", {{"name", "f"}}}}};
  const auto refused = chat(body);
  EXPECT_EQ(refused.status(), 400);
  EXPECT_EQ(refused.json()["error"]["param"], "reasoning_effort");
  body["model"] = "qwen3.5-flash";
  EXPECT_EQ(chat(body).status(), 200);
  open({{"model_rules", {{"glm-*", {{"reject", {"/top_p"}}}}}}});
  body["model"] = "kimi-k2.6";
  EXPECT_EQ(chat(body).status(), 200);
  auto glm = chat_body("glm-5");
  glm["top_p"] = 1;
  EXPECT_EQ(chat(glm).json()["error"]["code"], "unsupported_parameter");
}

TEST_F(InferenceApi, TurnsAreSaidInOrderAndTheLastOneStays) {
  open({{"turns", {"reason-then-tool", "pong"}}, {"profile", "deepseek"}});
  const auto answer = chat(chat_body("deepseek-reasoner"));
  ASSERT_EQ(answer.status(), 200) << answer.body();
  auto first = answer.json()["choices"][0];
  EXPECT_EQ(first["finish_reason"], "tool_calls");
  EXPECT_THAT(first["message"].value("reasoning_content", ""), HasSubstr("look it up")) << first;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(chat(chat_body()).json()["choices"][0]["message"]["content"], "pong");
  const auto served = world.fake("inference").get("turns");
  ASSERT_EQ(served.size(), 3U);
  EXPECT_EQ(served[1].value("/content/0/text"_json_pointer, ""), "pong") << served[1];
  EXPECT_EQ(world.fake("inference").get("requests"), 3);
  EXPECT_EQ(world.fake("inference").get("turn.3.text"), "pong");
  EXPECT_THAT(world.fake("inference").get("turn.1.reasoning").get<std::string>(), HasSubstr("look it up"));
  for (const char* key : {"turn.4.text", "turn.0.text", "turn.1.words", "turn.1", "tunr"})
    EXPECT_TRUE(world.fake("inference").get(key).is_null()) << key;
}

TEST_F(InferenceApi, ARuleOrdersATurnAndItsDelivery) {
  open({{"turn", "plan"}});
  const json order{
      {"turn", "pong"}, {"pace", "50ms"}, {"headers", {{"X-Extra", "1"}}}, {"framing", "close-delimited"}};
  ASSERT_TRUE(world.fake("inference").check_order(order));
  const auto answer = chat(chat_body("m", true), bearer("k"), &order);
  EXPECT_THAT(answer.body(), HasSubstr("pong"));
  EXPECT_EQ(answer.header("x-extra"), "1");
  EXPECT_EQ(answer.response.framing, BodyFraming::close_delimited);
  ASSERT_GE(answer.response.body.size(), 3U);
  EXPECT_EQ(answer.response.body[2].at, std::chrono::milliseconds(100));
  EXPECT_EQ(answer.speed, 1);
  EXPECT_EQ(chat(chat_body("m", true)).speed, 0) << "no times, no reason to write in pieces";
  EXPECT_THAT(chat(chat_body()).body(), HasSubstr("Here is the plan"));
  EXPECT_FALSE(world.fake("inference").check_order({{"turn", "no-such-turn"}}));
  EXPECT_FALSE(world.fake("inference").check_order({{"trun", "pong"}}));
}

TEST_F(InferenceApi, ErrorsHaveTheShapeOfTheProvider) {
  const json order{{"error", {{"status", 429}, {"retry_after", "2600ms"}}}};
  const auto refused = [&](const json& settings, const std::string& target, const json& body) {
    open(settings);
    return world.call("inference", "POST", target, bearer("k"), body.dump(), &order);
  };
  const auto openai = refused({{"profile", "openai"}}, "/v1/chat/completions", chat_body());
  EXPECT_EQ(openai.status(), 429);
  EXPECT_EQ(openai.header("Retry-After"), "3");
  EXPECT_EQ(openai.json()["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(refused({{"profile", "xai"}}, "/v1/chat/completions", chat_body()).json()["error"],
            "Rate limit reached");
  EXPECT_EQ(refused({{"profile", "mistral"}}, "/v1/chat/completions", chat_body()).json()["object"], "error");
  const auto anthropic = refused({}, "/v1/messages", chat_body()).json();
  EXPECT_EQ(anthropic["type"], "error");
  EXPECT_EQ(anthropic["error"]["type"], "rate_limit_error");
  const auto gemini = refused({}, "/v1beta/models/m:generateContent", {{"contents", json::array()}}).json();
  EXPECT_EQ(gemini["error"]["status"], "RESOURCE_EXHAUSTED");
  EXPECT_EQ(gemini["error"]["code"], 429);
}

TEST_F(InferenceApi, RetryAfterHasThreeSpellings) {
  const auto wall = world.clock.wall_seconds();
  const auto text = [&](const char* form) {
    std::string all;
    for (const auto& header : retry_after_headers(form, std::chrono::milliseconds(2600), wall))
      all += header.name + "=" + header.value + ";";
    return all;
  };
  EXPECT_EQ(text("seconds"), "Retry-After=3;");
  EXPECT_EQ(text("ms"), "Retry-After-Ms=2600;");
  EXPECT_EQ(text("both"), "Retry-After=3;Retry-After-Ms=2600;");
  EXPECT_EQ(text("date"), "Retry-After=" + imf_fixdate(wall + 3) + ";");
  EXPECT_EQ(text("none"), "");
}

TEST_F(InferenceApi, RateLimitsCountPerKeyAndSlideWithTime) {
  open({{"rate_limit", {{"requests", 2}, {"per", "10s"}}}});
  EXPECT_EQ(chat(chat_body()).status(), 200);
  world.clock.advance(std::chrono::seconds(4));
  EXPECT_EQ(chat(chat_body()).status(), 200);
  const auto third = chat(chat_body());
  EXPECT_EQ(third.status(), 429);
  EXPECT_EQ(third.header("Retry-After"), "6");
  EXPECT_EQ(chat(chat_body(), bearer("another")).status(), 200);
  world.clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(chat(chat_body()).status(), 200);
}

TEST_F(InferenceApi, BadRequestsAreExplained) {
  open({{"models", {"a"}}});
  EXPECT_EQ(world.call("inference", "POST", "/v1/chat/completions", bearer("k"), "nonsense").status(), 400);
  EXPECT_EQ(chat(json::array()).status(), 400);
  EXPECT_EQ(chat({{"messages", json::array()}}).json()["error"]["param"], "model");
  EXPECT_EQ(chat({{"model", "a"}}).json()["error"]["param"], "messages");
  const auto unknown = chat(chat_body("b"));
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_EQ(unknown.json()["error"]["code"], "model_not_found");
  EXPECT_EQ(chat(chat_body("a")).status(), 200);
  open({{"models", {"a"}}, {"profile", "mistral"}});
  EXPECT_EQ(chat(chat_body("b")).status(), 400);
  open({{"models", {"a"}}, {"unknown_model", "accept"}});
  EXPECT_EQ(chat(chat_body("b")).status(), 200);
}

TEST_F(InferenceApi, RoutesAreExact) {
  open();
  EXPECT_TRUE(world.get("inference", "/v1/v1/models").unclaimed);
  EXPECT_TRUE(world.get("inference", "/models").unclaimed);
  EXPECT_EQ(world.get("inference", "/v1/chat/completions").status(), 405);
  EXPECT_EQ(world.get("inference", "/v1/chat/completions").header("Allow"), "POST");
  EXPECT_TRUE(world.call("inference", "POST", "/v1beta/models/m:embedContent").unclaimed);
  open({{"base_path", {"/openai/v1", ""}}});
  EXPECT_EQ(world.get("inference", "/openai/v1/models").status(), 200);
  EXPECT_EQ(world.get("inference", "/models").status(), 200);
  EXPECT_TRUE(world.get("inference", "/v1/models").unclaimed);
}

TEST_F(InferenceApi, WebSocketsAreDeclined) {
  open();
  const auto answer =
      world.get("inference", "/v1/responses", {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}});
  EXPECT_EQ(answer.status(), 426);
  EXPECT_EQ(answer.header("Upgrade"), "HTTP/1.1");
  EXPECT_EQ(world.get("inference", "/v1/responses").status(), 405);
}

TEST_F(InferenceApi, SideRequestsOfRealClientsAreNoNews) {
  open();
  const auto answer = world.get("inference", "/api/claude_code/settings");
  EXPECT_EQ(answer.status(), 404);
  EXPECT_FALSE(answer.unclaimed);
  ASSERT_EQ(answer.notes.size(), 1U);
  EXPECT_EQ(world
                .call("inference", "POST", "/v1/messages/count_tokens", bearer("k"),
                      R"({"model":"m","messages":[]})")
                .json()["input_tokens"]
                .is_number(),
            true);
}

TEST_F(InferenceApi, RequestsThatWantJsonGetJson) {
  open();
  const json body{
      {"contents", json::array()},
      {"generationConfig",
       {{"responseMimeType", "application/json"},
        {"responseSchema",
         {{"type", "OBJECT"},
          {"properties", {{"model_choice", {{"type", "STRING"}, {"enum", {"flash", "pro"}}}}}}}}}}};
  const auto answer =
      world.call("inference", "POST", "/v1beta/models/m:generateContent", bearer("k"), body.dump());
  EXPECT_EQ(answer.json()["candidates"][0]["content"]["parts"][0]["text"], R"({"model_choice":"flash"})");
}

TEST_F(InferenceApi, ModelListsComeInPages) {
  open({{"models", 5}, {"paging", {{"size", 2}}}});
  const Headers anthropic{{"anthropic-version", "2023-06-01"}};
  std::vector<std::string> ids;
  std::string query;
  for (int page = 0; page < 3; ++page) {
    const auto list = world.get("inference", "/v1/models" + query, anthropic).json();
    for (const auto& model : list["data"]) ids.push_back(model["id"]);
    EXPECT_EQ(list["has_more"], page < 2);
    query = "?after_id=" + list["last_id"].get<std::string>();
  }
  EXPECT_THAT(
      ids, testing::ElementsAre("model-00001", "model-00002", "model-00003", "model-00004", "model-00005"));
  const auto first = world.get("inference", "/v1beta/models").json();
  EXPECT_EQ(first["models"][0]["name"], "models/model-00001");
  const auto token = first["nextPageToken"].get<std::string>();
  EXPECT_EQ(world.get("inference", "/v1beta/models?pageToken=" + token).json()["models"][0]["name"],
            "models/model-00003");
  EXPECT_FALSE(
      world.get("inference", "/v1beta/models?pageToken=model-00004").json().contains("nextPageToken"));
  open({{"models", 5}, {"paging", {{"size", 2}, {"cursor", "null"}}}});
  const auto null = world.get("inference", "/v1/models", anthropic).json();
  EXPECT_EQ(null["has_more"], true);
  EXPECT_TRUE(null["last_id"].is_null());
  open({{"models", 5}, {"paging", {{"size", 2}, {"cursor", "same"}}}});
  EXPECT_EQ(world.get("inference", "/v1beta/models?pageToken=model-00002").json(),
            world.get("inference", "/v1beta/models").json());
}

TEST_F(InferenceApi, ModelEntriesMayBeAnything) {
  open({{"models", {nullptr, {{"id", nullptr}}, {{"id", "good"}, {"context_length", "131072"}}}}});
  const auto data = world.get("inference", "/v1/models").json()["data"];
  EXPECT_EQ(data, json::parse(R"([null,{"id":null},{"id":"good","context_length":"131072"}])"));
  EXPECT_EQ(chat(chat_body("good")).status(), 200);
  EXPECT_EQ(world.get("inference", "/v1/models/good").json()["id"], "good");
  EXPECT_EQ(world.get("inference", "/v1/models/bad").status(), 404);
  ASSERT_TRUE(world.fake("inference").set("models", {"a", "b"}));
  EXPECT_EQ(world.get("inference", "/v1/models").json()["data"].size(), 2U);
  EXPECT_FALSE(world.fake("inference").set("models", "a"));
}

TEST_F(InferenceApi, AFixtureIsReplayed) {
  open({{"fixture", "worldrouter/inference-api/chat-pong.json"}});
  const auto recorded = world.state->library->recorded("worldrouter/inference-api/chat-pong.json");
  ASSERT_TRUE(recorded);
  EXPECT_EQ(chat(chat_body("m", true)).body(), body_bytes(*recorded));
}

TEST_F(InferenceApi, SettingsThatMakeNoSense) {
  const std::vector<std::pair<json, std::string>> table{
      {{{"turn", "no-such"}}, "turn: "},
      {{{"turn", "../x"}}, "'../x' is no name of a turn"},
      {{{"turn", {{"txt", "x"}}}}, "txt"},
      {{{"turns", json::array()}}, "'turns' must be a list of turns"},
      {{{"turn", "pong"}, {"error", {{"status", 500}}}}, "an answer is one of"},
      {{{"fixture", "nowhere.json"}}, "nowhere.json"},
      {{{"fixture", "worldrouter/inference-api/models.json#9"}}, "there is no exchange 9"},
      {{{"profile", "opnai"}}, "unknown profile 'opnai'"},
      {{{"validate", "reasoning-rply"}}, "reasoning-rply"},
      {{{"validate", {{"reject", "temperature"}}}}, "no JSON pointer"},
      {{{"validate", {{"reject", "/a~2"}}}}, "no JSON pointer"},
      {{{"error", {{"status", 200}}}}, "'status' must be 400 to 599"},
      {{{"events_per_chunk", 0}}, "must be 1 or more"},
      {{{"models", "a"}}, "must be a list of models or how many"},
      {{{"model_rules", {{"x", {{"rject", "/a"}}}}}}, "model_rules: x: unknown key 'rject'"}};
  for (const auto& [settings, message] : table)
    EXPECT_THAT(error_of(settings), HasSubstr(message)) << settings;
}

TEST(Library, RecordingsOutsideOfItsFolderAreNotRead) {
  const Library library(ASSAY_SOURCE_DIR "/fixtures");
  for (const char* name :
       {"../CONTRIBUTING.md", "worldrouter/../../README.md", "../../../../../../dev/zero", ""}) {
    const auto recorded = library.recorded(name);
    ASSERT_FALSE(recorded) << name;
    EXPECT_NE(recorded.error().message.find("below"), std::string::npos) << recorded.error().message;
  }
}

TEST(Library, EveryTurnIsReadableAndSurvivesItsJson) {
  const Library library(ASSAY_SOURCE_DIR "/fixtures");
  const auto turns = library.all_turns();
  ASSERT_TRUE(turns) << turns.error().text();
  EXPECT_GE(turns->size(), 15U);
  for (const auto& [name, turn] : *turns) {
    EXPECT_EQ(stream::turn_from_json(stream::to_json(turn)), turn) << name;
    EXPECT_TRUE(turn.complete) << name;
  }
}

}  // namespace
}  // namespace assay::fakes
