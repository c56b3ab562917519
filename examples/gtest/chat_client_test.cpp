// What the client does when its provider works, and when it does not. Each test has a provider of its own.
#include <assay/fakes/fakes.h>
#include <assay/testing/matchers.h>
#include <assay/testing/world.h>
#include <gmock/gmock.h>

#include "chat_client.h"

namespace {

using assay::testing::IsSanitized;
using assay::testing::Sent;
using assay::testing::SentInOrder;
using assay::testing::StreamsText;
using assay::testing::World;

TEST(ChatClient, SaysWhatTheModelSays) {
  const World world("inference: {turn: {text: Hello there}}");
  const Reply reply = chat(world.url() + "/v1", world.key(), "hi");
  EXPECT_TRUE(reply.ok);
  EXPECT_EQ(reply.text, "Hello there");
  EXPECT_THAT(reply.body, StreamsText("Hello there"));
  EXPECT_THAT(world, Sent("POST chat", 1));
}

TEST(ChatClient, TriesOnceMoreWhenTheProviderIsBusy) {
  World world;
  world.set_faults("inference", {{"rules", {{{"path", "chat"}, {"nth", 1}, {"error", {{"status", 503}}}}}}});
  EXPECT_TRUE(chat(world.url() + "/v1", world.key(), "hi").ok);
  EXPECT_THAT(world, SentInOrder("POST chat 503", "POST chat 200"));
}

TEST(ChatClient, GivesUpAfterTheSecondTime) {
  const World world({}, {.scenario = "overloaded"});
  EXPECT_FALSE(chat(world.url() + "/v1", world.key(), "hi").ok);
  EXPECT_THAT(world, Sent("POST chat 503", 2));
}

TEST(ChatClient, TellsAPersonNothingOfTheFirewallsPage) {
  const World world({}, {.scenario = "html-interstitial"});
  const Reply reply = chat(world.url() + "/v1", world.key(), "hi");
  EXPECT_FALSE(reply.ok);
  EXPECT_THAT(reply.text, IsSanitized({world.key()}));
  EXPECT_THAT(reply.body, testing::Not(IsSanitized()));  // as the provider sent it
}

TEST(ChatClient, SurvivesAProviderThatIsDown) {
  World world;
  world.set_faults("inference", {{"listen", {"refuse"}}});
  EXPECT_EQ(chat(world.url() + "/v1", world.key(), "hi").text, "The provider does not answer.");
}

// A fake is a state machine without sockets: it can be asked by calling it.
TEST(Fake, CanBeAskedWithoutASocket) {
  const assay::SystemClock clock;
  const auto factory = assay::fakes::make_factory({});
  const auto fake = factory("inference-api", {{{"turn", {{"text", "Hello"}}}}, assay::Random(1), &clock});
  ASSERT_TRUE(fake) << fake.error().text();
  assay::Request request;
  request.method = "POST";
  request.target = "/v1/chat/completions";
  request.headers = {{"Authorization", "Bearer any"}};
  request.body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
  assay::Call call;
  call.request = &request;
  const assay::Actions actions = (*fake)->on_body(call);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_THAT(assay::body_bytes(std::get<assay::Respond>(actions.front()).response), StreamsText("Hello"));
}

}  // namespace
