#include "reports/render.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "reports/html_data.h"
#include "reports/record/writer.h"
#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Render : public ::testing::Test {
 protected:
  Render() {
    std::string pattern = (std::filesystem::temp_directory_path() / "assay-render-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~Render() override { std::filesystem::remove_all(directory_); }
  std::string file(const char* name) const { return (directory_ / name).string(); }

  std::filesystem::path directory_;
};

constexpr const char* kCanary = "sk-CANARY-0123456789abcdef";

std::string redacted(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find(kCanary)) != std::string::npos;)
    out.replace(at, std::string_view(kCanary).size(), "[redacted]");
  return out;
}

// A case with the canary in every text that a client, a server or a case file can put there.
CaseRecord planted(Verdict verdict) {
  const std::string text = std::string("before ") + kCanary + " after";
  CaseRecord c;
  c.name = c.suite = c.client = text + std::string(to_string(verdict));
  for (std::string* field : {&c.title, &c.requirement, &c.role, &c.provider, &c.model, &c.protocol, &c.reason,
                             &c.output.out, &c.output.err, &c.command})
    *field = text;
  c.features = c.seen_in = {text};
  c.axes = {{text, text}};
  c.timings = {{text, 1}};
  c.checks = {{text, verdict == Verdict::pass, text, text, {1}}};
  c.met = {{text, verdict != Verdict::not_met, {1}}};
  c.attempts = {{Verdict::fail, text, 0}};
  c.known = KnownFailure{"fail", text, text, text};
  nlohmann::json entry = {{"seq", 1}, {"t_us", 1}, {"actor", text}, {"kind", "request"}, {"text", text}};
  entry["detail"] = {{text, {text, {{"deep", text}}}}};
  entry["request"] = {{"method", "POST"}, {"target", "/?key=" + text}, {"body", text}};
  entry["request"]["headers"] =
      nlohmann::json::array({nlohmann::json::array({"Authorization", "Bearer " + text})});
  c.journal = nlohmann::json::array({entry}).dump();
  c.verdict = verdict;
  return c;
}

TEST_F(Render, NoReportHoldsACanary) {
  RunHeader header;
  header.command = {"assay", kCanary};
  header.clients = {{kCanary, kCanary, kCanary, {kCanary}}};
  header.host = {kCanary, kCanary, 1};
  header.assay = header.started = header.requirements = kCanary;
  header.planned = kVerdicts;
  auto writer = RecordWriter::open(file("run.jsonl"), header, redacted);
  ASSERT_TRUE(writer);
  for (int i = 0; i < kVerdicts; ++i) ASSERT_TRUE((*writer)->append(planted(static_cast<Verdict>(i))));
  ASSERT_TRUE((*writer)->finish(1, 1));
  for (const std::string& format : render_formats()) {
    const auto text = render_file(file("run.jsonl"), format);
    ASSERT_TRUE(text) << format << ": " << text.error().text();
    EXPECT_THAT(*text, Not(HasSubstr("CANARY"))) << format;
  }
  const auto record = read_record(file("run.jsonl"));
  ASSERT_TRUE(record);
  const HtmlData data = html_data(*record, 1U << 20U, 1U << 20U);
  EXPECT_THAT(data.index, Not(HasSubstr("CANARY")));
  EXPECT_THAT(data.index, HasSubstr("before [redacted] after"));
  for (const std::string& block : data.blocks) {
    EXPECT_THAT(block, Not(HasSubstr("CANARY")));
    EXPECT_THAT(block, HasSubstr("Bearer before [redacted] after"));
  }
}

TEST_F(Render, EveryFormatTellsAnIncompleteRun) {
  RunRecord record = sample_record({30, 2, 0, 7});
  record.footer.reset();
  ASSERT_TRUE(write_file_atomically(file("run.jsonl"), record_text(record)));
  for (const std::string& format : render_formats()) {
    if (format == "html") continue;  // its data is packed: reports/html/browser_test.mjs looks at the page
    const auto text = render_file(file("run.jsonl"), format);
    ASSERT_TRUE(text) << format;
    const bool told = text->find("ncomplete") != std::string::npos ||
                      text->find("INCOMPLETE") != std::string::npos ||
                      text->find("no footer") != std::string::npos ||
                      text->find("\"complete\": false") != std::string::npos;
    EXPECT_TRUE(told) << format;
  }
}

TEST_F(Render, NamesWhatItCannotRead) {
  const auto none = render_file(file("none.jsonl"), "junit");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text(), HasSubstr("none.jsonl: cannot"));
  EXPECT_FALSE(render_file(file("none.jsonl"), "pdf"));
  EXPECT_FALSE(merge_files({file("none.jsonl")}));
  EXPECT_FALSE(diff_files(file("none.jsonl"), file("none.jsonl"), {}));
}

TEST_F(Render, MergedFilesReadBackAndLintClean) {
  RunRecord whole = sample_record({40, 2, 100, 7});
  for (int i = 1; i <= 2; ++i) {
    RunRecord shard = whole;
    shard.header.shard = std::to_string(i) + "/2";
    std::erase_if(shard.cases,
                  [&](const CaseRecord& c) { return c.index % 2 != static_cast<std::uint64_t>(i - 1); });
    shard.header.planned = shard.cases.size();
    shard.footer->counts.clear();
    for (const CaseRecord& c : shard.cases) ++shard.footer->counts[std::string(to_string(c.verdict))];
    ASSERT_TRUE(write_file_atomically(file(i == 1 ? "a" : "b"), record_text(shard)));
  }
  const auto merged = merge_files({file("a"), file("b")});
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_TRUE(lint_record(record_text(*merged), "merged").empty());
  ASSERT_TRUE(write_file_atomically(file("whole"), record_text(whole)));
  ASSERT_TRUE(write_file_atomically(file("merged"), record_text(*merged)));
  const auto changes = diff_files(file("whole"), file("merged"), {true});
  ASSERT_TRUE(changes);
  EXPECT_TRUE(changes->empty());
}

}  // namespace
}  // namespace assay::reports
