#include "probe/save/compare.h"

#include <gmock/gmock.h>

namespace assay::probe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CheckResult check(const std::string& id, Verdict verdict, const std::string& did) {
  CheckResult out;
  out.id = id;
  out.verdict = verdict;
  out.requirement = "It should.";
  out.sentence = "Sent GET /: the endpoint " + did + ". It should. (must)";
  return out;
}

ProbeResult result(std::vector<CheckResult> checks) {
  ProbeResult out;
  out.endpoint = "http://e";
  out.protocol = "openai-chat";
  out.model = "m";
  out.checks = std::move(checks);
  return out;
}

Report report(std::vector<CheckResult> checks) {
  return {"0", "2026-11-30T00:00:00Z", {result(std::move(checks))}, {}, {}};
}

TEST(Changes, AreVerdictsAndFindings) {
  const Report before =
      report({check("a/same", Verdict::pass, "did so"), check("a/mended", Verdict::fail, "answered 500"),
              check("a/broken", Verdict::pass, "did so"),
              check("a/otherwise", Verdict::fail, "answered 500 with \"x\""),
              check("a/gone", Verdict::fail, "answered 500")});
  const auto lines = changes(before, result({check("a/same", Verdict::pass, "did so in 3 ms"),
                                             check("a/mended", Verdict::pass, "did so"),
                                             check("a/broken", Verdict::fail, "closed the connection"),
                                             check("a/otherwise", Verdict::fail, "did not answer"),
                                             check("a/new", Verdict::fail, "answered 500")}));
  ASSERT_TRUE(lines) << lines.error().text();
  EXPECT_THAT(*lines,
              ElementsAre("a/broken: was pass, is fail: Sent GET /: the endpoint closed the connection. It "
                          "should. (must)",
                          "a/otherwise: fail as before, but now: Sent GET /: the endpoint did not answer. It "
                          "should. (must)",
                          "a/mended: was fail, is pass: Sent GET /: the endpoint did so. It should. (must)"));
}

// Times and ids are others in every answer.
TEST(Changes, AreNotNumbersAndTexts) {
  const Report before =
      report({check("a/one", Verdict::fail, "gave two answers the id \"chatcmpl-1\" in 3.5 ms")});
  const auto lines = changes(
      before, result({check("a/one", Verdict::fail, "gave two answers the id \"chatcmpl-9x\" in 12 ms")}));
  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, IsEmpty());
}

// A failure that became a known one is the same failure.
TEST(Changes, AreNotWhatIsKnown) {
  const auto lines = changes(report({check("a/one", Verdict::fail, "answered 500")}),
                             result({check("a/one", Verdict::xfail, "answered 500")}));
  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, IsEmpty());
}

TEST(Changes, AreFoundWhenTheEndpointMoved) {
  ProbeResult moved = result({check("a/one", Verdict::fail, "answered 500")});
  moved.endpoint = "http://elsewhere";
  const Report before = report({check("a/one", Verdict::pass, "did so")});
  EXPECT_EQ(changes(before, moved)->size(), 1U);
  moved.protocol = "gemini";
  EXPECT_FALSE(changes(before, moved));
}

}  // namespace
}  // namespace assay::probe
