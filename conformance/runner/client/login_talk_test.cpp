// Logins of programs: tiny shell scripts that ask as real ones do, and a person who does the steps.
#include "conformance/runner/client/login_talk.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "conformance/runner/client/exec_client.h"
#include "conformance/runner/play/test_home.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kRedirect = "https://vendor.test/shown?code=C0DE&state=STATE1";

TEST(PasteOf, WhatAPersonCopies) {
  EXPECT_EQ(paste_of(kRedirect, "url"), kRedirect);
  EXPECT_EQ(paste_of(kRedirect, "code"), "C0DE");
  EXPECT_EQ(paste_of(kRedirect, "code#state"), "C0DE#STATE1");
  EXPECT_EQ(paste_of("http://localhost/cb#state=S&code=a%2Bb", "code"), "a+b");
  EXPECT_EQ(paste_of("https://vendor.test/shown?error=access_denied", "code"),
            "https://vendor.test/shown?error=access_denied");
  EXPECT_EQ(paste_of("not a URL", "code#state"), "not a URL");
}

TEST(KeyBytes, AreThoseOfATerminalOrOfAPipe) {
  EXPECT_EQ(key_bytes("enter", true), "\r");
  EXPECT_EQ(key_bytes("enter", false), "\n");
  EXPECT_EQ(key_bytes("down", true), "\x1b[B");
  EXPECT_EQ(key_bytes("ctrl-c", true), "\x03");
  EXPECT_EQ(key_bytes("return", true), std::nullopt);
}

LoginRecipe recipe_of(const std::string& yaml, std::string* problem = nullptr) {
  const auto document = load_yaml(yaml, "x.yaml").value();
  std::vector<Error> problems;
  ObjectReader map(document, problems);
  LoginRecipe out = read_login(map);
  map.done();
  if (problem != nullptr && !problems.empty()) *problem = problems.front().text();
  return out;
}

TEST(LoginRecipe, SaysWhatIsWrongAndWhere) {
  const auto problem = [](const std::string& more) {
    std::string out;
    (void)recipe_of("argv: [x]\n" + more, &out);
    return out;
  };
  EXPECT_EQ(problem("account: anthropic\nflow: paste\nterminal: {rows: 30}\nsteps: [{await: a, send: b, "
                    "keys: [down, enter]}]\n"),
            "");
  EXPECT_THAT(problem("flow: pasted\n"), AllOf(HasSubstr("x.yaml:2"), HasSubstr("paste")));
  EXPECT_THAT(problem("steps:\n- {keys: retrun}\n"), HasSubstr("x.yaml:3: unknown key 'retrun'"));
  EXPECT_THAT(problem("steps:\n- {await: \"(?!x)\"}\n"), HasSubstr("x.yaml:3: not a regular expression"));
  EXPECT_THAT(problem("steps:\n- {open: a, code: b, paste: url}\n"), HasSubstr("expected one of"));
  EXPECT_THAT(problem("steps:\n- {optional: true, send: x}\n"), HasSubstr("expected await: too"));
  EXPECT_THAT(problem("terminal: {rows: 0}\n"), HasSubstr("expected 1 to 2000"));
  EXPECT_THAT(problem("files: {../x: a}\n"), HasSubstr("below HOME"));
}

TEST(LoginRecipe, GoesToACellAndBack) {
  const LoginRecipe login = recipe_of(
      "argv: [x, login]\naccount: a\nflow: device\nurl: u\nterminal: {rows: 3, columns: 9}\nenvironment: {A: "
      "b}\nfiles: {c: d}\n"
      "steps: [{await: e, within: 3s, send: f, keys: [enter], optional: true}, {code: g}, {open: h}, {paste: "
      "code}, {close: true}]\n");
  const auto back = json(login).get<LoginRecipe>();
  EXPECT_EQ(json(back), json(login));
  EXPECT_EQ(back.terminal, (process::TerminalSize{3, 9}));
  EXPECT_EQ(back.steps.at(0).within, seconds(3));
}

