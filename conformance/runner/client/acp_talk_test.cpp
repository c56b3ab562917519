// The talk with an agent, line by line, and with a scripted agent as a client.
#include "conformance/runner/client/acp_talk.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "conformance/runner/client/exec_client.h"
#include "conformance/runner/client/output_dialect.h"
#include "conformance/runner/play/test_home.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

json only(const std::vector<std::string>& lines) {
  EXPECT_EQ(lines.size(), 1U);
  return lines.empty() ? json() : json::parse(lines.front());
}

TEST(AcpTalk, AsksForOneTurn) {
  AcpTalk talk("Say pong", "/home/x");
  const json first = only(talk.begin());
  EXPECT_EQ(first["jsonrpc"], "2.0");
  EXPECT_EQ(first["method"], "initialize");
  EXPECT_EQ(first["params"]["protocolVersion"], 1);
  EXPECT_EQ(first["params"]["clientCapabilities"]["fs"]["readTextFile"], false);
  const json opened = only(talk.take(R"({"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1}})"));
  EXPECT_EQ(opened["method"], "session/new");
  EXPECT_EQ(opened["params"], (json{{"cwd", "/home/x"}, {"mcpServers", json::array()}}));
  const json prompt = only(talk.take(R"({"jsonrpc":"2.0","id":2,"result":{"sessionId":"s1"}})"));
  EXPECT_EQ(prompt["method"], "session/prompt");
  EXPECT_EQ(prompt["params"]["sessionId"], "s1");
  EXPECT_EQ(prompt["params"]["prompt"][0], (json{{"type", "text"}, {"text", "Say pong"}}));
  EXPECT_THAT(talk.take(R"({"jsonrpc":"2.0","method":"session/update","params":{}})"), IsEmpty());
  EXPECT_FALSE(talk.over());
  EXPECT_THAT(talk.take(R"({"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}})"), IsEmpty());
  EXPECT_TRUE(talk.over());
}

TEST(AcpTalk, GoesOnWithASession) {
  AcpTalk talk("Go on", "/home/x", "s1");
  const json loaded = only(talk.take(R"({"id":1,"result":{}})"));
  EXPECT_EQ(loaded["method"], "session/load");
  EXPECT_EQ(loaded["params"]["sessionId"], "s1");
  EXPECT_EQ(only(talk.take(R"({"id":2,"result":null})"))["params"]["sessionId"], "s1");
}

TEST(AcpTalk, RefusesWhatAnAgentAsksFor) {
  AcpTalk talk("x", "/");
  const json chosen = only(talk.take(
      R"({"id":7,"method":"session/request_permission","params":{"options":[{"kind":"allow_once","optionId":"a"},{"kind":"reject_once","optionId":"r"}]}})"));
  EXPECT_EQ(chosen["id"], 7);
  EXPECT_EQ(chosen["result"]["outcome"], (json{{"outcome", "selected"}, {"optionId", "r"}}));
  EXPECT_EQ(only(talk.take(
                R"({"id":"p","method":"session/request_permission","params":{"options":[]}})"))["result"],
            (json{{"outcome", {{"outcome", "cancelled"}}}}));
  for (const char* method : {"fs/read_text_file", "fs/write_text_file", "terminal/create"}) {
    const json refused = only(talk.take(json{{"id", 8}, {"method", method}, {"params", {}}}.dump()));
    EXPECT_EQ(refused["id"], 8);
    EXPECT_EQ(refused["error"]["code"], -32601) << method;
  }
  EXPECT_FALSE(talk.over());
}

TEST(AcpTalk, EndsAtARefusalAndPassesOverWhatIsNoMessage) {
  AcpTalk talk("x", "/");
  EXPECT_THAT(talk.take("Debugger attached."), IsEmpty());
  EXPECT_THAT(talk.take("[1]"), IsEmpty());
  EXPECT_FALSE(talk.over());
  EXPECT_THAT(talk.take(R"({"id":1,"result":{}})").size(), 1U);
  EXPECT_THAT(talk.take(R"({"id":2,"error":{"code":-32000,"message":"Authentication required"}})"),
              IsEmpty());
  EXPECT_TRUE(talk.over());
  AcpTalk nameless("x", "/");
  nameless.take(R"({"id":1,"result":{}})");
  EXPECT_THAT(nameless.take(R"({"id":2,"result":{}})"), IsEmpty());
  EXPECT_TRUE(nameless.over());
}

constexpr const char* kUpdate =
    R"({"method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"po"}}}})"
    "\n";

json acp(const std::string& out, int exit = 0) {
  return read_output(Dialect::acp, "/result/sessionId", out, "", {exit, 0});
}

TEST(OutputDialect, AcpTextIsWhatTheAgentSaidInThisTurn) {
  const std::string opened = std::string(kUpdate) + R"({"id":2,"result":{"sessionId":"s1"}})" + "\n";
  const std::string turn = opened + kUpdate + R"({"id":3,"result":{"stopReason":"end_turn"}})" + "\n";
  const json result = acp(turn);
  EXPECT_EQ(result, (json{{"ok", true}, {"said", "success"}, {"text", "po"}, {"session", "s1"}}));
  EXPECT_EQ(acp(turn, 143), result);
  EXPECT_EQ(acp(opened + kUpdate)["ok"], false);
}

