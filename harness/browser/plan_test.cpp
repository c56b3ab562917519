#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/browser/browser.h"

namespace assay::browser {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

TEST(BrowserPlan, ReadsEveryKey) {
  const auto plan = read_plan({{"approve", false},
                               {"deliver", "fetch-post"},
                               {"address", "ipv6-then-ipv4"},
                               {"https_only", true},
                               {"send_after", "300ms"},
                               {"split", 1},
                               {"half_close", true},
                               {"late_fin", "1s"},
                               {"copies", 2},
                               {"logins", 3},
                               {"first", {"preflight", {{"wait", "5ms"}}}},
                               {"then", {"favicon"}},
                               {"answer_deadline", "2s"},
                               {"deadline", "3s"}});
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->deliver, Deliver::fetch_post);
  EXPECT_EQ(plan->split_bytes, 1U);
  EXPECT_EQ(plan->first, (std::vector<Extra>{{Extra::Kind::preflight, "", Micros(0)},
                                             {Extra::Kind::wait, "", milliseconds(5)}}));
  EXPECT_EQ(plan->deadline, seconds(3));
  EXPECT_EQ(read_plan(nullptr), Plan{});
  EXPECT_EQ(read_plan(nlohmann::json::object()), Plan{});
}

TEST(BrowserPlan, NamesWhatIsWrong) {
  const auto why = [](const nlohmann::json& map) {
    const auto plan = read_plan(map);
    return plan ? "" : plan.error().message;
  };
  EXPECT_THAT(why({{"send_afer", "1s"}}),
              StartsWith("browser: unknown key 'send_afer', did you mean 'send_after'?"));
  EXPECT_THAT(why({{"send_after", 300}}), StartsWith("browser: 'send_after' must be"));
  EXPECT_THAT(why({{"first", {"favicon", "favicn"}}}),
              StartsWith("browser: unknown extra 'favicn', did you mean 'favicon'?"));
  EXPECT_EQ(why({{"first", {{{"get", "x"}}}}}), "browser: 'get' in 'first' takes a path that begins with /");
  EXPECT_THAT(why({{"first", {"wait"}}}), StartsWith("browser: 'wait' in 'first' takes "));
  EXPECT_THAT(why({{"first", {1}}}), StartsWith("browser: 'first' must list words"));
  EXPECT_THAT(why({{"split", {{"byte", 1}}}}), HasSubstr("bytes"));
  EXPECT_EQ(why({{"split", 0}}), "browser: 'split' must be from 1 to 1000, found 0");
  EXPECT_THAT(why({{"deliver", "post"}}), HasSubstr("navigate, fetch, fetch-post, none"));
  EXPECT_EQ(why({{"copies", 5000}}), "browser: 'copies' must be from 1 to 1000, found 5000");
  EXPECT_EQ(why({{"first", {{{"reset-connection", "x"}}}}}),
            "browser: 'reset-connection' in 'first' takes a number from 1 to 1000");
  EXPECT_EQ(why("late"), "browser: expected a map, found a string");
}

}  // namespace
}  // namespace assay::browser
