#include "harness/base/random.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Random, SameSeedSameSequence) {
  Random a(7), b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Random, ForkDoesNotDependOnDraws) {
  const Random root(7);
  Random drawn = root.fork("x");
  (void)drawn.next();
  EXPECT_EQ(root.fork("y").hex(16), Random(7).fork("y").hex(16));
  EXPECT_NE(root.fork("x").hex(16), root.fork("y").hex(16));
}

TEST(Random, BelowStaysBelow) {
  Random r(1);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(r.below(3), 3u);
}

TEST(Random, AlphanumericHasTheLengthAsked) {
  EXPECT_EQ(Random(3).alphanumeric(48).size(), 48u);
}

}  // namespace
}  // namespace assay
