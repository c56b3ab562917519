// `assay serve` as a colleague uses it: the real program, its ports, its admin API, its live journal, files
// that are edited while it runs.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "cli/cli_fixture.h"
#include "harness/base/exchange.h"
#include "harness/http/client.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class ServedWorlds : public Cli {
 protected:
  void SetUp() override {
    Cli::SetUp();
    fs::remove(folder_ + "/fixtures");
    fs::create_directories(folder_ + "/fixtures");
    fs::copy(ASSAY_SOURCE_DIR "/fixtures/turns", folder_ + "/fixtures/turns");
    fs::create_directory_symlink(ASSAY_SOURCE_DIR "/conformance/clients", folder_ + "/conformance/clients");
    fs::copy(ASSAY_SOURCE_DIR "/conformance/scenarios.yaml", folder_ + "/conformance/scenarios.yaml");
  }

  // Starts it and waits until it serves; then variable() knows what it exported.
  void start(std::vector<std::string> arguments) {
    process::ChildOptions options;
    options.argv = {ASSAY_PROGRAM, "serve"};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.environment = {"PATH=/usr/bin:/bin", "ASSAY_DATA=" + folder_, "HOME=" + folder_};
    options.directory = folder_;
    options.on_output = [this](const process::OutputChunk& chunk) {
      const std::lock_guard lock(mutex_);
      (chunk.stream == process::Stream::out ? out_ : err_) += chunk.bytes;
      changed_.notify_all();
    };
    auto child = process::Child::start(std::move(options));
    ASSERT_TRUE(child) << child.error().text();
    child_.emplace(std::move(*child));
    ASSERT_TRUE(await("Ctrl-C ends it\n"));
  }

  // Waits until stderr has `text` behind what was awaited before.
  bool await(const std::string& text) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      const auto at = err_.find(text, awaited_);
      if (at == std::string::npos) return false;
      awaited_ = at + text.size();
      return true;
    });
    if (!came) ADD_FAILURE() << "no \"" << text << "\" in:\n" << err_;
    return came;
  }
  std::string err() {
    const std::lock_guard lock(mutex_);
    return err_;
  }
  std::string out() {
    const std::lock_guard lock(mutex_);
    return out_;
  }
  std::string variable(const std::string& name) {
    const std::string text = out(), line = "export " + name + "=";
    const auto at = text.find(line);
    if (at == std::string::npos) return {};
    return text.substr(at + line.size(), text.find('\n', at) - at - line.size());
  }

  struct Answer {
    int status = 0;
    std::string body;
  };
  static Answer send(const std::string& method, const std::string& url, const std::string& body = {},
                     const std::string& key = {}, const std::string& host = {}) {
    Request request;
    request.method = method;
    request.target.clear();  // that of the url
    request.body = body;
    if (!key.empty()) request.headers.push_back({"Authorization", "Bearer " + key});
    if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    if (!host.empty()) request.headers.push_back({"Host", host});
    const auto got = http::fetch(http::parse_url(url).value(), request);
    return {got.outcome.head ? got.outcome.head->status : 0, got.body};
  }
  json admin(const std::string& method, const std::string& path, const json& body = nullptr) {
    const Answer got = send(method, variable("ASSAY_ADMIN_URL") + path, body.is_null() ? "" : body.dump());
    return json::parse(got.body.empty() ? "null" : got.body, nullptr, false);
  }
  static Answer chat(const std::string& base, const std::string& key) {
    return send("POST", base + "/chat/completions",
                R"({"model":"m","messages":[{"role":"user","content":"hi"}]})", key);
  }
  Answer chat() { return chat(variable("OPENAI_BASE_URL"), variable("OPENAI_API_KEY")); }

  // Ends it with a signal; says how it exited.
  process::ExitStatus end(int number) {
    EXPECT_TRUE(child_->signal(number));
    const auto status = child_->wait(std::chrono::seconds(20));
    EXPECT_TRUE(status) << status.error().text();
    EXPECT_TRUE(child_->left_behind().empty());
    return status.value_or(process::ExitStatus{-1, 0});
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_, err_;
  std::size_t awaited_ = 0;

 protected:
  std::optional<process::Child> child_;  // last: its thread uses the rest
};

