#include "conformance/reference/callback.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/http.h"
#include "conformance/reference/test_world.h"

namespace assay::reference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Login : public testing::Test {
 protected:
  Home home;
  TestWorld world;

  json fields(json more = json::object()) {
    json provider = descriptor("worldrouter");
    provider["login"]["callback"]["port"] = 0;
    json all = {{"op", "login"},       {"provider", provider}, {"urls", world.urls()},
                {"home", home.path()}, {"deadline_ms", 10000}, {"manual", false}};
    all.update(more);
    return all;
  }
  // A browser that goes where the login page sends it.
  std::function<void(const json&)> browser() {
    return [this](const json& event) {
      if (event["kind"] != "open_url") return;
      const auto [port, target] = parts_of(world.visit(event["url"].get<std::string>()));
      page =
          std::async(std::launch::async, [port = port, target = target] { return talk(port, get(target)); });
    };
  }
  std::future<std::string> page;
};

TEST_F(Login, TurnsTheRedirectsTokenIntoAKeyByTwoHops) {
  world.add_worldrouter();
  const Ran ran = run(world.parts(), fields(), browser());
  ASSERT_TRUE(ran.result().value("ok", false)) << ran.answer;
  EXPECT_THAT(page.get(), HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(world.seen(),
              ElementsAre("GET /login", "POST /auth/exchange", "POST /platform/v1/teams/team-1/keys"));
  const std::string key = world.fake("control").get("key").get<std::string>();
  EXPECT_EQ(home.store()["worldrouter"]["key"], key);
  EXPECT_EQ(home.store()["worldrouter"]["kind"], "oauth");
  EXPECT_THAT(ran.answer.dump(), Not(HasSubstr(key)));
  EXPECT_EQ(ran.result().value("key_tail", json()), key.substr(key.size() - 4));
}

TEST_F(Login, SaysWhyTheMintWasRefused) {
  world.add_worldrouter();
  Parts parts = world.parts();
  parts.mint = [](const Call& call, Tokens tokens, const std::string& once) {
    tokens.session_token = tokens.auth_token;
    return mint(call, tokens, once);
  };
  const Ran ran = run(parts, fields(), browser());
  EXPECT_FALSE(ran.result().value("ok", true));
  EXPECT_EQ(ran.error("category"), "authentication");
  EXPECT_EQ(ran.error("status"), 401);
  EXPECT_EQ(ran.error("code"), "litellm_unauthorized");
  EXPECT_EQ(ran.error("stage"), "mint");
  EXPECT_THAT(ran.error("message"), HasSubstr("Invalid Infer session token"));
  EXPECT_THAT(page.get(), HasSubstr("Invalid Infer session token"));
  EXPECT_FALSE(std::filesystem::exists(home.file("auth.json")));
}

TEST_F(Login, MakesNoKeyWithoutATeam) {
  world.add("auth", "auth-station", {{"auto", true}, {"accepted_origins", {"http://127.0.0.1:*"}}});
  world.add("control", "control-api", {{"exchange", {{"set", {{"default_team_id", nullptr}}}}}});
  const Ran ran = run(world.parts(), fields(), browser());
  EXPECT_THAT(ran.error("message"), HasSubstr("default_team_id"));
  EXPECT_THAT(world.seen(), ElementsAre("GET /login", "POST /auth/exchange"));
  page.get();
}

TEST_F(Login, HonoursADenialOfItsOwnAttempt) {
  world.add_worldrouter();
  const Ran ran = run(world.parts(), fields(), [this](const json& event) {
    const auto url = event["url"].get<std::string>();
    const auto port = parts_of(*query_value(url, "redirect_uri")).first;
    const std::string denied = "/callback?error=access_denied&error_description=%1B%5B2Jnot%20today&state=";
    talk(port, get(denied + "OTHER"));
    page =
        std::async(std::launch::async, [=] { return talk(port, get(denied + *query_value(url, "state"))); });
  });
  EXPECT_EQ(ran.error("category"), "authentication");
  EXPECT_EQ(ran.error("code"), "access_denied");
  EXPECT_EQ(ran.error("message"), "the sign-in was refused: access_denied: not today");
  EXPECT_THAT(page.get(), HasSubstr("400 Bad Request"));
}

TEST_F(Login, GivesUpAtItsDeadlineAndFreesThePort) {
  world.add_worldrouter();
  std::uint16_t port = 0;
  const Ran ran = run(world.parts(), fields({{"callback_wait_ms", 50}}), [&](const json& event) {
    port = parts_of(*query_value(event["url"].get<std::string>(), "redirect_uri")).first;
  });
  EXPECT_EQ(ran.error("category"), "timeout");
  EXPECT_THAT(ran.error("message"), HasSubstr("waiting for the redirect to http://127.0.0.1:"));
  EXPECT_NE(port, 0);
  LoginSpec again;
  again.port = port;
  const auto bound = bind_callback(again);
  ASSERT_TRUE(bound);
  for (const int fd : bound->fds) ::close(fd);
}

TEST_F(Login, IsCancelledWhileABrowserHoldsAConnection) {
  world.add_worldrouter();
  const Cancel cancel;
  int held = -1;
  const Ran ran = run(
      world.parts(), fields(),
      [&](const json& event) {
        const auto port = parts_of(*query_value(event["url"].get<std::string>(), "redirect_uri")).first;
        held = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        ASSERT_EQ(::connect(held, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        cancel.cancel();
      },
      cancel);
  ::close(held);
  EXPECT_EQ(ran.error("category"), "cancelled");
}

TEST_F(Login, EndsTheKeyOfTheLoginBefore) {
  world.add_worldrouter();
  const Parts parts = world.parts();
  ASSERT_TRUE(run(parts, fields(), browser()).result().value("ok", false));
  page.get();
  ASSERT_TRUE(run(parts, fields(), browser()).result().value("ok", false));
  page.get();
  EXPECT_EQ(world.fake("control").get("keys_minted"), 2);
  EXPECT_EQ(world.fake("control").get("live_keys"), 1);
}

TEST_F(Login, LogsOutAtTheProviderAndHere) {
  world.add_worldrouter();
  const Parts parts = world.parts();
  ASSERT_TRUE(run(parts, fields(), browser()).result().value("ok", false));
  page.get();
  const Ran out = run(parts, fields({{"op", "logout"}}));
  EXPECT_EQ(out.result().value("revoked", json()), true);
  EXPECT_EQ(out.result().value("removed", json()), true);
  EXPECT_FALSE(home.store().contains("worldrouter"));
  EXPECT_EQ(world.fake("control").get("live_keys"), 0);
  const Ran again = run(parts, fields({{"op", "logout"}}));
  EXPECT_EQ(again.result().value("ok", false), true);
  EXPECT_EQ(again.result().value("removed", json()), false);
}

TEST_F(Login, ForgetsTheKeyHereEvenWhenTheProviderDoesNotRevokeIt) {
  world.add_worldrouter();
  const Parts parts = world.parts();
  ASSERT_TRUE(run(parts, fields(), browser()).result().value("ok", false));
  page.get();
  world.before = [](const HttpRequest& request) -> std::optional<HttpReply> {
    if (request.method != "DELETE") return {};
    return HttpReply{503, "Service Unavailable", {}, ""};
  };
  const Ran out = run(parts, fields({{"op", "logout"}}));
  EXPECT_EQ(out.result().value("revoked", json()), false);
  EXPECT_FALSE(home.store().contains("worldrouter"));
}

TEST_F(Login, KeepsAPastedKeyWithoutBlanksAndRefusesWhatIsNoKey) {
  const Parts parts = world.parts();
  EXPECT_EQ(run(parts, fields({{"flow", "api-key"}, {"key", " sk-abc123\n"}})).result().value("ok", false),
            true);
  EXPECT_EQ(home.store()["worldrouter"]["key"], "sk-abc123");
  for (const char* bad : {"", "  ",
                          "sk-\xE2\x80\x8B"
                          "abc",
                          "sk abc"})
    EXPECT_FALSE(run(parts, fields({{"flow", "api-key"}, {"key", bad}})).result().value("ok", false)) << bad;
  EXPECT_EQ(home.store()["worldrouter"]["key"], "sk-abc123");
}

TEST_F(Login, MovesAnEntryOfAFormerIdToTheNewOne) {
  home.write("auth.json",
             R"({"worldagent":{"kind":"api_key","key":"sk-old"},"other":{"kind":"api_key","key":"k"}})");
  EXPECT_EQ(run(world.parts(), fields({{"op", "status"}})).result().value("credential_state", json()),
            "present");
  ASSERT_TRUE(
      run(world.parts(), fields({{"flow", "api-key"}, {"key", "sk-new"}})).result().value("ok", false));
  EXPECT_EQ(home.store(),
            json::parse(
                R"({"worldrouter":{"kind":"api_key","key":"sk-new"},"other":{"kind":"api_key","key":"k"}})"));
}

TEST(Flow, IsTheAskedOneElseTheDescriptorsElseTheFamilys) {
  Provider provider;
  EXPECT_EQ(choose_flow(provider, ""), "api-key");
  provider.oauth_family = "auth-station";
  EXPECT_EQ(choose_flow(provider, ""), "token-redirect");
  provider.login.flow = "device";
  EXPECT_EQ(choose_flow(provider, ""), "device");
  EXPECT_EQ(choose_flow(provider, "api-key"), "api-key");
}

}  // namespace
}  // namespace assay::reference
