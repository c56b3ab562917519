// Client files, and command line clients as tiny shell scripts.
#include "conformance/runner/client/exec_client.h"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <thread>

#include "conformance/runner/client/output_dialect.h"
#include "conformance/runner/play/test_home.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

Result<ClientFile> parsed(const std::string& text) {
  return parse_client_file(load_yaml(text, "x.yaml").value());
}

std::string problem(const std::string& text) {
  const auto file = parsed(text);
  return file ? "" : file.error().text();
}

TEST(ClientFile, SaysWhatIsWrongAndWhere) {
  const std::string good = "name: x\ntitle: X\ncapabilities: [chat]\n";
  EXPECT_EQ(problem(good + "argv: [x, \"${prompt}\"]\n"), "");
  EXPECT_THAT(problem(good), HasSubstr("expected either adapter or argv"));
  EXPECT_THAT(problem(good + "argw: [x]\n"), HasSubstr(":4: unknown key 'argw', did you mean 'argv'?"));
  EXPECT_THAT(problem("name: x\ntitle: X\nadaptr: [y]\n"),
              HasSubstr(":3: unknown key 'adaptr', did you mean 'adapter'?"));
  EXPECT_THAT(problem(good + "argv: [x]\nadapter: [y]\n"), HasSubstr("either adapter or argv"));
  EXPECT_THAT(problem(good + "argv: [\"${prompd}\"]\n"),
              HasSubstr("x.yaml:4: unknown name 'prompd', did you mean 'prompt'?"));
  EXPECT_THAT(problem(good + "argv: [x]\nfiles: {../x: a}\n"), HasSubstr("below HOME"));
  EXPECT_THAT(problem(good + "argv: [x]\noutput: codex\n"), HasSubstr("x.yaml:5"));
  EXPECT_THAT(problem(good + "argv: [\"x\\0y\"]\n"), HasSubstr("x.yaml:4: expected words without NUL"));
  EXPECT_THAT(problem(good + "argv: [x]\nenvironment: {\"A=B\": x}\n"),
              HasSubstr("x.yaml:5: expected names"));
  EXPECT_THAT(problem(good + "argv: [x]\nenvironment: {A: \"x\\0y\"}\n"),
              HasSubstr("x.yaml:5: expected values"));
  EXPECT_THAT(problem(good + "argv: [x]\nlogin: {argv: [x], url: 'https?://(?!evil)'}\n"),
              HasSubstr("x.yaml:5: not a regular expression"));
  EXPECT_THAT(problem(good + "argv: [x]\npackages: [\"@a/b\"]\n"), HasSubstr("pinned"));
  EXPECT_THAT(problem(good + "argv: [x]\nsessoin: /id\n"), HasSubstr("did you mean 'session'?"));
  EXPECT_EQ(problem(good + "argv: [x]\nsession: /id\nresume: [x, \"${session}\"]\n"), "");
  EXPECT_THAT(problem(good + "argv: [x]\nresume: [x, \"${session}\"]\n"),
              HasSubstr("x.yaml:5: expected session: too"));
  EXPECT_THAT(problem(good + "argv: [x]\nsession: /id\nresume: [x]\n"), HasSubstr("goes on with ${session}"));
  EXPECT_THAT(problem(good + "argv: [x, \"${session}\"]\n"), HasSubstr("unknown name 'session'"));
  EXPECT_EQ(problem(good + "argv: [x]\nresume: [x, --continue]\n"), "");
  EXPECT_EQ(problem(good + "argv: [x]\noutput: acp\nsession: /result/sessionId\nresume: [x]\n"), "");
}

TEST(ClientFile, FillsInNamesAndKeepsEscapes) {
  EXPECT_EQ(filled_in("a ${key} $${key} $x", {{"key", "K"}}).value(), "a K ${key} $x");
  EXPECT_FALSE(filled_in("${key", {{"key", "K"}}));
}

TEST(ClientFile, FindsAProgramBesideIt) {
  const std::string text = "name: x\ntitle: X\ncapabilities: [chat]\nargv: [python3, \"${here}/x.py\"]\n";
  EXPECT_EQ(parse_client_file(load_yaml(text, "/a/b/x.yaml").value())->recipe.argv.at(1), "/a/b/x.py");
}

