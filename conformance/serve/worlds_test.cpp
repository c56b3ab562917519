// Worlds over real sockets: what each scenario promises, merging, keys, threads.
#include "conformance/serve/worlds.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "conformance/serve/scenarios.h"
#include "harness/http/client.h"

namespace assay::serve {
namespace {

using nlohmann::json;

std::unique_ptr<Worlds> worlds_of(WorldOrder order, unsigned threads = 1) {
  Worlds::Options options;
  options.data = ASSAY_SOURCE_DIR;
  options.threads = threads;
  auto worlds = Worlds::start(std::move(options), std::move(order));
  EXPECT_TRUE(worlds) << worlds.error().text();
  return std::move(*worlds);
}

// "200", "503"; how the exchange ended where it did not end well; then whether the answer is HTML.
std::string chat(const WorldView& world, const std::string& key = {}) {
  Request request;
  request.method = "POST";
  request.target.clear();
  request.headers = {{"Authorization", "Bearer " + (key.empty() ? world.key : key)}};
  request.body = R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})";
  http::ClientOptions options;
  options.stall_deadline = std::chrono::milliseconds(300);
  const auto url = http::parse_url(world.urls.at("inference") + "/v1/chat/completions").value();
  const auto got = http::fetch(url, request, options);
  std::string out = got.outcome.head ? std::to_string(got.outcome.head->status) : "none";
  if (!got.outcome.ok()) out += " " + std::string(http::to_string(got.outcome.end));
  if (got.body.find("<html") != std::string::npos) out += " html";
  return out;
}

TEST(Scenarios, EachDoesWhatItsTitleSays) {
  const auto worlds = worlds_of({});
  const std::map<std::string, std::vector<std::string>> promised = {
      {"healthy", {"200", "200"}},
      {"rate-limited", {"200", "200", "429"}},
      {"overloaded", {"503", "503"}},
      {"overloaded-once", {"503", "200"}},
      {"unauthorized", {"401"}},
      {"html-interstitial", {"403 html"}},
      {"slow", {"200"}},
      {"reset-in-stream", {"200 reset"}},
      {"truncated-stream", {"200 truncated-chunked"}},
      {"stalled-stream", {"200 stalled"}},
      {"byte-by-byte", {"200"}},
      {"key-not-replicated", {}},  // of minted keys alone; a case of worldrouter/exchange has the same world
  };
  std::set<std::string> names, tried;
  const auto scenarios = load_scenarios(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(scenarios) << scenarios.error().text();
  for (const Scenario& scenario : *scenarios) {
    if (scenario.of_case) continue;
    names.insert(scenario.name);
    WorldOrder order;
    order.name = scenario.name;
    order.scenario = scenario.name;
    const auto world = worlds->create(order);
    ASSERT_TRUE(world) << scenario.name << ": " << world.error().text();
    const auto expected = promised.find(scenario.name);
    ASSERT_NE(expected, promised.end()) << scenario.name << " is not tried";
    tried.insert(scenario.name);
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < expected->second.size(); ++i) seen.push_back(chat(*world));
    EXPECT_EQ(seen, expected->second) << scenario.name;
  }
  EXPECT_EQ(names, tried);
  EXPECT_EQ(names.size(), promised.size());
}

TEST(Scenarios, TheWorldOfACaseIsOne) {
  const auto worlds = worlds_of({});
  const auto scenarios = load_scenarios(ASSAY_SOURCE_DIR);
  ASSERT_TRUE(scenarios) << scenarios.error().text();
  std::size_t cases = 0;
  std::set<std::string> suites;  // the first case of each will do
  for (const Scenario& scenario : *scenarios) {
    if (!scenario.of_case || !suites.insert(scenario.name.substr(0, scenario.name.rfind('/'))).second)
      continue;
    WorldOrder order;
    order.name = "case-" + std::to_string(++cases);
    order.world = scenario.world;
    order.own_listeners = true;  // cases may need other fakes, and break listeners
    const auto world = worlds->create(order);
    EXPECT_TRUE(world) << scenario.name << ": " << (world ? "" : world.error().text());
    if (!world) continue;
    EXPECT_TRUE(worlds->remove(order.name));
  }
  EXPECT_GT(cases, 8U);
}

TEST(ServedWorlds, AWorldIsMergedOverItsScenario) {
  WorldOrder order;
  order.scenario = "overloaded";
  order.world = {{"inference", {{"error", {{"status", 529}}}}}};
  const auto worlds = worlds_of(order);
  EXPECT_EQ(chat(worlds->find(kDefaultWorld).value()), "529");
}

TEST(ServedWorlds, TheKeyOfAWorldThatNobodyLogsInToIsAny) {
  WorldOrder order;
  order.world = {{"provider", "deepseek"}};
  const auto worlds = worlds_of(order);
  EXPECT_EQ(chat(worlds->find(kDefaultWorld).value(), "sk-whatever"), "200");
  order = {};
  order.name = "named";
  order.keys = {"sk-named"};
  const auto named = worlds->create(order);
  ASSERT_TRUE(named) << named.error().text();
  EXPECT_EQ(chat(*named), "200");
  EXPECT_EQ(chat(*named, "sk-whatever"), "401");
}

TEST(ServedWorlds, SeveralThreadsServeWorldsThatComeAndGo) {
  const auto worlds = worlds_of({}, 4);
  std::vector<std::thread> tests;
  for (int i = 0; i < 3; ++i) {
    tests.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        WorldOrder order;
        order.name = "w" + std::to_string(i) + "-" + std::to_string(round);
        const auto world = worlds->create(order);
        ASSERT_TRUE(world) << world.error().text();
        EXPECT_EQ(chat(*world), "200");
        EXPECT_EQ(worlds->get(order.name, "inference.requests").value(), 1);
        const auto fresh = worlds->reset(order.name);
        ASSERT_TRUE(fresh);
        EXPECT_EQ(chat(*fresh), "200");
        ASSERT_TRUE(worlds->remove(order.name));
        EXPECT_EQ(chat(*fresh), "404");
      }
    });
  }
  for (std::thread& test : tests) test.join();
  EXPECT_EQ(worlds->all().size(), 1U);
}

}  // namespace
}  // namespace assay::serve
