// docs/evidence.md lists the cases whose question is in what the client sends. To write it anew run this test
// with ASSAY_WRITE_SHOWN=1 and read the difference.
#include <gmock/gmock.h>

#include <cstdlib>

#include "conformance/runner/case/case_file.h"
#include "conformance/runner/gate/selftest.h"
#include "harness/base/text.h"

namespace assay::conformance {
namespace {

std::string evidence_page(const std::vector<Case>& cases) {
  std::string out =
      "# What a client shows without saying anything\n\n"
      "`assay selftest --empty` plays every case against three clients that say nothing. One sends nothing "
      "and answers every\n"
      "operation `{ok: true}`, one `{ok: false}`: they pass no case. The third sends everything that the "
      "reference client sends, and\n"
      "reports null for every field of a result. It may pass the cases below and no others: what proves them "
      "(`proven_by`) is in the\n"
      "requests, in the timing, in the store or in what the browser was shown. The list is computed from the "
      "case files.\n";
  std::string suite;
  for (const Case& one : cases) {
    if (!asks_what_was_sent(one)) continue;
    if (one.suite != suite) out += "\n## " + one.suite + "\n";
    suite = one.suite;
    out += "- `" + one.id + "`\n";
  }
  return out;
}

TEST(Evidence, ThePageIsUpToDate) {
  const auto cases = load_cases(ASSAY_SOURCE_DIR "/conformance/cases");
  ASSERT_TRUE(cases) << cases.error().text();
  const std::string path = ASSAY_SOURCE_DIR "/docs/evidence.md";
  if (std::getenv("ASSAY_WRITE_SHOWN") != nullptr) {
    ASSERT_TRUE(write_file_atomically(path, evidence_page(*cases)));
  }
  const auto page = read_file(path);
  ASSERT_TRUE(page) << page.error().text();
  EXPECT_TRUE(*page == evidence_page(*cases))
      << path << " is not what the case files say; see the top of this file";
}

TEST(Evidence, OnlyACheckThatAsksForNoResultIsAboutWhatWasSent) {
  const auto of = [](const std::string& check, const std::string& proof) {
    return parse_suite("suite: s\ncases:\n  - id: a\n    title: A\n    do: [chat: {as: C}]\n    expect: {" +
                           check + "}\n    proven_by: {" + proof + "}\n",
                       "s.yaml")
        .value()
        .front();
  };
  const std::string sent = "once: {journal: {\"inference POST chat\": {count: 1}}}";
  const std::string said = "told: {C: {ok: false}}";
  EXPECT_TRUE(asks_what_was_sent(of(sent, "m: once")));
  EXPECT_TRUE(asks_what_was_sent(of(sent + ", " + said, "m: once")));
  EXPECT_FALSE(asks_what_was_sent(of(sent + ", " + said, "m: once, n: told")));
  EXPECT_FALSE(asks_what_was_sent(of(said, "m: told")));
  EXPECT_FALSE(asks_what_was_sent(
      of("both: {C: {ok: false}, journal: {\"inference POST chat\": {count: 1}}}", "m: both")));
  EXPECT_FALSE(asks_what_was_sent(of(sent, "")));
}

}  // namespace
}  // namespace assay::conformance
