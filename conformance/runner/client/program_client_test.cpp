// Programs as clients: shell scripts that open a page, answer, fail.
#include "conformance/runner/client/program_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace assay::conformance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

class Program : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "assay-program-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    client_.reset();
    fs::remove_all(folder_);
  }

  Client& client(const std::string& script, std::vector<std::string> arguments = {}) {
    const std::string path = folder_ + "/program";
    std::ofstream(path) << "#!/bin/sh\n" << script;
    fs::permissions(path, fs::perms::owner_all);
    Launch launch;
    launch.actor = "client";
    launch.argv = {path};
    launch.argv.insert(launch.argv.end(), arguments.begin(), arguments.end());
    launch.environment = {"PATH=/usr/bin:/bin", "HOME=" + folder_};
    launch.directory = folder_;
    client_ =
        make_program_client(std::move(launch), folder_, clock_, [this](std::uint64_t, const json& event) {
          const std::lock_guard lock(mutex_);
          events_.push_back(event);
          changed_.notify_all();
        });
    return *client_;
  }

  Outcome run(Client& client, json request) {
    request["urls"] = {{"auth", "http://127.0.0.1:4711"}, {"inference", "http://127.0.0.1:4712"}};
    return client.finish(client.begin(std::move(request)), seconds(20));
  }

  // The URLs that were opened, once there are so many.
  std::vector<std::string> opened(std::size_t count) {
    std::unique_lock lock(mutex_);
    std::vector<std::string> out;
    changed_.wait_for(lock, seconds(10), [&] {
      out.clear();
      for (const json& event : events_)
        if (event["kind"] == "open_url") out.push_back(event["url"]);
      return out.size() >= count;
    });
    return out;
  }

  const SystemClock clock_;
  std::string folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<json> events_;
  std::unique_ptr<Client> client_;
};

TEST_F(Program, IsToldWhereTheWorldIsAndAnswersOnStdout) {
  const auto out =
      run(client("echo \"$ASSAY_OP $1 $ASSAY_AUTH_URL $OPENAI_BASE_URL $ASSAY_PROMPT $HOME\"\n", {"do-{op}"}),
          {{"op", "chat"}, {"messages", {{{"role", "user"}, {"content", "hi"}}}}});
  EXPECT_EQ(out.end, Outcome::End::result);
  EXPECT_EQ(out.result["ok"], true);
  EXPECT_EQ(out.result["text"], "chat do-chat http://127.0.0.1:4711 http://127.0.0.1:4712/v1 hi " + folder_);
}

TEST_F(Program, FailsByItsExitStatusAndIsQuoted) {
  const auto out = run(client("echo 'error: no such key' >&2\nexit 3\n"), {{"op", "login"}});
  EXPECT_EQ(out.result["ok"], false);
  EXPECT_THAT(out.result["error"]["message"].get<std::string>(), HasSubstr("no such key"));
  EXPECT_THAT(events_,
              Contains(json{{"kind", "output"}, {"stream", "stderr"}, {"text", "error: no such key"}}));
}

TEST_F(Program, OpensPagesByBrowserAndByCommand) {
  run(client("\"$BROWSER\" http://127.0.0.1:4711/a\nxdg-open http://127.0.0.1:4711/b\n"), {{"op", "login"}});
  EXPECT_THAT(opened(2), testing::ElementsAre("http://127.0.0.1:4711/a", "http://127.0.0.1:4711/b"));
}

TEST_F(Program, APrintedLoginPageIsOpenedOnce) {
  const std::string url = "http://127.0.0.1:4711/login?redirect_uri=x&state=y";
  run(client("echo 'go to <" + url + ">, please'\n\"$BROWSER\" '" + url +
             "'\necho http://127.0.0.1:4711/other\n"
             "\"$BROWSER\" http://127.0.0.1:4711/last\n"),
      {{"op", "login"}});
  EXPECT_THAT(opened(2), testing::UnorderedElementsAre(url, "http://127.0.0.1:4711/last"));
}

TEST_F(Program, OfALineWithoutAnEndAMegabyteIsTold) {
  run(client(
          "head -c 3000000 /dev/zero | tr '\\0' y\necho\necho http://127.0.0.1:4711/login?redirect_uri=x\n"),
      {{"op", "login"}});
  EXPECT_THAT(opened(1), testing::ElementsAre("http://127.0.0.1:4711/login?redirect_uri=x"));
  std::size_t longest = 0;
  for (const json& event : events_) longest = std::max(longest, event.value("text", "").size());
  EXPECT_EQ(longest, std::size_t{1} << 20U);
}

TEST_F(Program, ThatCannotBeStartedIsAnError) {
  Launch launch;
  launch.argv = {folder_ + "/nothing"};
  launch.directory = folder_;
  const auto client =
      make_program_client(std::move(launch), folder_, clock_, [](std::uint64_t, const json&) {});
  EXPECT_EQ(run(*client, {{"op", "chat"}}).end, Outcome::End::errored);
}

TEST_F(Program, ThatHangsTimesOutAndIsEnded) {
  Client& hanging = client("sleep 100\n");
  const auto id = hanging.begin({{"op", "chat"}});
  EXPECT_EQ(hanging.finish(id, std::chrono::milliseconds(50)).end, Outcome::End::timeout);
  EXPECT_THAT(hanging.stop(seconds(1)).left_behind, testing::IsEmpty());
}

}  // namespace
}  // namespace assay::conformance