class LoginTest : public testing::Test {
 protected:
  // Begins the login of a program that is this script, described by what follows `argv`.
  void begin(const std::string& script, const std::string& yaml, json request = json::object()) {
    recipe_.argv = {"true"};
    recipe_.login = recipe_of("argv: [x]\n" + yaml);
    recipe_.login.argv = {"bash", "-c", script};
    Launch launch;
    launch.actor = "client";
    launch.environment = {"HOME=" + home_.path(), "PATH=/usr/local/bin:/usr/bin:/bin"};
    launch.directory = home_.path();
    launch.headless = headless_;
    client_ = make_exec_client(recipe_, launch, clock_, [this](std::uint64_t, const json& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
      changed_.notify_all();
    });
    request["op"] = "login";
    id_ = client_->begin(request);
  }
  json event(const std::string& kind) {
    std::unique_lock lock(mutex_);
    json found;
    changed_.wait_for(lock, seconds(20), [&] {
      for (const json& one : events_) {
        if (one.value("kind", "") == kind) found = one;
      }
      return !found.is_null();
    });
    return found;
  }
  json result() {
    const Outcome outcome = client_->finish(id_, seconds(30));
    EXPECT_EQ(outcome.end, Outcome::End::result) << outcome.result.dump();
    return outcome.result;
  }

  SystemClock clock_;
  const TestHome home_;
  Recipe recipe_;
  bool headless_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json> events_;
  std::unique_ptr<Client> client_;
  std::uint64_t id_ = 0;
};

TEST_F(LoginTest, APersonPastesTheCodeOfThePageThatTheScreenNames) {
  begin(
      "echo 'Go to https://vendor.test/authorize?x=1'; read -p 'Paste code > ' code; test \"$code\" = "
      "'C0DE#STATE1' && echo welcome",
      "account: a\nflow: paste\nterminal: true\n"
      "steps: [{open: 'https://\\S+'}, {await: Paste code, paste: code#state, keys: enter}]\n");
  EXPECT_EQ(event("open_url")["url"], "https://vendor.test/authorize?x=1");
  client_->visited("https://vendor.test/authorize?x=1", {{"redirect", kRedirect}});
  const json done = result();
  EXPECT_EQ(done["ok"], true) << done;
  EXPECT_THAT(done["screen"].get<std::string>(), EndsWith("welcome"));
  EXPECT_EQ(event("prompt")["prompt"], "paste");
}

TEST_F(LoginTest, OnPipesTheSameStepsHold) {
  begin("echo 'Go to https://vendor.test/authorize'; read code; test \"$code\" = C0DE",
        "account: a\nflow: paste\nsteps: [{open: 'https://\\S+'}, {paste: code, keys: enter}]\n");
  EXPECT_EQ(event("open_url")["url"], "https://vendor.test/authorize");
  client_->visited("https://vendor.test/authorize", {{"redirect", kRedirect}});
  EXPECT_EQ(result()["ok"], true);
}

TEST_F(LoginTest, ACaseMayAnswerThePromptItself) {
  begin("read -p 'Code? ' code; echo \"got $code.\"",
        "account: a\nflow: paste\nterminal: true\nsteps: [{await: 'Code\\?', paste: code, keys: enter}]\n",
        {{"answers", true}});
  EXPECT_EQ(event("prompt")["prompt"], "paste");
  const std::uint64_t answer =
      client_->begin({{"op", "answer"}, {"prompt", "paste"}, {"text", "rubbish"}, {"target", id_}});
  EXPECT_EQ(client_->finish(answer, seconds(5)).end, Outcome::End::result);
  EXPECT_THAT(result()["screen"].get<std::string>(), HasSubstr("got rubbish."));
}

TEST_F(LoginTest, ChoosesTheSecondRowOfAMenuThatReadsKeys) {
  // The terminal is set before the menu is drawn, as menus do it.
  begin(
      "stty -echo -icanon; echo 'Login method'; IFS= read -rN3 key; [ \"$key\" = $'\\e[B' ] && echo second; "
      "read -rN1; echo chosen",
      "account: a\nterminal: true\nsteps: [{await: Login method, keys: [down, enter]}]\n");
  EXPECT_THAT(result()["screen"].get<std::string>(), EndsWith("second\nchosen"));
}

