// Grants of a general authorization server, renewing them, and the store that keeps them.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "conformance/reference/callback.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/login.h"
#include "conformance/reference/test_world.h"

namespace assay::reference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

class Account : public testing::Test {
 protected:
  Home home;
  TestWorld world;

  void start(const json& settings = json::object()) {
    json all = {{"auto", true}};
    all.update(settings);
    world.add("oauth", "oauth", all);
    world.add("inference", "inference-api");
  }
  json fields(const std::string& op, const json& more = json::object()) {
    json provider = descriptor("generic-oauth");
    provider["login"]["callback"]["port"] = 0;
    json all = {{"op", op},
                {"provider", provider},
                {"urls", world.urls()},
                {"home", home.path()},
                {"deadline_ms", 10000},
                {"manual", false}};
    all.update(more);
    return all;
  }
  std::function<void(const json&)> browser() {
    return [this](const json& event) {
      if (event["kind"] != "open_url") return;
      redirect = world.visit(event["url"].get<std::string>());
      const auto [port, target] = parts_of(redirect);
      page =
          std::async(std::launch::async, [port = port, target = target] { return talk(port, get(target)); });
    };
  }
  // The forms of every token request so far.
  std::vector<Parameters> token_requests() const {
    std::vector<Parameters> forms;
    for (const HttpRequest& request : world.requests())
      if (request.url == "http://oauth.test/token") forms.push_back(read_form(request.body));
    return forms;
  }
  void given(const std::string& access, std::int64_t expires_in, const std::string& refresh) {
    const json entry = {{"kind", "oauth"},
                        {"access_token", access},
                        {"refresh_token", refresh},
                        {"expires_at", wall_now() + expires_in}};
    home.write("auth.json", json{{"generic-oauth", entry}, {"other", {{"key", "k"}}}}.dump());
  }
  std::string redirect;
  std::future<std::string> page;
};

TEST_F(Account, LogsInWithACodeAndPkce) {
  start();
  const Ran ran = run(world.parts(), fields("login"), browser());
  ASSERT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_THAT(page.get(), HasSubstr("200 OK"));
  EXPECT_TRUE(ran.result().at("renewable"));
  ASSERT_THAT(token_requests(), SizeIs(1));
  EXPECT_EQ(token_requests()[0].at("code_verifier"), ran.result().at("verifier"));
  EXPECT_EQ(token_requests()[0].at("redirect_uri"), ran.result().at("redirect_uri"));
  const json entry = home.store()["generic-oauth"];
  EXPECT_EQ(entry["access_token"], world.fake("oauth").get("live_access"));
  EXPECT_EQ(entry["refresh_token"], world.fake("oauth").get("live_refresh"));
  EXPECT_NEAR(entry["expires_at"].get<double>(), static_cast<double>(wall_now() + 3600), 5);
  EXPECT_EQ(mode_of(home.file("auth.json")), 0600U);
}

TEST_F(Account, FinishesWithAPastedRedirectWhenItsPortIsTaken) {
  start();
  LoginSpec taken;
  const auto held = bind_callback(taken);
  ASSERT_TRUE(held);
  json request = fields("login", {{"manual", true}});
  request["provider"]["login"]["callback"]["port"] = held->port;
  Answers answers;
  int prompts = 0;
  const Ran ran = run(
      world.parts(), request,
      [&](const json& event) {
        if (event["kind"] == "open_url") redirect = world.visit(event["url"].get<std::string>());
        if (event["kind"] != "prompt") return;
        if (++prompts == 1) answers.put(redirect.substr(0, redirect.find("state=")) + "state=other");
        if (prompts == 2) answers.put(redirect + "\n");
      },
      {}, &answers);
  for (const int fd : held->fds) ::close(fd);
  ASSERT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_EQ(prompts, 2) << "the wrong paste is asked for again";
  EXPECT_THAT(token_requests(), SizeIs(1));
}

TEST_F(Account, FailsAtOnceWhenThePortIsTakenAndNobodyCanPaste) {
  start();
  const auto held = bind_callback(LoginSpec{});
  ASSERT_TRUE(held);
  json request = fields("login");
  request["provider"]["login"]["callback"]["port"] = held->port;
  const Ran ran = run(world.parts(), request);
  for (const int fd : held->fds) ::close(fd);
  EXPECT_THAT(ran.error("message"), HasSubstr(std::to_string(held->port)));
  EXPECT_THAT(ran.of_kind("open_url"), IsEmpty());
}

TEST_F(Account, WantsS256OfAStrictServer) {
  start({{"metadata", {{"omit", {"code_challenge_methods_supported"}}}}});
  json strict = fields("login");
  strict["provider"]["login"]["profile"] = "strict";
  EXPECT_THAT(run(world.parts(), strict).error("message"), HasSubstr("S256"));
  const Ran lenient = run(world.parts(), fields("login"), browser());
  EXPECT_TRUE(lenient.result().value("ok", false)) << lenient.answer;
  page.get();
}