TEST_F(ServedWorlds, ExportsAttachAClientAndEachRequestIsOneLine) {
  start({});
  EXPECT_EQ(chat().status, 200);
  ASSERT_TRUE(await("POST /v1/chat/completions  200  "));
  EXPECT_EQ(chat(variable("OPENAI_BASE_URL"), "sk-wrong").status, 401);
  ASSERT_TRUE(await("POST /v1/chat/completions  401  "));
  EXPECT_EQ(send("GET", variable("ASSAY_INFERENCE_URL") + "/no/such/route").status, 404);
  ASSERT_TRUE(await("GET /no/such/route  404  "));
  EXPECT_THAT(err(), AllOf(HasSubstr("no fake knows this route"), Not(HasSubstr("\033["))));
  const std::string lines = err();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4) << lines;  // the greeting and three requests
  EXPECT_EQ(variable("ASSAY_AUTH_URL").rfind("http://127.0.0.1:", 0), 0U);
  EXPECT_EQ(end(SIGINT).code, 130);
}

TEST_F(ServedWorlds, VerboseShowsTheBytes) {
  start({"-v"});
  EXPECT_EQ(chat().status, 200);
  ASSERT_TRUE(await("| Authorization: Bearer sk-worldrouter-redacted-"));
  ASSERT_TRUE(await(R"(| "{\"model\":\"m\")"));
  ASSERT_TRUE(await(R"(| write "HTTP/1.1 200 OK\r\n)"));
  ASSERT_TRUE(await("POST /v1/chat/completions  200  "));
  EXPECT_EQ(end(SIGTERM).code, 0);
}

TEST_F(ServedWorlds, TheAdminApiSaysWhatIsWrongInItsWords) {
  start({"--scenario", "overloaded"});
  EXPECT_THAT(admin("POST", "/worlds", {{"nam", "x"}}).dump(),
              HasSubstr("unknown key 'nam', did you mean 'name'?"));
  EXPECT_THAT(admin("PUT", "/worlds/default/settings/inference.turn", {{"value", {{"text", "hi"}}}}).dump(),
              AllOf(HasSubstr("'turn' and 'error'"), HasSubstr("take the others away")));
  EXPECT_EQ(end(SIGTERM).code, 0);
}

TEST_F(ServedWorlds, AnEditedWorldIsServedAtOnceAndABrokenOneIsNot) {
  write("world.yaml", "inference: {turn: {text: before}}\n");
  start({"--world", "world.yaml", "--provider", "deepseek"});
  EXPECT_THAT(chat().body, HasSubstr("before"));
  const std::string base = variable("OPENAI_BASE_URL");
  write("world.yaml", "inference: {turn: {text: after}}\n");
  ASSERT_TRUE(await("world.yaml changed: the world is made anew\n"));
  EXPECT_THAT(chat().body, HasSubstr("after"));

  const struct {
    const char* text;
    const char* why;
  } broken[] = {
      {"inference: [\n", "assay: world.yaml:"},
      {"inference: {no_such_setting: 1}\n", "no_such_setting"},
      {"inference: {faults: [drop-don]}\n", "did you mean 'drop-done'?"},
      {"provider: worldrouter\n", "these listeners have no fake \"auth-station\", only inference"},
      {"- a list\n", "world.yaml:1: expected a map such as the `world:` of a case"},
  };
  for (const auto& row : broken) {
    const std::size_t before = err().size();
    write("world.yaml", row.text);
    ASSERT_TRUE(await("(the world of before stays up)\n")) << row.text;
    const std::string told = err().substr(before);
    // One line for it, beside that of the request before.
    EXPECT_THAT(told, AllOf(HasSubstr(row.why), ContainsRegex("assay: [^\n]*world.yaml"))) << told;
    EXPECT_THAT(chat().body, HasSubstr("after")) << row.text;
    ASSERT_TRUE(await("POST /v1/chat/completions  200  "));
  }
  // Editors write beside and rename over.
  write("world.yaml.new", "inference: {turn: {text: renamed}}\n");
  fs::rename(folder_ + "/world.yaml.new", folder_ + "/world.yaml");
  ASSERT_TRUE(await("world.yaml changed: the world is made anew\n"));
  EXPECT_THAT(chat(base, "any").body, HasSubstr("renamed"));
  EXPECT_EQ(end(SIGTERM).code, 0);
}

TEST_F(ServedWorlds, AnEditedFixtureAndAnEditedCaseAreServedAtOnce) {
  write_case(with("requires: [models]", "world: {inference: {turn: mine}}"));
  const std::string pong = read_file(folder_ + "/fixtures/turns/pong.yaml").value();
  write("fixtures/turns/mine.yaml", pong);
  start({"--scenario", "live"});  // the end of the id of a case is enough
  EXPECT_THAT(chat().body, HasSubstr("pong"));
  std::string changed = pong;
  for (auto at = changed.find("pong"); at != std::string::npos; at = changed.find("pong", at))
    changed.replace(at, 4, "ding");
  write("fixtures/turns/mine.yaml", changed);
  ASSERT_TRUE(await("mine.yaml changed: the world is made anew\n"));
  EXPECT_THAT(chat().body, HasSubstr("ding"));
  write_case(with("requires: [models]", "world: {inference: {turn: {text: dong}}}"));
  ASSERT_TRUE(await("demo.yaml changed: the world is made anew\n"));
  EXPECT_THAT(chat().body, HasSubstr("dong"));
  write_case("suite: [\n");
  ASSERT_TRUE(await("(the world of before stays up)\n"));
  EXPECT_THAT(err(), ContainsRegex("assay: [^\n]*demo.yaml:[0-9]+: "));
  EXPECT_THAT(chat().body, HasSubstr("dong"));
  EXPECT_EQ(end(SIGTERM).code, 0);
}

TEST_F(ServedWorlds, TestsInParallelDoNotSeeEachOther) {
  start({"--print", "exports"});
  // Eight tests, each with a world of its own: its own faults, clock, keys and journal.
  std::vector<std::thread> tests;
  for (int i = 0; i < 8; ++i) {
    tests.emplace_back([this, i] {
      const std::string name = "test-" + std::to_string(i), at = "/worlds/" + name;
      const int status = 500 + i;
      const json world = admin("POST", "/worlds", {{"name", name}, {"keys", {"sk-" + name}}, {"seed", i}});
      ASSERT_EQ(world["prefix"], "/w/" + name) << world.dump();
      const std::string url = world["urls"]["inference"];
      admin("PUT", at + "/faults/inference",
            {{"rules", {{{"path", "chat"}, {"nth", 2}, {"error", {{"status", status}}}}}}});
      admin("POST", at + "/clock", {{"advance", std::to_string(i) + "d"}});
      EXPECT_EQ(chat(url + "/v1", "sk-" + name).status, 200);
      // The second by the key alone, without the prefix.
      EXPECT_EQ(chat(variable("OPENAI_BASE_URL"), "sk-" + name).status, status);
      const json seen = admin("GET", at + "/journal/wait?for=POST%20chat&count=2&deadline=20s");
      EXPECT_EQ(seen["entries"].size(), 2U) << seen.dump();
      EXPECT_EQ(admin("GET", at + "/journal?for=POST%20chat")["entries"].size(), 2U);
      EXPECT_EQ(admin("GET", at + "/settings/inference.requests")["value"], 2);
    });
  }
  for (std::thread& test : tests) test.join();
  EXPECT_EQ(admin("GET", "/worlds/default/journal")["last"], 0);
  std::set<std::int64_t> days;
  const json worlds = admin("GET", "/worlds");
  for (const json& world : worlds["worlds"])
    days.insert((world["clock"]["wall_seconds"].get<std::int64_t>() -
                 admin("GET", "/worlds/default/clock")["wall_seconds"].get<std::int64_t>() + 43'200) /
                86'400);
  EXPECT_EQ(days.size(), 8U);  // the default world and test-0 share a day
  EXPECT_EQ(send("DELETE", variable("ASSAY_ADMIN_URL") + "/worlds/test-3").status, 204);
  EXPECT_EQ(chat(variable("ASSAY_INFERENCE_URL") + "/w/test-3/v1", "sk-test-3").status, 404);
  EXPECT_EQ(end(SIGINT).code, 130);
}

TEST_F(ServedWorlds, AWaitOverHttpEndsWithTheRequestAndWithTheProgram) {
  start({});
  json page;
  std::thread waiter(
      [&] { page = admin("GET", "/worlds/default/journal/wait?for=POST%20chat%20200&deadline=30s"); });
  EXPECT_EQ(chat().status, 200);
  waiter.join();
  EXPECT_EQ(page["entries"].size(), 1U) << page.dump();
  EXPECT_EQ(page["entries"][0]["request"]["target"], "/v1/chat/completions");
  // One that nothing answers does not keep the program.
  std::thread forever(
      [&] { (void)admin("GET", "/worlds/default/journal/wait?for=POST%20%2Fnever&deadline=10m"); });
  EXPECT_EQ(end(SIGTERM).code, 0);
  forever.join();
}

TEST_F(ServedWorlds, TheAdminApiIsForThisMachineAlone) {
  start({});
  const std::string url = variable("ASSAY_ADMIN_URL");
  EXPECT_EQ(send("GET", url + "/worlds").status, 200);
  EXPECT_EQ(send("GET", url + "/worlds", {}, {}, "localhost:1").status, 200);
  EXPECT_EQ(send("GET", url + "/worlds", {}, {}, "evil.example").status, 403);
  EXPECT_THAT(send("GET", url + "/openapi.yaml").body, HasSubstr("openapi: 3.1.0"));
  EXPECT_EQ(end(SIGTERM).code, 0);
}

TEST_F(ServedWorlds, PrintsWhatAttachesEachKnownClient) {
  start({"--print", "all", "--scenario", "rate-limited"});
  EXPECT_THAT(out(), AllOf(HasSubstr("# codex: OpenAI Codex CLI\n# ~/.codex/config.toml:\n    model = "),
                           HasSubstr("base_url = \"" + variable("OPENAI_BASE_URL") + "\""),
                           HasSubstr("export ANTHROPIC_BASE_URL=" + variable("ASSAY_INFERENCE_URL")),
                           HasSubstr("new OpenAI({ baseURL: '" + variable("OPENAI_BASE_URL") + "'"),
                           Not(HasSubstr("${inference"))));
  EXPECT_EQ(chat().status, 200);
  EXPECT_EQ(chat().status, 200);
  EXPECT_EQ(chat().status, 429);
  EXPECT_EQ(end(SIGTERM).code, 0);
}

TEST_F(ServedWorlds, WhatItIsToldWronglyIsOneLine) {
  expect_refused({"serve", "--scenario", "rate-limitd"}, 2, "did you mean 'rate-limited'?");
  expect_refused({"serve", "--print", "codx"}, 2, "did you mean 'codex'?");
  expect_refused({"serve", "--port", "inference"}, 2, "expected --port FAKE=PORT");
  expect_refused({"serve", "--port", "infrence=8080"}, 2, "there is no fake \"infrence\"");
  expect_refused({"serve", "--world", "missing.yaml"}, 2, "missing.yaml");
  expect_refused({"serve", "--provider", "deepsek"}, 2, "did you mean 'deepseek'?");
  write("world.yaml", "inference: {turn: nothing-of-the-kind}\n");
  expect_refused({"serve", "--world", "world.yaml"}, 2, "nothing-of-the-kind");
  write("world.yaml", "inference: {rules: [{path: chat}, {path: chat, nth: 3-1}]}\n");
  expect_refused(
      {"serve", "--world", "world.yaml"}, 2,
      "world.yaml:1: world: inference: rules, entry 2: nth \"3-1\" can never be: expected the lower");
}

TEST_F(ServedWorlds, AWorldNamesItsRecordingAndItsProviderByPathsOfItsOwn) {
  fs::create_directories(folder_ + "/mine");
  fs::copy_file(ASSAY_SOURCE_DIR "/fixtures/worldrouter/inference-api/chat-pong.json",
                folder_ + "/mine/rec.json");
  fs::copy_file(ASSAY_SOURCE_DIR "/conformance/providers/worldrouter.yaml", folder_ + "/mine/house.yaml");
  write("mine/world.yaml", "provider: ./house.yaml\ninference: {fixture: ./rec.json}\n");
  start({"--world", "mine/world.yaml"});
  EXPECT_THAT(chat().body, HasSubstr("data: [DONE]"));
  // Whoever only reaches the admin API names no files of this machine.
  const std::string url = variable("ASSAY_ADMIN_URL"), rec = folder_ + "/mine/rec.json";
  for (const json& world :
       {json{{"inference", {{"fixture", rec}}}}, json{{"inference", {{"fixture", "../mine/rec.json"}}}},
        json{{"provider", "./mine/house.yaml"}}}) {
    const Answer got = send("POST", url + "/worlds", json{{"name", "t"}, {"world", world}}.dump());
    EXPECT_EQ(got.status, 400) << world;
    EXPECT_THAT(got.body, HasSubstr("expected a fixture or a provider of the data folder"));
  }
  EXPECT_EQ(
      send("PUT", url + "/worlds/default/settings/inference.fixture", json{{"value", rec}}.dump()).status,
      400);
}

}  // namespace
}  // namespace assay
