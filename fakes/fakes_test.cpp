#include "fakes/fakes.h"

#include <gmock/gmock.h>

namespace assay::fakes {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string error_of(const json& settings, std::string_view kind = "control-api") {
  const ManualClock clock;
  auto made = make_fake(kind, FakeConfig{settings, Random(1), &clock}, std::make_shared<WorldState>());
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
    EXPECT_THAT(error_of({{"no_such", 1}}, kind),
                HasSubstr(std::string(kind) + ": no_such: unknown setting; there are "));
    EXPECT_THAT(error_of(json::array({1}), kind), HasSubstr("expected a mapping, found [1]"));
  }
}

TEST(MakeFake, NamesTheSettingThatIsWrong) {
  const std::vector<std::pair<json, std::string>> table{
      {{{"database", "staging"}},
       "control-api: database: expected one of production, preview, found \"staging\""},
      {{{"replication", {{"requests", -1}}}},
       "control-api: replication.requests: expected a whole number, found -1"},
      {{{"replication", {{"delay", 5}}}},
       "control-api: replication.delay: expected a duration such as 300ms, 30s or 1h, found 5"},
      {{{"replication", 3}}, "control-api: replication: expected a mapping, found 3"},
      {{{"replication", {{"dealy", "5s"}}}},
       "control-api: replication.dealy: unknown setting; there are delay, requests"},
      {{{"teams", {1}}}, "control-api: teams: expected a list of texts, found [1]"},
      {{{"teams", json::array()}}, "control-api: teams: expected at least one team"},
      {{{"exchange", {{"set", "x"}}}}, "control-api: exchange.set: expected a mapping, found \"x\""}};
  for (const auto& [settings, message] : table) EXPECT_EQ(error_of(settings), message);
  EXPECT_EQ(error_of({{"auto", "yes"}}, "auth-station"),
            "auth-station: auto: expected true or false, found \"yes\"");
  EXPECT_EQ(error_of({{"token", {{"issuer", 1}}}}, "auth-station"),
            "auth-station: token.issuer: expected text, found 1");
}

}  // namespace
}  // namespace assay::fakes