TEST_F(Account, SaysWhatTheTokenEndpointSaidWithoutTheCode) {
  start();
  std::string code;
  world.before = [&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.url != "http://oauth.test/token") return {};
    code = read_form(request.body).at("code");
    return HttpReply{
        400,
        "Bad Request",
        {},
        json{{"error", "invalid_grant"}, {"error_description", "code=" + code + " refused"}}.dump()};
  };
  const Ran ran = run(world.parts(), fields("login"), browser());
  EXPECT_EQ(ran.error("code"), "invalid_grant");
  EXPECT_EQ(ran.error("category"), "authentication");
  EXPECT_THAT(ran.error("message"), HasSubstr("refused"));
  EXPECT_THAT(ran.answer.dump() + page.get(), Not(HasSubstr(code)));
}

TEST_F(Account, TakesAnErrorWithStatus200ForAnError) {
  start();
  for (const char* body : {R"({"error":"bad_verification_code","error_description":"no"})",
                           "error=bad_verification_code&error_description=no", "<html>portal</html>", "{}"}) {
    world.before = [&](const HttpRequest& request) -> std::optional<HttpReply> {
      if (request.url != "http://oauth.test/token") return {};
      return HttpReply{200, "OK", {}, body};
    };
    EXPECT_FALSE(run(world.parts(), fields("login"), browser()).result().at("ok")) << body;
    page.get();
  }
  EXPECT_FALSE(std::filesystem::exists(home.file("auth.json")));
}

TEST_F(Account, PollsForADeviceAndSlowsDownForGood) {
  start({{"device", {"pending", "slow_down", "pending", "ok"}}, {"interval", "1s"}});
  const Ran ran = run(world.parts(), fields("login", {{"flow", "device"}, {"poll_scale", 0.001}}));
  ASSERT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_THAT(ran.of_kind("open_url").at(0).at("user_code").get<std::string>(), Not(IsEmpty()));
  std::vector<int> waits;
  for (const json& retry : ran.of_kind("retry")) waits.push_back(retry.at("after_ms").get<int>());
  EXPECT_THAT(waits, ElementsAre(1000, 6000, 6000));
}

TEST_F(Account, EndsADevicePollOnDenialAndExpiry) {
  start({{"device", {"denied"}}, {"interval", "1s"}});
  const Ran denied = run(world.parts(), fields("login", {{"flow", "device"}, {"poll_scale", 0.001}}));
  EXPECT_EQ(denied.error("code"), "access_denied");
  ASSERT_TRUE(world.fake("oauth").set("device", json::array({"expired"})));
  const Ran expired = run(world.parts(), fields("login", {{"flow", "device"}, {"poll_scale", 0.001}}));
  EXPECT_THAT(expired.error("message"), HasSubstr("expired"));
}

TEST_F(Account, PollsOnThroughARateLimitAndAGatewaysPage) {
  start({{"device", {"ok"}}, {"interval", "1s"}});
  int polls = 0;
  world.before = [&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.url != "http://oauth.test/token") return {};
    ++polls;
    if (polls == 1)
      return HttpReply{
          429, "Too Many Requests", {{"Retry-After", "2"}}, R"({"error":"temporarily_unavailable"})"};
    if (polls == 2) return HttpReply{503, "Unavailable", {{"Content-Type", "text/html"}}, "<html>no</html>"};
    return {};
  };
  const Ran ran = run(world.parts(), fields("login", {{"flow", "device"}, {"poll_scale", 0.001}}));
  EXPECT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_EQ(ran.of_kind("retry").at(0).at("after_ms"), 2000);
}

TEST_F(Account, RefreshesOnceForEightAtATime) {
  start({{"known_refresh_tokens", {"r1"}}, {"reuse", "revoke-family"}});
  given("expired", -10, "r1");
  const Parts parts = world.parts();
  std::vector<std::future<Ran>> runs;
  for (int i = 0; i < 8; ++i)
    runs.push_back(std::async(std::launch::async, [&] {
      return run(parts, fields("chat", {{"model", "small"}}));
    }));
  for (auto& one : runs) {
    const Ran ran = one.get();
    EXPECT_TRUE(ran.result().value("ok", false)) << ran.answer;
  }
  EXPECT_THAT(token_requests(), SizeIs(1));
  EXPECT_EQ(home.store()["generic-oauth"]["refresh_token"], world.fake("oauth").get("live_refresh"));
  EXPECT_EQ(home.store()["other"]["key"], "k");
}

TEST_F(Account, KeepsItsRefreshTokenWhenTheAnswerHasNone) {
  for (const char* form : {"omit", "null", "empty"}) {
    TestWorld one;
    one.add("oauth", "oauth", {{"known_refresh_tokens", {"r1"}}, {"refresh", form}});
    given("expired", -10, "r1");
    json request = fields("refresh");
    request["urls"] = one.urls();
    const Ran ran = run(one.parts(), request);
    EXPECT_TRUE(ran.result().value("refreshed", false)) << form << ran.answer;
    EXPECT_EQ(home.store()["generic-oauth"]["refresh_token"], "r1") << form;
  }
}

