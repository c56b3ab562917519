#include "reports/seen.h"

#include <gtest/gtest.h>

namespace assay::reports {
namespace {

TEST(Seen, ReadsThePage) {
  const SeenPage page = read_seen(
      "# Where\n\n## Login\n\n### <a id=\"a.b\"></a>a.b\nA socket fails.\n\nWaits for: WebSocket.\n\n"
      "- [one/two#3](https://example.test/3): It failed (twice).\n- No public report.\n- "
      "[three](https://example.test/4)\n\n## Next\ntext\n- "
      "none\n");
  ASSERT_EQ(page.size(), 1u);
  const Seen& seen = page.at("a.b");
  EXPECT_EQ(seen.title, "A socket fails.");
  EXPECT_EQ(seen.waits_for, "WebSocket");
  ASSERT_EQ(seen.sources.size(), 3u);
  EXPECT_EQ(seen.sources[0].name, "one/two#3");
  EXPECT_EQ(seen.sources[0].url, "https://example.test/3");
  EXPECT_EQ(seen.sources[0].says, "It failed (twice).");
  EXPECT_EQ(seen.sources[1].url, "");
  EXPECT_EQ(seen.sources[1].says, "No public report.");
  EXPECT_EQ(seen.sources[2].url, "https://example.test/4");
  EXPECT_EQ(seen.sources[2].says, "");
}

TEST(Seen, TheCompiledPageHasTitlesAndPublicSources) {
  const Seen* seen = find_seen("oauth-login.accept-inherits-nonblocking");
  ASSERT_NE(seen, nullptr);
  EXPECT_FALSE(seen->title.empty());
  ASSERT_FALSE(seen->sources.empty());
  EXPECT_EQ(seen->sources.front().url.substr(0, 8), "https://");
  EXPECT_EQ(find_seen("nobody.knows"), nullptr);
}

}  // namespace
}  // namespace assay::reports
