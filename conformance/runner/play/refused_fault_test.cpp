// Whose fault it is that a fault could not be put on an answer.
#include "conformance/runner/play/refused_fault.h"

#include <gmock/gmock.h>

namespace assay::conformance {
namespace {

using testing::HasSubstr;

TEST(RefusedFault, AnswersThatAreSoByThemselvesAreNoMistakeOfTheCase) {
  JournalEntry refused;
  refused.text =
      "fault refused: fault patch-event: it changes nothing of this answer, so it would prove nothing";
  refused.detail = {{"fault_refused", true}};
  EXPECT_THAT(refused_by_client(refused, {}, {}, "openrouter"),
              HasSubstr("the answers of openrouter are so by themselves"));
  EXPECT_EQ(refused_by_client(refused, {}, {}), "") << "nobody's habits: the case orders what cannot be";
  refused.text = "fault refused: fault rst: there are 3 events, not 999";
  EXPECT_EQ(refused_by_client(refused, {}, {}, "openrouter"), "");
}

TEST(RefusedFault, AClientThatClosesItsConnectionIsToldSo) {
  JournalEntry refused;
  refused.text = "fault refused: fault close-on-next-request: the connection closes";
  refused.detail = {{"fault_refused", true}, {"connection_closes", true}};
  EXPECT_THAT(refused_by_client(refused, {}, {}), HasSubstr("the client keeps no connection alive"));
}

}  // namespace
}  // namespace assay::conformance
