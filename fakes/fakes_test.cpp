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
       "control-api: replication: unknown key 'dealy' (requests, delay)"},
      {{{"teams", {1}}}, "control-api: 'teams' must be a list of strings, found a list"},
      {{{"teams", json::array()}}, "control-api: expected at least one team"},
      {{{"exchange", {{"set", "x"}}}}, "control-api: exchange: 'set' must be a map, found a string"}};
  for (const auto& [settings, message] : table) EXPECT_THAT(error_of(settings), HasSubstr(message));
  EXPECT_THAT(error_of({{"auto", "yes"}}, "auth-station"),
              HasSubstr("auth-station: 'auto' must be true or false"));
}

}  // namespace
}  // namespace assay::fakes
