// The admin API against web pages, other users of the machine, and requests that are too much.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "conformance/serve/admin.h"
#include "conformance/serve/live.h"

namespace assay::serve {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AdminAbuse : public testing::Test {
 protected:
  AdminAbuse() {
    Worlds::Options options;
    options.data = ASSAY_SOURCE_DIR;
    worlds_ = std::move(Worlds::start(std::move(options), {}).value());
    admin_ = std::make_unique<Admin>(*worlds_, ASSAY_SOURCE_DIR, "http://127.0.0.1:9099");
  }

  static Request post(const std::string& target, const std::string& body, Headers headers = {}) {
    Request out;
    out.method = "POST";
    out.target = target;
    out.body = body;
    out.headers = std::move(headers);
    out.headers.push_back({"Host", "127.0.0.1:9099"});
    return out;
  }
  static Request posted_json(const std::string& target, const json& body) {
    return post(target, body.dump(), {{"Content-Type", "application/json"}});
  }
  std::string refusal(const Request& request, int status) const {
    const Response got = admin_->answer(request);
    std::string body = body_bytes(got);
    EXPECT_EQ(got.status, status) << body;
    EXPECT_LT(body.size(), 2000U);
    return body;
  }

  std::unique_ptr<Worlds> worlds_;
  std::unique_ptr<Admin> admin_;
};

// As browsers send them: text/plain needs no preflight.
TEST_F(AdminAbuse, WhatAWebPageSendsIsRefusedAndChangesNothing) {
  const std::vector<Headers> pages = {
      {{"Content-Type", "text/plain"}, {"Origin", "http://evil.example"}},
      {{"Content-Type", "text/plain"}, {"Origin", "null"}},
      {{"Content-Type", "application/json"}, {"Origin", "http://127.0.0.1:8080"}},
      {{"Content-Type", "application/json"}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Content-Type", "application/json"}, {"Sec-Fetch-Site", "same-site"}},
  };
  for (const Headers& headers : pages) {
    for (const char* target :
         {"/worlds", "/worlds/default/clock", "/worlds/default/reset", "/worlds/default/release"})
      EXPECT_THAT(refusal(post(target, R"({"name":"x","advance":"1d","hold":"h"})", headers), 403),
                  HasSubstr("web pages"));
  }
  EXPECT_THAT(refusal(post("/worlds", R"({"name":"x"})", {{"Content-Type", "text/plain"}}), 415),
              HasSubstr("application/json"));
  refusal(post("/worlds", R"({"name":"x"})"), 415);
  EXPECT_EQ(worlds_->all().size(), 1U);
  EXPECT_LT(worlds_->find(kDefaultWorld)->era->clock.wall_seconds() - std::time(nullptr), 60);
}

TEST_F(AdminAbuse, ItsOwnPagesAndProgramsAreServed) {
  Request own = posted_json("/worlds", {{"name", "x"}});
  own.headers.push_back({"Origin", "http://127.0.0.1:9099"});
  own.headers.push_back({"Sec-Fetch-Site", "same-origin"});
  EXPECT_EQ(admin_->answer(own).status, 201);
  EXPECT_EQ(admin_->answer(post("/worlds/x/reset", "")).status, 200);
  Request typed;
  typed.target = "/worlds";
  typed.headers = {{"Sec-Fetch-Site", "none"}};
  EXPECT_EQ(admin_->answer(typed).status, 200);
}

TEST_F(AdminAbuse, WithATokenOthersAreRefused) {
  admin_->set_token("horse-battery");
  Request request;
  request.target = "/worlds";
  refusal(request, 401);
  for (const char* wrong :
       {"Bearer horse-batterx", "Bearer horse", "Basic horse-battery", "horse-battery", ""}) {
    request.headers = {{"Authorization", wrong}};
    refusal(request, 401);
  }
  request.headers = {{"Authorization", "Bearer horse-battery"}};
  EXPECT_EQ(admin_->answer(request).status, 200);
}

TEST_F(AdminAbuse, FilesOutsideOfTheDataFolderAreNotRead) {
  for (const char* path :
       {"../../../../../../../../dev/zero", "/etc/passwd", "../CONTRIBUTING.md", "turns/../../README.md"})
    EXPECT_THAT(
        refusal(posted_json("/worlds", {{"name", "x"}, {"world", {{"inference", {{"fixture", path}}}}}}),
                400),
        AllOf(HasSubstr("of the data folder"), Not(HasSubstr("last read"))))
        << path;
  EXPECT_THAT(
      refusal(posted_json("/worlds", {{"name", "x"}, {"world", {{"provider", "../clients/codex"}}}}), 400),
      HasSubstr("of the data folder"));
}

TEST_F(AdminAbuse, NamesKeysAndTheClockAreBounded) {
  for (const std::string name : {"..", ".", "-a", "a/b", "", "a b"})
    refusal(posted_json("/worlds", {{"name", name}}), 400);
  refusal(posted_json("/worlds", {{"name", std::string(100'000, 'x')}}), 400);
  refusal(posted_json("/worlds", {{"name", "x"}, {"keys", {"sk a"}}}), 400);
  refusal(posted_json("/worlds", {{"name", "x"}, {"keys", {"sk\r\nX: y"}}}), 400);
  refusal(posted_json("/worlds/default/clock", {{"advance", "9000000000000000000us"}}), 400);
  EXPECT_EQ(admin_->answer(posted_json("/worlds/default/clock", {{"advance", "36000d"}})).status, 200);
  refusal(posted_json("/worlds/default/clock", {{"advance", "36000d"}}), 400);
  EXPECT_GT(worlds_->find(kDefaultWorld)->era->clock.wall_seconds(), 0);
}

// A name of 100,000 letters was compared with every known one for 7 s.
TEST_F(AdminAbuse, AWordThatIsTooLongIsNoMisspeltOne) {
  const auto begun = std::chrono::steady_clock::now();
  refusal(posted_json("/worlds", {{"name", "x"}, {"scenario", std::string(100'000, 's')}}), 400);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

TEST_F(AdminAbuse, AnExpressionThatTakesForEverElsewhereIsMatchedInTime) {
  const json rule = {
      {"path", "chat"}, {"body", {{"/x", {{"matches", "(a*)*(a*)*(a+)+$"}}}}}, {"error", {{"status", 500}}}};
  Request put = posted_json("/worlds/default/faults/inference", {{"rules", {rule}}});
  put.method = "PUT";
  EXPECT_EQ(admin_->answer(put).status, 200) << body_bytes(admin_->answer(put));
  const json ahead = {
      {"path", "chat"}, {"body", {{"/x", {{"matches", "a(?!b)"}}}}}, {"error", {{"status", 500}}}};
  put = posted_json("/worlds/default/faults/inference", {{"rules", {ahead}}});
  put.method = "PUT";
  EXPECT_THAT(refusal(put, 400), HasSubstr("not_matches"));
}

TEST_F(AdminAbuse, AWaitEndsWhenNobodyListensAnyMore) {
  Request wait;
  wait.target = "/worlds/default/journal/wait?for=POST%20chat&deadline=10m";
  std::atomic<int> looked{0};
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(admin_->answer(wait, [&] { return ++looked > 2; }).status, 504);
  EXPECT_GE(looked, 3) << "it waited, and looked again";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
}

TEST_F(AdminAbuse, WaitsLeaveRoomForOthers) {
  Request wait;
  wait.target = "/worlds/default/journal/wait?for=POST%20chat&deadline=10m";
  std::atomic<bool> over{false};
  std::atomic<int> asked{0}, refused{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 50; ++i) {
    waiters.emplace_back([&] {
      const auto told = [&, first = std::make_shared<bool>(true)] {
        if (std::exchange(*first, false)) ++asked;
        return over.load();
      };
      if (admin_->answer(wait, told).status == 503) ++refused;
    });
  }
  while (asked + refused < 50) std::this_thread::yield();
  over = true;
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(refused, 2);
}

TEST(LiveAbuse, ControlsAreEscapedAndKeysInQueriesHidden) {
  std::string shown;
  LiveView live({}, [&](std::string_view text) { shown += text; });
  JournalEntry entry;
  entry.actor = "inference";
  entry.exchange = 1;
  entry.kind = JournalKind::request;
  entry.text = "GET /v1/models?key=AIzaSyD4x9Q2mZr7LbW4xTcK8vHdYs3NpJg6Ru&x=\u009b31m\u202eabc";
  live.entry("", entry);
  entry.kind = JournalKind::done;
  entry.text.clear();
  live.entry("", entry);
  EXPECT_THAT(shown, AllOf(HasSubstr("GET /v1/models?key="), HasSubstr("\\x9b31m\\u202eabc"),
                           Not(HasSubstr("D4x9Q2mZr7"))));
}

}  // namespace
}  // namespace assay::serve
