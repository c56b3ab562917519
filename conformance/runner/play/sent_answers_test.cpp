#include "conformance/runner/play/sent_answers.h"

#include <gtest/gtest.h>

namespace assay::conformance {
namespace {

using nlohmann::json;

json fitted(json detail, std::size_t most = 100) {
  JournalEntry entry;
  entry.detail = std::move(detail);
  const auto redactor = [](std::string_view text) {
    std::string out(text);
    for (auto at = out.find("sk-secret"); at != std::string::npos; at = out.find("sk-secret"))
      out.replace(at, 9, "[x]");
    return out;
  };
  return with_redacted_answers({std::make_shared<const JournalEntry>(entry)}, redactor, most).front()->detail;
}

TEST(SentAnswers, ASecretIsReplacedWhereverAMarkSplitsIt) {
  const json out =
      fitted({{"sent", "a sk-secret b"}, {"bytes", 13}, {"marks", {{1, "one"}, {5, "in it"}, {13, "end"}}}});
  EXPECT_EQ(out["sent"], "a [x] b");
  EXPECT_EQ(out["marks"], json::parse(R"([[1, "one"], [2, "in it"], [7, "end"]])"));
  EXPECT_EQ(out["bytes"], 13);
}

TEST(SentAnswers, AreCutAfterTheyAreRedacted) {
  EXPECT_EQ(fitted({{"sent", "sk-secret"}, {"bytes", 9}, {"marks", json::array()}}, 4)["sent"], "[x]");
  EXPECT_EQ(fitted({{"sent", "abü"}, {"bytes", 4}, {"marks", json::array()}}, 3)["sent"], "ab");
  EXPECT_EQ(fitted({{"other", 1}})["other"], 1) << "other entries stay";
}

}  // namespace
}  // namespace assay::conformance
