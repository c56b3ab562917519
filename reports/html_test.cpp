#include "reports/html.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "harness/base/random.h"
#include "harness/base/text.h"
#include "reports/html_data.h"
#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string unpacked(const std::string& text) {
  const auto bytes = base64_decode(text);
  std::string out(std::size_t{4} << 20U, '\0');
  uLongf size = out.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                       reinterpret_cast<const Bytef*>(bytes->data()), bytes->size()),
            Z_OK);
  out.resize(size);
  return out;
}

// The unpacked script element `id` of a page.
json part(const std::string& page, const std::string& id) {
  const std::string start = "id=\"" + id + "\">";
  const std::size_t from = page.find(start);
  if (from == std::string::npos) return nullptr;
  const std::size_t begin = from + start.size();
  return json::parse(unpacked(page.substr(begin, page.find('<', begin) - begin)));
}

TEST(Html, IsOneFileThatReadsNothingElse) {
  const std::string page = render_html(sample_record({20, 2, 100, 7}));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_EQ(page.find("@import"), std::string::npos);
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("onerror=alert"), std::string::npos) << "the texts of a record are packed";
}

TEST(Html, HoldsEveryResultAndItsEvidence) {
  const RunRecord record = sample_record({50, 3, 200, 7});
  const std::string page = render_html(record);
  const json index = part(page, "index");
  ASSERT_EQ(index["cells"]["verdict"].get<std::string>().size(), record.cases.size());
  json items = json::array();
  for (std::size_t block = 0; block < index["blocks"].size(); ++block) {
    for (const json& item : part(page, "block-" + std::to_string(block))) items.push_back(item);
  }
  for (std::size_t i = 0; i < record.cases.size(); ++i) {
    const CaseRecord& c = record.cases[i];
    const auto verdict = static_cast<std::size_t>(index["cells"]["verdict"].get<std::string>()[i] - 'a');
    EXPECT_EQ(index["verdicts"][verdict]["name"], to_string(c.verdict));
    EXPECT_EQ(index["strings"][index["cells"]["reason"][i].get<int>()], c.reason);
    EXPECT_EQ(index["strings"][index["cases"]["name"][i / 3].get<int>()], c.name);
    const json& item = items[index["cells"]["item"][i].get<std::size_t>()];
    EXPECT_EQ(item["journal"], json::parse(c.journal));
    EXPECT_EQ(item["checks"].size(), c.checks.size());
  }
}

TEST(Html, SharesWhatIsTheSameAndLeavesOutWhatDoesNotFit) {
  const RunRecord record = sample_record({100, 3, 200, 7});
  HtmlOptions options;
  options.green_evidence = 0;
  const json block = part(render_html(record, options), "block-0");
  int whole = 0;
  for (const json& item : block) whole += item.contains("journal") ? 1 : 0;
  int not_green = 0;
  for (const CaseRecord& c : record.cases) not_green += is_green(c.verdict) ? 0 : 1;
  EXPECT_EQ(whole, not_green);
  int plain = 0;
  for (const json& item : block)
    plain += item.size() == 1 && item["checks"][0]["ok"] && item["checks"][1]["ok"] ? 1 : 0;
  EXPECT_EQ(plain, 1) << "all passes share one item";
}

TEST(Html, KeepsTheWorstAndStaysSmallWhateverTheEvidence) {
  RunRecord record = sample_record({60, 1, 900, 7});
  Random random(1);
  for (CaseRecord& c : record.cases) c.output.out = random.alphanumeric(50'000);
  HtmlOptions options;
  options.file_evidence = 300'000;
  const std::string page = render_html(record, options);
  EXPECT_LT(page.size(), 400'000U);
  const json index = part(page, "index");
  int left_out_rank = 99;
  int kept_rank = -1;
  std::vector<json> items;
  for (std::size_t b = 0; b < index["blocks"].size(); ++b)
    for (const json& item : part(page, "block-" + std::to_string(b))) items.push_back(item);
  for (std::size_t i = 0; i < record.cases.size(); ++i) {
    const json& item = items.at(index["cells"]["item"][i].get<std::size_t>());
    const int at = rank(record.cases[i].verdict);
    if (item.contains("leftOut")) left_out_rank = std::min(left_out_rank, at);
    if (item.contains("journal")) kept_rank = std::max(kept_rank, at);
  }
  EXPECT_GE(kept_rank, 0);
  EXPECT_LE(kept_rank, left_out_rank);
}

TEST(Html, AJournalThatIsNotJsonSpoilsNoOther) {
  RunRecord record = sample_record({2, 1, 0, 7});
  record.cases[0].journal = "[{]";
  const std::string page = render_html(record);
  const json block = part(page, "block-0");
  EXPECT_EQ(block[0]["journal"], json::array());
  EXPECT_FALSE(block[1]["journal"].empty());
}

TEST(Html, OfRepeatedResultsTheWorstIsShown) {
  RunRecord record = sample_record({1, 1, 0, 7});
  record.cases.push_back(record.cases[0]);
  record.cases[1].verdict = Verdict::flaky;
  record.cases.push_back(record.cases[0]);
  EXPECT_EQ(part(render_html(record), "index")["cells"]["verdict"],
            std::string(1, 'a' + static_cast<int>(Verdict::flaky)));
}

}  // namespace
}  // namespace assay::reports
