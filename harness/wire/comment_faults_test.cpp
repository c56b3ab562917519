// Comments stand in event streams alone: elsewhere they would be a damaged answer, which nobody asked for.
#include <gtest/gtest.h>

#include "harness/base/random.h"
#include "harness/wire/fault.h"
#include "harness/wire/fault_samples.h"

namespace assay::wire {
namespace {

Result<Script> with_fault(const char* content_type, FaultUse fault) {
  Response answer = short_stream();
  answer.headers = {{"Content-Type", content_type}};
  Random random(1);
  return apply_faults(std::move(answer), {std::move(fault)}, {}, FaultContext{random});
}

TEST(CommentFaults, AreRefusedWhereTheFormatHasNoComments) {
  for (const char* type : {"application/x-ndjson", "application/vnd.amazon.eventstream"}) {
    for (const char* fault : {"keepalive", "comments"}) {
      EXPECT_FALSE(with_fault(type, {fault, nullptr})) << fault << " in " << type;
    }
  }
}

TEST(CommentFaults, StandInEventStreams) {
  for (const char* fault : {"keepalive", "comments"})
    EXPECT_TRUE(with_fault("text/event-stream; charset=utf-8", {fault, nullptr})) << fault;
}

TEST(CommentFaults, ATextOfTheCaseIsItsOwnMatter) {
  EXPECT_TRUE(with_fault("application/x-ndjson", {"keepalive", {{"text", "\n"}}}));
}

}  // namespace
}  // namespace assay::wire
