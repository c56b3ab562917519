#include "harness/world/barrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace assay {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

Barrier barrier(const json& value) {
  auto spec = parse_barrier(value);
  EXPECT_TRUE(spec) << spec.error().text();
  return {"gate", *std::move(spec)};
}

TEST(Barrier, AnswersTheSecondFirst) {
  Barrier gate = barrier({{"until", 2}, {"answer", {2, 1}}});
  const auto first = gate.arrive();
  EXPECT_EQ(first.hold, "gate/1");
  EXPECT_THAT(first.release, IsEmpty());
  EXPECT_EQ(gate.waiting(), 1U);
  const auto second = gate.arrive();
  EXPECT_EQ(second.hold, "gate/2");
  EXPECT_THAT(second.release, ElementsAre("gate/2"));
  EXPECT_EQ(gate.waiting(), 1U);
  EXPECT_THAT(gate.answered("gate/2"), ElementsAre("gate/1"));
  EXPECT_EQ(gate.waiting(), 0U);
  EXPECT_THAT(gate.answered("gate/1"), IsEmpty());
}

TEST(Barrier, KeepsTheOrderOfArrivalUnlessTold) {
  Barrier gate = barrier({{"until", 3}});
  gate.arrive();
  gate.arrive();
  EXPECT_THAT(gate.arrive().release, ElementsAre("gate/1"));
  EXPECT_THAT(gate.answered("gate/1"), ElementsAre("gate/2"));
  EXPECT_THAT(gate.answered("gate/2"), ElementsAre("gate/3"));
}

TEST(Barrier, ThoseThatComeLaterPass) {
  Barrier gate = barrier({{"until", 1}});
  EXPECT_THAT(gate.arrive().release, ElementsAre("gate/1"));
  const auto later = gate.arrive();
  EXPECT_EQ(later.hold, "");
  EXPECT_THAT(later.release, IsEmpty());
  EXPECT_THAT(gate.answered("gate/7"), IsEmpty());
}

TEST(Barrier, OneWhosePeerWentAwayDoesNotHoldUpTheOthers) {
  Barrier gate = barrier({{"until", 3}, {"answer", {2, 1, 3}}});
  gate.arrive();
  gate.arrive();
  EXPECT_THAT(gate.answered("gate/1"), IsEmpty());
  EXPECT_EQ(gate.waiting(), 1U);
  EXPECT_THAT(gate.arrive().release, ElementsAre("gate/2"));
  EXPECT_THAT(gate.answered("gate/2"), ElementsAre("gate/1", "gate/3"));
}

TEST(Barrier, OneThatIsGoneBeforeItsTurnIsSkippedAtOnce) {
  Barrier gate = barrier({{"until", 2}, {"answer", {1, 2}}});
  gate.arrive();
  EXPECT_THAT(gate.answered("gate/1"), IsEmpty());
  EXPECT_THAT(gate.arrive().release, ElementsAre("gate/1", "gate/2"));
}

TEST(Barrier, SaysWhatIsWrong) {
  const auto error = [](const json& value) {
    const auto spec = parse_barrier(value);
    return spec ? std::string("accepted") : spec.error().message;
  };
  EXPECT_EQ(error({{"until", 0}}), "until: expected 1 to 1000 requests");
  EXPECT_EQ(error({{"until", 2}, {"answer", {2, 2}}}), "answer: expected each of 1 to 2 once, found [2,2]");
  EXPECT_EQ(error({{"until", 2}, {"answer", {2}}}), "answer: expected each of 1 to 2 once, found [2]");
  EXPECT_EQ(error({{"until", 2}, {"answer", "x"}}), "answer: expected each of 1 to 2 once, found \"x\"");
  EXPECT_THAT(error({{"until", 2}, {"untl", 2}}), testing::HasSubstr("untl"));
  EXPECT_THAT(error("gate"), testing::HasSubstr("expected"));
}

}  // namespace
}  // namespace assay