TEST_F(LoginTest, ThePageOfADeviceCodeIsOpenedOnceTheCodeIsRead) {
  begin("xdg-open https://vendor.test/device; echo 'Enter the code: AB12-CD34'",
        "account: a\nflow: device\nterminal: true\nsteps: [{code: 'code: [A-Z0-9]{4}-[A-Z0-9]{4}'}]\n");
  EXPECT_EQ(event("open_url"),
            (json{{"kind", "open_url"}, {"url", "https://vendor.test/device"}, {"user_code", "AB12-CD34"}}));
  EXPECT_EQ(result()["user_code"], "AB12-CD34");
}

TEST_F(LoginTest, WhateverOpensABrowserOpensOurs) {
  begin(
      "$BROWSER https://vendor.test/1; echo \"$DISPLAY\"; sensible-browser --new-window "
      "https://vendor.test/2 >/dev/null; read -t 20",
      "account: a\nsteps: [{await: ':0', keys: enter}]\n");
  EXPECT_EQ(result()["ok"], true);
  const std::lock_guard lock(mutex_);
  std::vector<std::string> urls;
  for (const json& one : events_) {
    if (one.value("kind", "") == "open_url") urls.push_back(one.value("url", ""));
  }
  EXPECT_THAT(urls, testing::UnorderedElementsAre("https://vendor.test/1", "https://vendor.test/2"));
}

TEST_F(LoginTest, WithoutADisplayThereIsNoneToOpen) {
  headless_ = true;
  begin(
      "echo \"[$BROWSER$DISPLAY]\"; case $(command -v xdg-open) in $HOME*) echo ours ;; *) echo none ;; esac",
      "account: a\nterminal: true\n");
  EXPECT_EQ(result()["screen"], "[]\nnone");
}

TEST_F(LoginTest, AWaitThatEndsInVainIsNamedWithWhatTheScreenShows) {
  begin("echo 'Unable to connect to the service'; sleep 60",
        "account: a\nterminal: true\nsteps: [{await: Paste code, within: 300ms}]\n");
  const json done = result();
  EXPECT_EQ(done["ok"], false);
  EXPECT_EQ(done["error"]["message"],
            "the login waited 300ms for \"Paste code\" on the screen; the screen shows: Unable to connect to "
            "the service");
}

TEST_F(LoginTest, AProgramThatEndsIsNotWaitedForAnyLonger) {
  begin("echo denied; exit 1", "account: a\nterminal: true\nsteps: [{await: Paste code, within: 20s}]\n");
  const json done = result();
  EXPECT_EQ(done["exit"], 1);
  EXPECT_EQ(
      done["error"]["message"],
      "the program ended while the login waited for \"Paste code\" on the screen; the screen shows: denied");
}

TEST_F(LoginTest, AnOptionalQuestionIsPassedOverWhenTheNextOneIsThere) {
  begin("read -p 'Your name: ' name; echo \"hello $name\"",
        "account: a\nterminal: true\nsteps: [{await: Trust this folder, keys: enter, optional: true}, "
        "{await: Your name, send: Ada, keys: enter}]\n");
  EXPECT_THAT(result()["screen"].get<std::string>(), EndsWith("hello Ada"));
}

TEST_F(LoginTest, AWindowThatIsClosedWhenTheLoginIsDoneIsAGoodEnd) {
  begin("echo 'Logged in.'; sleep 60",
        "account: a\nterminal: true\nsteps: [{await: Logged in, close: true}]\n");
  EXPECT_EQ(result()["ok"], true);
}

TEST_F(LoginTest, AFailureOfTheProgramIsToldInItsLastWords) {
  begin("echo 'Login failed: the code has expired'; exit 3", "account: a\nterminal: true\n");
  const json done = result();
  EXPECT_EQ(done["ok"], false);
  EXPECT_EQ(done["exit"], 3);
  EXPECT_EQ(done["error"]["message"], "Login failed: the code has expired");
}

TEST_F(LoginTest, AProgramThatAsksItsTerminalIsAnswered) {
  begin("printf '\\e[6n'; IFS= read -rsd R at; echo \"at ${at#*[}\"", "account: a\nterminal: true\n");
  EXPECT_THAT(result()["screen"].get<std::string>(), HasSubstr("at 1;1"));
}

}  // namespace
}  // namespace assay::conformance
