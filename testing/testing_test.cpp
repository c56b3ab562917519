// The library as a suite of somebody else uses it: matchers that hold, matchers that do not and what they
// say.
#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "harness/http/client.h"
#include "testing/matchers.h"

namespace {

using assay::Request;
using assay::testing::IsSanitized;
using assay::testing::Sent;
using assay::testing::SentInOrder;
using assay::testing::StreamsText;
using assay::testing::World;
using assay::testing::WorldOptions;
using testing::Ge;
using testing::HasSubstr;
using testing::Not;

struct Got {
  int status = 0;
  std::string body;
};

Got ask(const std::string& url, const std::string& key, const std::string& path, const std::string& body) {
  Request request;
  request.method = "POST";
  request.target.clear();
  request.headers = {{"Authorization", "Bearer " + key}, {"anthropic-version", "2023-06-01"}};
  request.body = body;
  const auto got = assay::http::fetch(assay::http::parse_url(url + path).value(), request);
  return {got.outcome.head ? got.outcome.head->status : 0, got.body};
}

Got chat(const World& world, const std::string& key = {}, bool stream = false) {
  return ask(world.url(), key.empty() ? world.key() : key, "/v1/chat/completions",
             std::string(R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":)") +
                 (stream ? "true}" : "false}"));
}

// What a matcher says of a value that it does not match.
template <typename Matcher, typename Value>
std::string complaint(const Matcher& matcher, const Value& value) {
  testing::StringMatchResultListener listener;
  EXPECT_FALSE(testing::ExplainMatchResult(matcher, value, &listener));
  return listener.str();
}

TEST(TestingWorld, ARecordingBesideTheTestIsPlayed) {
  // A compiler that is told relative paths says nothing of where the test is: then they begin where it runs.
  namespace fs = std::filesystem;
  const fs::path file = fs::path(ASSAY_TESTING_DATA) / "fixtures/worldrouter/inference-api/chat-pong.json";
  const fs::path source = __FILE__;
  const fs::path beside = source.is_absolute() ? source.parent_path() : fs::current_path();
  const World world("inference: {fixture: ./" + fs::relative(file, beside).string() + "}");
  EXPECT_THAT(chat(world, {}, true).body, HasSubstr("data: [DONE]"));
  const World elsewhere("inference: {fixture: ../fixtures/worldrouter/inference-api/chat-pong.json}",
                        {.folder = std::string(ASSAY_TESTING_DATA) + "/docs"});
  EXPECT_EQ(chat(elsewhere, {}, true).body, chat(world, {}, true).body);
  EXPECT_THROW(World("inference: {fixture: ./none.json}"), std::runtime_error);
}

TEST(TestingWorld, IsServedInEveryProtocol) {
  const World world("inference: {turn: {text: Hello}}");
  EXPECT_THAT(chat(world).body, StreamsText("Hello"));
  EXPECT_THAT(chat(world, {}, true).body, StreamsText("Hello"));
  const Got message =
      ask(world.url(), world.key(), "/v1/messages",
          R"({"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]})");
  EXPECT_THAT(message.body, StreamsText(HasSubstr("ell")));
  EXPECT_THAT(world, Sent("POST chat", 3));
  EXPECT_THAT(world, Sent("POST chat", Ge(2U)));
  EXPECT_EQ(world.get("inference.requests"), 3);
}

TEST(TestingWorld, FaultsSettingsClockAndReset) {
  World world;
  EXPECT_EQ(chat(world, "sk-wrong").status, 401);
  world.set_faults("inference", {{"rules", {{{"path", "chat"}, {"nth", 1}, {"error", {{"status", 503}}}}}}});
  EXPECT_EQ(chat(world).status, 503);
  EXPECT_THAT(chat(world).body, StreamsText("pong"));
  world.set_faults("inference", nlohmann::json::object());
  world.set("inference.turn", "refusal");
  EXPECT_THAT(world, SentInOrder("POST chat 401", "POST chat 503", "POST chat 200"));
  const std::string url = world.url(), key = world.key();
  world.reset();
  EXPECT_TRUE(world.requests().empty());
  EXPECT_EQ(world.url(), url);
  EXPECT_EQ(world.key(), key);
  EXPECT_THAT(chat(world).body, StreamsText("pong"));
  world.advance(std::chrono::hours(24));
  world.set_faults("inference", {{"listen", {"refuse"}}});
  EXPECT_EQ(chat(world).status, 0);
}

