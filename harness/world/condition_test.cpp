#include "harness/world/condition.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

using nlohmann::json;
using testing::HasSubstr;

bool holds_all(const json& condition, const json& found) {
  return all_hold(parse_condition(condition).value(), &found);
}

TEST(Condition, NotMatchesIsTheOppositeOfMatchesForWhatIsThere) {
  EXPECT_TRUE(holds_all({{"matches", "[0-9a-f]{8}"}}, "key deadbeef"));
  EXPECT_FALSE(holds_all({{"not_matches", "[0-9a-f]{8}"}}, "key deadbeef"));
  EXPECT_TRUE(holds_all({{"not_matches", "[0-9a-f]{8}"}}, "key"));
  EXPECT_TRUE(holds_all({{"matches", "k"}, {"not_matches", "x"}}, "key"));
  EXPECT_TRUE(holds_all({{"not_matches", "src=|href="}}, "a\nb"));
  EXPECT_FALSE(holds_all({{"not_matches", "src=|href="}}, "a\nb href=x"));
  EXPECT_FALSE(holds(parse_condition({{"not_matches", "x"}})->front(), nullptr)) << "nothing is there";
  EXPECT_EQ(describe(parse_condition({{"not_matches", "x"}})->front()),
            "something that does not match \"x\"");
}

TEST(Condition, AnExpressionThatCannotBeReadIsRefusedWhenItIsLoaded) {
  EXPECT_THAT(parse_condition({{"matches", "^(?!.*x)"}}).error().message, HasSubstr("use not_matches"));
  EXPECT_THAT(parse_condition({{"not_matches", "("}}).error().message, HasSubstr("not a regular expression"));
  EXPECT_FALSE(parse_condition({{"matches", std::string(20'000, '(')}}));
}

}  // namespace
}  // namespace assay