TEST(ClientFile, ThoseOfThisTreeAreRight) {
  const auto files = load_client_files(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(files) << files.error().text();
  ASSERT_NE(client_named(*files, "codex-cli"), nullptr);
  EXPECT_EQ(client_named(*files, "codex-cli")->name, "codex");
  EXPECT_EQ(client_named(*files, "codex")->version(), "0.169.0");
  EXPECT_EQ(client_named(*files, "nobody"), nullptr);
}

json read(Dialect dialect, const std::string& out, int exit = 0, const std::string& err = {},
          const std::string& session = {}) {
  return read_output(dialect, session, out, err, {exit, 0});
}

TEST(OutputDialect, PlainTextIsTheAnswerAndStderrTheError) {
  EXPECT_EQ(read(Dialect::plain, "pong\n"),
            (json{{"ok", true}, {"said", "success"}, {"text", "pong"}, {"exit", 0}}));
  const json failed = read(Dialect::plain, "", 3, "trace\nit broke\n");
  EXPECT_EQ(failed["ok"], false);
  EXPECT_EQ(failed["exit"], 3);
  EXPECT_EQ(failed["error"], (json{{"message", "it broke"}}));
}

TEST(OutputDialect, AnErrorOnStderrIsFoundBeforeAHint) {
  EXPECT_EQ(read(Dialect::kimi_stream_json, "", 1, "error: 401 no\nSee log: x\n")["error"]["message"],
            "error: 401 no");
}

TEST(OutputDialect, AFailureThatExitsWithZeroIsAFailure) {
  const json claude =
      read(Dialect::claude_stream_json,
           R"({"type":"system","session_id":"s1"})"
           "\n"
           R"({"subtype":"success","is_error":true,"api_error_status":401,"result":"no","type":"result"})"
           "\n",
           0, "", "/session_id");
  EXPECT_EQ(claude["ok"], false);
  EXPECT_EQ(claude["session"], "s1");
  EXPECT_EQ(claude["error"], (json{{"message", "no"}, {"status", 401}}));
  const json pi = read(
      Dialect::pi,
      R"({"type":"agent_end","messages":[{"role":"assistant","content":[{"type":"text","text":"po"}],"stopReason":"error","errorMessage":"500"}]})");
  EXPECT_EQ(pi["ok"], false);
  EXPECT_EQ(pi["error"]["message"], "500");
}

TEST(OutputDialect, AnOutputWithoutItsEndIsAFailure) {
  const std::string item = R"({"type":"item.completed","item":{"type":"agent_message","text":"pong"}})"
                           "\n";
  EXPECT_EQ(read(Dialect::codex_json, item)["ok"], false);
  EXPECT_EQ(read(Dialect::codex_json, item + R"({"type":"turn.completed"})")["ok"], true);
  EXPECT_EQ(read(Dialect::codex_json, item + R"({"type":"turn.completed"})")["text"], "pong");
  // Warnings are no failure.
  EXPECT_EQ(
      read(Dialect::codex_json, R"({"type":"item.completed","item":{"type":"error","message":"metadata"}})"
                                "\n"
                                R"({"type":"turn.completed"})")["ok"],
      true);
}

TEST(OutputDialect, ReadsEveryClientsAnswer) {
  const std::vector<std::pair<Dialect, std::string>> outputs = {
      {Dialect::claude_stream_json, R"({"type":"result","is_error":false,"result":"pong"})"},
      {Dialect::gemini_json, R"({"type":"message","role":"assistant","content":"po"})"
                             "\n"
                             R"({"type":"message","role":"assistant","content":"ng"})"
                             "\n"
                             R"({"type":"result","status":"success"})"},
      {Dialect::kimi_stream_json, R"({"role":"assistant","content":"pong"})"
                                  "\n"
                                  R"({"role":"meta","type":"session.resume_hint","session_id":"s"})"},
      {Dialect::opencode, R"({"type":"text","part":{"text":"pong"}})"
                          "\n"
                          R"({"type":"step_finish"})"},
      {Dialect::pi,
       R"({"type":"agent_end","messages":[{"role":"assistant","content":[{"type":"text","text":"pong"}],"stopReason":"stop"}]})"},
      {Dialect::copilot, R"({"type":"assistant.message","data":{"content":"pong"}})"
                         "\n"
                         R"({"type":"result","exitCode":0})"},
      {Dialect::openclaw, "{\n \"ok\": true,\n \"final\": \"pong\"\n}"}};
  for (const auto& [dialect, output] : outputs) {
    const json result = read(dialect, output);
    EXPECT_EQ(result["ok"], true) << output;
    EXPECT_EQ(result["text"], "pong") << output;
    EXPECT_EQ(read(dialect, output, 1)["ok"], false) << output;
  }
}

class ExecClientTest : public testing::Test {
 protected:
  std::unique_ptr<Client> client(const std::string& script) {
    recipe_.argv = {"sh", "-c", script, "sh", "${prompt}"};
    Launch launch;
    launch.actor = "client";
    launch.environment = {"HOME=" + home_, "PATH=/usr/local/bin:/usr/bin:/bin"};
    launch.directory = home_;
    return make_exec_client(recipe_, launch, clock_);
  }

  static json chat(const std::string& prompt) {
    return {{"op", "chat"},
            {"urls", {{"inference", "http://127.0.0.1:9"}}},
            {"credential", {{"kind", "api_key"}, {"key", "sk-1"}}},
            {"model", "m"},
            {"messages", {{{"role", "user"}, {"content", prompt}}}}};
  }

  SystemClock clock_;
  const TestHome own_;
  const std::string& home_ = own_.path();
  Recipe recipe_;
};

TEST_F(ExecClientTest, RunsWithPromptStdinEnvironmentAndFiles) {
  recipe_.stdin_text = "in:${model}";
  recipe_.environment = {{"KEY", "${key}"}};
  recipe_.files = {{".config/x.json", "{\"url\": \"${inference.url}/v1\"}"}};
  const auto one = client(
      "printf '%s|%s|%s|%s|%s' \"$1\" \"$(cat)\" \"$KEY\" \"$(cat .config/x.json)\" \"$(env | grep -c "
      "LEAK)\"");
  const Outcome outcome = one->finish(one->begin(chat("$(touch x) 'quoted'")), seconds(10));
  ASSERT_EQ(outcome.end, Outcome::End::result);
  EXPECT_EQ(outcome.result["text"], "$(touch x) 'quoted'|in:m|sk-1|{\"url\": \"http://127.0.0.1:9/v1\"}|0");
  EXPECT_EQ(one->stop(seconds(1)).exit_code, 0);
}

TEST_F(ExecClientTest, IsStoppedWhenPatienceEnds) {
  const auto one = client("echo begun; exec tail -f /dev/null");
  const Outcome outcome = one->finish(one->begin(chat("x")), milliseconds(200));
  EXPECT_EQ(outcome.end, Outcome::End::timeout);
  const ProcessOutcome over = one->stop(seconds(1));
  EXPECT_EQ(over.exit_signal, SIGTERM);
  EXPECT_EQ(over.out, "begun\n");
}

TEST_F(ExecClientTest, CancelInterruptsARun) {
  const auto one = client("exec tail -f /dev/null");
  const auto id = one->begin(chat("x"));
  EXPECT_EQ(one->finish(one->begin({{"op", "cancel"}, {"target", id}}), seconds(5)).result["cancelled"],
            true);
  EXPECT_EQ(one->finish(id, seconds(10)).result["signal"], SIGINT);
  EXPECT_EQ(one->finish(one->begin({{"op", "cancel"}, {"target", id}}), seconds(5)).result["cancelled"],
            false);
}

TEST_F(ExecClientTest, ALoginNamesItsPageOnceALineOfItIsWhole) {
  recipe_.login.argv = {
      "sh", "-c",
      "printf 'open https://a.example/x'; read x; printf '?y=1\\nhttps://b.example/\\n' >&2; true"};
  recipe_.login.url = "https://\\S+";
  std::promise<json> told;
  Launch launch;
  launch.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  launch.directory = home_;
  const auto one = make_exec_client(recipe_, launch, clock_,
                                    [&](std::uint64_t, const json& event) { told.set_value(event); });
  const Outcome outcome = one->finish(one->begin({{"op", "login"}}), seconds(10));
  EXPECT_EQ(outcome.result["ok"], true);
  EXPECT_EQ(told.get_future().get()["url"], "https://a.example/x?y=1");
}

TEST_F(ExecClientTest, TerminateReachesTheProgramAlone) {
  // The child of the program stays behind, for nobody but the program was told.
  const auto one = client(
      "tail -f /dev/null & trap 'exit 7' TERM; until grep -q tail /proc/$!/comm; do :; done; : > ready; "
      "wait");
  const auto id = one->begin(chat("x"));
  while (!fs::exists(home_ + "/ready")) std::this_thread::yield();
  const auto told = one->begin({{"op", "cancel"}, {"target", id}, {"terminate", true}});
  EXPECT_EQ(one->finish(told, seconds(5)).result["cancelled"], true);
  const Outcome outcome = one->finish(id, seconds(10));
  ASSERT_EQ(outcome.end, Outcome::End::result);
  EXPECT_EQ(outcome.result["exit"], 7);
  EXPECT_THAT(outcome.result["left_behind"].dump(), HasSubstr("tail"));
}

TEST_F(ExecClientTest, AReaderThatIsSlowLosesNothingAndOneThatLeavesIsEpipe) {
  const auto patient = client("head -c 200000 /dev/zero | tr '\\0' x");
  json slow = chat("x");
  slow["pipes"] = {{"stdout", "slow"}};
  const Outcome whole = patient->finish(patient->begin(slow), seconds(10));
  EXPECT_EQ(whole.result["text"].get<std::string>().size(), 200000U);
  const auto cut = client("echo first; while echo more; do :; done 2>/dev/null; exit 3");
  json closed = chat("x");
  closed["pipes"] = {{"stdout", "closed"}};
  const Outcome broken = cut->finish(cut->begin(closed), seconds(10));
  ASSERT_EQ(broken.end, Outcome::End::result);
  EXPECT_TRUE(broken.result.value("exit", 0) == 3 || broken.result.value("signal", 0) == SIGPIPE)
      << broken.result.dump();
}

TEST_F(ExecClientTest, WhatIsLeftBehindIsNamed) {
  const auto one =
      client("tail -f /dev/null >/dev/null 2>&1 & until grep -q tail /proc/$!/comm; do :; done; echo done");
  const Outcome outcome = one->finish(one->begin(chat("x")), seconds(10));
  ASSERT_TRUE(outcome.result.contains("left_behind")) << outcome.result.dump();
  EXPECT_THAT(outcome.result["left_behind"][0].get<std::string>(), HasSubstr("tail"));
}

TEST_F(ExecClientTest, RunsWithoutAKeyWhereNoTextHoldsOne) {
  const auto one = client("echo pong");
  json without_key = chat("x");
  without_key.erase("credential");
  EXPECT_EQ(one->finish(one->begin(without_key), seconds(10)).result["text"], "pong");
}

TEST_F(ExecClientTest, SkipsWhatItCannotDo) {
  recipe_.environment = {{"KEY", "${key}"}};
  const auto one = client("echo pong");
  EXPECT_EQ(one->finish(one->begin({{"op", "login"}}), seconds(1)).end, Outcome::End::skipped);
  json without_key = chat("x");
  without_key.erase("credential");
  EXPECT_EQ(one->finish(one->begin(without_key), seconds(1)).end, Outcome::End::skipped);
}

TEST_F(ExecClientTest, AChatOfTheSameNameGoesOnWithTheSession) {
  recipe_.output = Dialect::kimi_stream_json;
  recipe_.session = "/session_id";
  recipe_.resume = {
      "sh",
      "-c",
      R"(echo "{\"role\":\"assistant\",\"content\":\"$1 $2\"}"; echo '{"type":"session.resume_hint"}')",
      "sh",
      "${session}",
      "${prompt}"};
  const auto one = client(
      R"(echo '{"role":"assistant","content":"first"}'; echo '{"type":"session.resume_hint","session_id":"s-7"}')");
  EXPECT_THAT(one->hello().capabilities, testing::Contains("resume"));
  json first = chat("a"), second = chat("b"), other = chat("c"), resumed = chat("d"), unknown = chat("e");
  first["session"] = second["session"] = resumed["session"] = "one";
  other["session"] = "two";
  unknown["session"] = "three";
  resumed["op"] = unknown["op"] = "resume";
  const auto text = [&](const json& request) {
    return one->finish(one->begin(request), seconds(10)).result["text"].get<std::string>();
  };
  EXPECT_EQ(text(first), "first");
  EXPECT_EQ(text(second), "s-7 b");
  EXPECT_EQ(text(other), "first");
  EXPECT_EQ(text(resumed), "s-7 d") << "a chat that says no id has the one it went on with";
  const Outcome nothing = one->finish(one->begin(unknown), seconds(10));
  EXPECT_EQ(nothing.result["ok"], false);
  EXPECT_THAT(nothing.result["error"]["message"].get<std::string>(), HasSubstr("session to go on with"));
}

TEST_F(ExecClientTest, AProgramThatIsNotThereIsNamed) {
  recipe_.argv = {"no-such-program"};
  Launch launch;
  launch.environment = {"PATH=/usr/bin:/bin"};
  launch.directory = home_;
  const auto one = make_exec_client(recipe_, launch, clock_);
  const Outcome outcome = one->finish(one->begin(chat("x")), seconds(1));
  EXPECT_EQ(outcome.end, Outcome::End::errored);
  EXPECT_THAT(outcome.result["message"].get<std::string>(), HasSubstr("no-such-program"));
}

}  // namespace
}  // namespace assay::conformance