TEST(TestingWorld, WaitsForWhatComesAndNotForEver) {
  const World world;
  std::thread client([&] { EXPECT_EQ(chat(world).status, 200); });
  EXPECT_TRUE(world.wait_for("POST chat 200", std::chrono::seconds(30)));
  client.join();
  EXPECT_FALSE(world.wait_for("POST chat", std::chrono::milliseconds(5), 2));
  ASSERT_EQ(world.requests("POST chat").size(), 1U);
  EXPECT_THAT(world.requests("POST chat").front().body, HasSubstr("\"hi\""));
}

TEST(TestingWorld, WhatIsWrongWithItIsOneLine) {
  const auto what = [](auto make) -> std::string {
    try {
      make();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing";
  };
  EXPECT_THAT(what([] { World world("inference: {turm: pong}"); }), HasSubstr("unknown key 'turm'"));
  EXPECT_THAT(what([] { World world("inference: ["); }), HasSubstr("assay: world:"));
  WorldOptions unknown;
  unknown.scenario = "rate-limitd";
  EXPECT_THAT(what([&] { World world({}, unknown); }), HasSubstr("did you mean 'rate-limited'?"));
  const World world;
  EXPECT_THAT(what([&] { (void)world.url("inferense"); }), HasSubstr("did you mean 'inference'?"));
  EXPECT_THAT(what([&] { (void)world.requests("nonsense"); }), HasSubstr("nonsense"));
}

TEST(Matchers, SentInOrderNamesWhatIsMissing) {
  World world;
  (void)chat(world, "sk-wrong");
  (void)chat(world);
  EXPECT_THAT(world, SentInOrder("POST chat 401", "POST chat 200"));
  EXPECT_THAT(world, Not(SentInOrder("POST chat 200", "POST chat 401")));
  EXPECT_THAT(complaint(SentInOrder("POST chat 200", "POST chat 401"), world),
              HasSubstr("there is no \"POST chat 401\" after \"POST chat 200\"; the conversation was\n"
                        "    inference POST /v1/chat/completions 401\n"
                        "    inference POST /v1/chat/completions 200"));
  EXPECT_THAT(complaint(SentInOrder("GET models"), world), HasSubstr("there is no \"GET models\""));
  EXPECT_THAT(complaint(Sent("POST chat", 3U), world), HasSubstr("where it was 2 times"));
}

TEST(Matchers, StreamsTextWantsTheWholeStream) {
  World world("inference: {turn: {text: Hello}}");
  EXPECT_THAT(complaint(StreamsText("Hallo"), chat(world).body), HasSubstr("where the text is \"Hello\""));
  world.set_faults("inference", {{"faults", {"drop-done"}}});
  const std::string whole = chat(world, {}, true).body;
  EXPECT_THAT(complaint(StreamsText("Hello"), whole.substr(0, whole.rfind("finish_reason"))),
              HasSubstr("does not"));
  EXPECT_THAT(complaint(StreamsText("Hello"), std::string("<html>")),
              HasSubstr("not the bytes of a model's answer"));
}

TEST(Matchers, IsSanitizedSaysWhatIsNot) {
  EXPECT_THAT("The provider refused the request (503): try again later.", IsSanitized());
  EXPECT_THAT("größer als 3 < 4 → gut", IsSanitized());
  const struct {
    std::string text;
    const char* why;
  } table[] = {
      {"red \033[31malert", "an escape sequence at byte 4"},
      {"two\nlines", "a line break at byte 3"},
      {"bell\a", "0x07"},
      {"c1 \xc2\x9b", "U+009B"},
      {"turn \xe2\x80\xaegnp.exe", "turns the direction of writing at byte 5"},
      {"<p>Sorry</p>", "markup at byte 0"},
      {"broken \xff", "not UTF-8"},
      {"key sk-worldrouter-abcdefghij0123456789 refused", "looks like a secret"},
  };
  for (const auto& row : table)
    EXPECT_THAT(complaint(IsSanitized(), row.text), HasSubstr(row.why)) << row.text;
  EXPECT_THAT("hunter2 is wrong", IsSanitized());
  const std::string told = complaint(IsSanitized({"hunter2"}), std::string("hunter2 is wrong"));
  EXPECT_THAT(told, HasSubstr("it has the secret h…"));
  EXPECT_THAT(complaint(IsSanitized({"a b+c"}), std::string("?k=a%20b%2Bc")), HasSubstr("it has the secret"));
}

}  // namespace
