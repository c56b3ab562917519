#include "fakes/fakes.h"

#include <gmock/gmock.h>

#include "fakes/common/order.h"
#include "fakes/common/test_caller.h"

namespace assay::fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string error_of(const json& settings, std::string_view kind = "control-api") {
  const ManualClock clock;
  auto made =
      make_fake(kind, FakeConfig{settings, Random(1), &clock}, make_state(ASSAY_SOURCE_DIR "/fixtures"));
  return made ? "" : made.error().message;
}

TEST(MakeFake, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(
      error_of({}, "auth-statoin"), "there is no fake 'auth-statoin'; there are " + [] {
        std::string all;
        for (const auto kind : kinds()) all += (all.empty() ? "" : ", ") + std::string(kind);
        return all;
      }());
  for (const auto kind : kinds()) {
    EXPECT_EQ(error_of(json::object(), kind), "") << kind;
    EXPECT_EQ(error_of(nullptr, kind), "") << kind;
    EXPECT_THAT(error_of({{"no_such", 1}}, kind), HasSubstr(std::string(kind) + ": unknown key 'no_such'"));
    EXPECT_THAT(error_of(json::array({1}), kind),
                HasSubstr(std::string(kind) + ": expected a map, found a list"));
  }
}

TEST(MakeFake, NamesTheSettingThatIsWrong) {
  const std::vector<std::pair<json, std::string>> table{
      {{{"database", "staging"}}, "control-api: unknown database 'staging' (production, preview)"},
      {{{"databse", "preview"}}, "control-api: unknown key 'databse', did you mean 'database'?"},
      {{{"replication", {{"requests", -1}}}}, "control-api: replication: 'requests' must be 0 or more"},
      {{{"replication", {{"delay", 5}}}}, "control-api: replication: 'delay' must be a duration such as"},
      {{{"replication", 3}}, "control-api: replication: expected a map, found a number"},
      {{{"replication", {{"dealy", "5s"}}}},
       "control-api: replication: unknown key 'dealy', did you mean 'delay'? (requests, delay)"},
      {{{"teams", {1}}}, "control-api: 'teams' must be a list of strings, found a list"},
      {{{"teams", json::array()}}, "control-api: expected at least one team"},
      {{{"exchange", {{"set", "x"}}}}, "control-api: exchange: 'set' must be a map, found a string"}};
  for (const auto& [settings, message] : table) EXPECT_THAT(error_of(settings), HasSubstr(message));
  EXPECT_THAT(error_of({{"auto", "yes"}}, "auth-station"),
              HasSubstr("auth-station: 'auto' must be true or false"));
}

std::string order_error(const json& order) {
  const ManualClock clock;
  const auto fake = make_fake("auth-station", FakeConfig{nullptr, Random(1), &clock},
                              make_state(ASSAY_SOURCE_DIR "/fixtures"));
  const auto checked = (*fake)->check_order(order);
  return checked ? "" : checked.error().message;
}

TEST(Orders, AreCheckedBeforeAnythingRuns) {
  EXPECT_EQ(order_error({{"respond", {{"status", 503}}}}), "");
  EXPECT_THAT(order_error({{"respnd", {{"status", 503}}}}),
              HasSubstr("unknown key 'respnd', did you mean 'respond'?"));
  EXPECT_EQ(order_error({{"respond", {{"status", 100}}}}), "respond: 'status' must be 200 to 599, found 100");
  EXPECT_EQ(order_error({{"respond", {{"json", 1}, {"text", "x"}}}}),
            "respond: at most one of 'json', 'html' and 'text'");
  EXPECT_THAT(order_error({{"respond", {{"headers", {{"A", 5}}}}}}), HasSubstr("header 'A' must be text"));
}

TEST(Orders, RespondReplacesTheAnswer) {
  TestWorld world;
  world.make("control", "control-api");
  const auto call = [&](const json& respond) {
    const json rule{{"respond", respond}};
    return world.call("control", "POST", "/auth/exchange", {}, "", &rule);
  };
  const auto limited =
      call({{"status", 429},
            {"headers", {{"Retry-After", {{"date_in", "2600ms"}}}, {"Set-Cookie", {"a=1", "b=2"}}}},
            {"json", {{"error", "slow"}}}});
  EXPECT_EQ(limited.status(), 429);
  EXPECT_EQ(limited.header("Content-Type"), "application/json");
  EXPECT_EQ(limited.header("Retry-After"), imf_fixdate(world.clock.wall_seconds() + 3));
  EXPECT_EQ(limited.body(), R"({"error":"slow"})");
  const auto page =
      call({{"status", 502}, {"html", "<b>"}, {"content_type", "application/json"}, {"delay", "1s"}});
  EXPECT_EQ(page.header("Content-Type"), "application/json");
  EXPECT_EQ(page.response.head_delay, std::chrono::seconds(1));
  EXPECT_EQ(page.body(), "<b>");
  const auto bare = call({{"status", 401}, {"reason", "No"}});
  EXPECT_EQ(bare.header("Content-Type"), "");
  EXPECT_EQ(bare.body(), "");
  EXPECT_EQ(bare.response.reason, "No");
  EXPECT_EQ(call({{"text", "x"}, {"content_type", ""}}).body(), "x");
}

TEST(Orders, DatesAreImfFixdates) {
  EXPECT_EQ(imf_fixdate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // the example of RFC 9110
}

}  // namespace
}  // namespace assay::fakes