TEST_F(Account, ForgetsAGrantOnlyWhenTheServerSaysThatItIsDead) {
  start();
  given("expired", -10, "r-unknown");
  const std::string before = *read_file(home.file("auth.json"));
  for (const int status : {503, 429}) {
    world.before = [&](const HttpRequest& request) -> std::optional<HttpReply> {
      if (request.method != "POST") return {};
      return HttpReply{status, "", {{"Content-Type", "text/html"}}, "<html>later</html>"};
    };
    EXPECT_FALSE(run(world.parts(), fields("refresh")).result().at("ok"));
    EXPECT_EQ(*read_file(home.file("auth.json")), before);
  }
  world.before = nullptr;
  const Ran dead = run(world.parts(), fields("refresh"));
  EXPECT_EQ(dead.error("category"), "authentication");
  EXPECT_THAT(dead.error("message"), HasSubstr("log in again"));
  const std::size_t asked = token_requests().size();
  EXPECT_FALSE(run(world.parts(), fields("chat", {{"model", "small"}})).result().at("ok"));
  EXPECT_THAT(token_requests(), SizeIs(asked)) << "a dead grant is not tried again";
  EXPECT_EQ(run(world.parts(), fields("status")).error("code"), "expired");
}

TEST_F(Account, GoesOnWithARenewedTokenThatCannotBeSaved) {
  start({{"known_refresh_tokens", {"r1"}}});
  given("expired", -10, "r1");
  Parts parts = world.parts();
  parts.write_file = [](const std::string&, const std::string&) -> Outcome<void> {
    return failure(Category::storage, "read-only", "store");
  };
  const Ran ran = run(parts, fields("chat", {{"model", "small"}}));
  EXPECT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_EQ(ran.of_kind("notice").at(0).at("code"), "not-saved");
}

TEST_F(Account, TakesUpACredentialThatAnotherProcessPutThere) {
  start({{"known_access_tokens", {{"a-new", "1h"}}}});
  home.write("auth.json", R"({"generic-oauth":{"kind":"api_key","key":"a-old"}})");
  world.before = [&](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.method == "POST")
      home.write("auth.json", R"({"generic-oauth":{"kind":"api_key","key":"a-new"}})");
    return {};
  };
  const Ran ran = run(world.parts(), fields("chat", {{"model", "small"}}));
  EXPECT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_EQ(ran.result().at("attempts"), 2);
}

TEST_F(Account, RevokesTheWholeGrantOnLogout) {
  start();
  ASSERT_TRUE(run(world.parts(), fields("login"), browser()).result().value("ok", false));
  page.get();
  const Ran out = run(world.parts(), fields("logout"));
  EXPECT_EQ(out.result().at("revoked"), true);
  EXPECT_EQ(world.fake("oauth").get("live_refresh_tokens"), 0);
  EXPECT_FALSE(home.store().contains("generic-oauth"));
}

TEST(CredentialFrom, UnderstandsTheLifetimesThatServersSend) {
  const auto expiry = [](const json& expires_in) {
    return credential_from({{"access_token", "a"}, {"expires_in", expires_in}}, nullptr, 1000)
        .value("expires_at", -1);
  };
  EXPECT_EQ(expiry(3600), 4600);
  EXPECT_EQ(expiry("3600"), 4600);
  EXPECT_EQ(expiry(3600.5), 4600);
  for (const json& unknown : {json(0), json(-1), json(nullptr), json("soon"), json(1e300)})
    EXPECT_EQ(expiry(unknown), -1) << unknown;
}

TEST(Store, IsNeverTakenForEmptyWhenItIsBroken) {
  const Home home;
  home.write("auth.json", R"({"anthropic":{"key":"k1")");
  const auto store = load_store(home.path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().category, Category::storage);
  EXPECT_THAT(store.error().message, HasSubstr("auth.json"));
}

TEST(Store, IsWrittenWholeOrNotAtAllAndPrivateWhateverTheUmask) {
  const Home home;
  const std::string path = home.file("auth.json");
  home.write("auth.json", "old");
  ::chmod(path.c_str(), 0644);
  const mode_t umask_before = ::umask(0);
  EXPECT_TRUE(write_private_file(path, "new"));
  ::umask(umask_before);
  EXPECT_EQ(mode_of(path), 0600U);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto refused = write_private_file(path, std::string(1000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_FALSE(refused);
  EXPECT_EQ(*read_file(path), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(home.path()), {}), 1)
      << "a temporary file stayed";
}

TEST(StoreLock, HoldsOffOthersAndEndsWithItsOwner) {
  const Home home;
  auto mine = lock_store(home.path(), Deadline::in(Millis(1000)), Cancel());
  ASSERT_TRUE(mine);
  const auto refused = lock_store(home.path(), Deadline::in(Millis(30)), Cancel());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().category, Category::timeout);
  auto waiting = std::async(std::launch::async, [&] {
    return lock_store(home.path(), Deadline::in(Millis(5000)), Cancel()).has_value();
  });
  mine->held.reset();
  EXPECT_TRUE(waiting.get());
}

}  // namespace
}  // namespace assay::reference