TEST(OutputDialect, AcpFailuresAreWhatTheAgentSays) {
  EXPECT_EQ(acp(R"({"id":3,"error":{"code":401,"message":"bad key"}})")["error"],
            (json{{"message", "bad key"}, {"status", 401}}));
  EXPECT_EQ(acp(R"({"id":2,"error":{"code":-32000,"message":"log in"}})")["error"],
            (json{{"message", "log in"}}));
  EXPECT_EQ(
      acp(R"({"id":2,"error":{"code":-32603,"message":"Internal error","data":{"details":"no session"}}})")
          ["error"],
      (json{{"message", "Internal error: no session"}}));
  for (const char* reason : {"refusal", "max_tokens", "cancelled"}) {
    const json result = acp(json{{"id", 3}, {"result", {{"stopReason", reason}}}}.dump());
    EXPECT_EQ(result["ok"], false);
    EXPECT_EQ(result["error"]["message"], std::string("stopReason ") + reason);
  }
}

class AcpAgentTest : public testing::Test {
 protected:
  std::unique_ptr<Client> agent(const std::string& script) {
    Recipe recipe;
    recipe.argv = {"sh", "-c", script};
    recipe.resume = recipe.argv;
    recipe.output = Dialect::acp;
    recipe.session = "/result/sessionId";
    Launch launch;
    launch.environment = {"PATH=/usr/bin:/bin", "HOME=" + home_};
    launch.directory = home_;
    return make_exec_client(recipe, launch, clock_);
  }
  json chat(const std::string& prompt) const {
    return {{"op", "chat"},
            {"session", "one"},
            {"urls", {{"inference", "http://127.0.0.1:9"}}},
            {"credential", {{"kind", "api_key"}, {"key", "sk-1"}}},
            {"messages", {{{"role", "user"}, {"content", prompt}}}}};
  }
  // "method" of each line that the agent kept.
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    const std::string text = read_file(home_ + "/asked").value_or("");
    for (const auto line : split(text, '\n')) {
      const json message = json::parse(line, nullptr, false);
      if (message.is_object())
        out.push_back(message.value("method", message.contains("error") ? "error" : ""));
    }
    return out;
  }

  SystemClock clock_;
  const TestHome own_;
  const std::string& home_ = own_.path();
};

constexpr const char* kAgent = R"sh(
hear() { IFS= read -r line && printf '%s\n' "$line" >> asked; }
hear; echo '{"id":1,"result":{"protocolVersion":1}}'
hear; echo '{"id":2,"result":{"sessionId":"s1"}}'
hear; echo '{"id":9,"method":"fs/read_text_file","params":{"path":"/etc/passwd"}}'
hear; echo '{"method":"session/update","params":{"update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"pong"}}}}'
echo '{"id":3,"result":{"stopReason":"end_turn"}}'
)sh";

TEST_F(AcpAgentTest, ATurnIsOneChat) {
  const auto one = agent(std::string(kAgent) + "cat >/dev/null; echo over >> ended");
  EXPECT_THAT(one->hello().capabilities, ElementsAre("resume"));
  const Outcome outcome = one->finish(one->begin(chat("Say pong")), seconds(20));
  ASSERT_EQ(outcome.end, Outcome::End::result) << outcome.result.dump();
  EXPECT_EQ(outcome.result, (json{{"ok", true}, {"said", "success"}, {"text", "pong"}, {"session", "s1"}}));
  EXPECT_THAT(asked(), ElementsAre("initialize", "session/new", "session/prompt", "error"));
  EXPECT_EQ(read_file(home_ + "/ended").value_or(""), "over\n") << "its stdin ended, and it had time to";
  const Outcome second = one->finish(one->begin(chat("Go on")), seconds(20));
  EXPECT_EQ(second.result["ok"], true) << second.result.dump();
  EXPECT_THAT(asked(), ElementsAre("initialize", "session/new", "session/prompt", "error", "initialize",
                                   "session/load", "session/prompt", "error"));
}

TEST_F(AcpAgentTest, OneThatStaysAfterItsTurnIsStoppedAndOneThatEndsBeforeItFailed) {
  const auto stays = agent(std::string(kAgent) + "exec tail -f /dev/null");
  EXPECT_EQ(stays->finish(stays->begin(chat("x")), seconds(20)).result["ok"], true);
  const auto ends = agent("IFS= read -r line; echo no model >&2; exit 3");
  const Outcome outcome = ends->finish(ends->begin(chat("x")), seconds(20));
  EXPECT_EQ(outcome.result["ok"], false);
  EXPECT_EQ(outcome.result["error"]["message"], "no model");
}

TEST_F(AcpAgentTest, OneThatNeverAnswersRunsOutOfTime) {
  const auto one = agent("cat >/dev/null; exec tail -f /dev/null");
  EXPECT_EQ(one->finish(one->begin(chat("x")), milliseconds(200)).end, Outcome::End::timeout);
}

}  // namespace
}  // namespace assay::conformance
