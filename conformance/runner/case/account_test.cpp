#include "conformance/runner/case/account.h"

#include <gmock/gmock.h>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/case/world_spec.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Result<Account> account_in(const std::string& text) {
  return parse_account(load_yaml(text, "x.yaml").value());
}

TEST(Account, SaysWhatIsWrongAndWhere) {
  const std::string good = "name: x\ntitle: X\n";
  EXPECT_TRUE(account_in(good + "flows: [browser]\nworld: {auth: {hosts: [auth.x.test]}}\n"));
  EXPECT_THAT(account_in(good + "flows: [brwser]\n").error().text(),
              HasSubstr("x.yaml:3: unknown flow 'brwser', did you mean 'browser'?"));
  EXPECT_THAT(account_in(good + "flows: []\n").error().text(), HasSubstr("expected at least one flow"));
  EXPECT_THAT(account_in(good + "flows: [paste]\nprotocol: antropic\n").error().text(),
              HasSubstr("did you mean 'anthropic'?"));
  EXPECT_THAT(account_in(good + "flows: [paste]\nhost: x\n").error().text(), HasSubstr("unknown key 'host'"));
}

TEST(Account, TheWorldOfTheCaseLiesOverThatOfTheAccount) {
  Account account;
  account.world = json::parse(
      R"({"auth": {"hosts": ["a"], "clients": {"c": {"redirect_uris": ["r"]}}, "rules": [{"path": "/mine"}]},
                                  "inference": {"turn": "pong"}})");
  const json world = world_of(
      account,
      json::parse(R"({"auth": {"clients": {"d": {}}, "rules": [{"path": "/case"}]}, "ports_busy": [1455]})"));
  EXPECT_EQ(world,
            json::parse(R"({"provider": "generic-oauth", "ports_busy": [1455], "inference": {"turn": "pong"},
      "auth": {"hosts": ["a"], "clients": {"c": {"redirect_uris": ["r"]}, "d": {}}, "rules": [{"path": "/case"}, {"path": "/mine"}]}})"));
}

Case case_with(const std::string& more) {
  return parse_suite(
             "suite: s\ncases:\n  - id: x\n    title: X\n    do: [{chat: {as: C}}]\n"
             "    expect: {done: {C: {ok: true}}}\n" +
                 more,
             "x.yaml")
      .value()
      .at(0);
}

TEST(Account, ACaseForOtherFlowsIsNotAsked) {
  const Case device = case_with("    flows: [device, paste]\n");
  EXPECT_EQ(wrong_flow(device, "browser"),
            "the case is about a login by device or paste, the client signs in by browser");
  EXPECT_EQ(wrong_flow(device, "paste"), "");
  EXPECT_EQ(wrong_flow(device, ""), "");
  EXPECT_EQ(wrong_flow(case_with(""), "browser"), "");
}

TEST(Account, ThoseOfThisTreeMakeWorlds) {
  const auto accounts = load_accounts(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(accounts) << accounts.error().text();
  ASSERT_FALSE(accounts->empty());
  const Case one = case_with("    requires: [account]\n");
  for (const Account& account : *accounts) {
    const auto plan = plan_world(one, ASSAY_SOURCE_DIR, 1, account.name);
    ASSERT_TRUE(plan) << plan.error().text();
    EXPECT_EQ(plan->account, account.name);
    EXPECT_EQ(plan->provider["default_api"], account.protocol);
  }
  EXPECT_EQ(plan_world(one, ASSAY_SOURCE_DIR, 1)->account, kGenericAccount);
  EXPECT_THAT(plan_world(one, ASSAY_SOURCE_DIR, 1, "nobody").error().text(),
              HasSubstr("unknown account 'nobody'"));
}

}  // namespace
}  // namespace assay::conformance
