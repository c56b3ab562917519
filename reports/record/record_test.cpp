#include "reports/record/record.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/base/random.h"
#include "harness/base/text.h"
#include "reports/record/reader.h"
#include "reports/record/writer.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::filesystem::path scratch_file() {
  std::string pattern = (std::filesystem::temp_directory_path() / "assay-record-XXXXXX").string();
  close(mkstemp(pattern.data()));
  return pattern;
}

class RecordFile : public ::testing::Test {
 protected:
  ~RecordFile() override { std::filesystem::remove(path_); }
  std::string path_ = scratch_file();
};

RunHeader a_header() {
  RunHeader header;
  header.assay = "0.1.0";
  header.started = "2026-11-20T07:20:14Z";
  header.seed = 7;
  header.host = {"Linux", "6.1.0", 2};
  header.command = {"assay", "run", "--shard", "1/4"};
  header.clients = {{"reference", "0.1.0", "provider", {"login", "chat"}}};
  header.planned = 1;
  header.shard = "1/4";
  header.requirements = "2026.11";
  header.cells = false;
  header.without_cells = "no cell: cannot make namespaces: Operation not permitted";
  return header;
}

CaseRecord a_case() {
  CaseRecord c;
  c.index = 3;
  c.name = "worldrouter/login/callback-request-late";
  c.client = "reference";
  c.suite = "worldrouter/login";
  c.title = "The browser sends its request late";
  c.requirement = "The listener waits for the request";
  c.level = "must";
  c.provider = "worldrouter";
  c.model = "m";
  c.protocol = "oauth-loopback";
  c.features = {"login"};
  c.topic = "login";
  c.seen_in = {"puffer#126"};
  c.axes = {{"reads", "1-byte"}};
  c.verdict = Verdict::flaky;
  c.reason = "passed on attempt 2";
  c.checks = {{"done", false, "ok", "\"EAGAIN\"\n", {1, 2}}};
  c.met = {{"the chat request arrived", false, {1}}};
  c.journal = R"([{"actor":"browser","kind":"action","seq":1,"t_us":5,"text":"GET /callback"}])";
  c.output = {"out", "err", "a screen", 9};
  c.seed = 7;
  c.started_us = 12;
  c.duration_us = 34;
  c.timings = {{"setup", 3}};
  c.attempts = {{Verdict::fail, "EAGAIN", 30}, {Verdict::pass, "", 34}};
  c.known = KnownFailure{"flaky", "since May", "https://example.test/1", "2026-12-31"};
  c.command = "assay run --case worldrouter/login/callback-request-late --seed 7";
  return c;
}

TEST_F(RecordFile, ComesBackAsWritten) {
  auto writer = RecordWriter::open(path_, a_header());
  ASSERT_TRUE(writer) << writer.error().text();
  ASSERT_TRUE((*writer)->append(a_case()));
  ASSERT_TRUE((*writer)->finish(1, 99));
  const auto record = read_record(path_);
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->header, a_header());
  EXPECT_THAT(record->cases, ElementsAre(a_case()));
  ASSERT_TRUE(record->footer);
  EXPECT_EQ(*record->footer, (RunFooter{{{"flaky", 1}}, 99, 1, true}));
  EXPECT_TRUE(record->complete());
  EXPECT_THAT(record->notes, ElementsAre());
}

TEST_F(RecordFile, IsReadableAfterEachAppend) {
  auto writer = RecordWriter::open(path_, a_header());
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->append(a_case()));
  const auto record = read_record(path_);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->cases.size(), 1U);
  EXPECT_FALSE(record->complete());
  EXPECT_THAT(record->notes, ElementsAre(HasSubstr("no footer")));
}

TEST_F(RecordFile, IsIncompleteWithFewerCasesThanPlanned) {
  auto writer = RecordWriter::open(path_, a_header());
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->finish(0, 1));
  EXPECT_FALSE((*writer)->append(a_case()));
  const auto record = read_record(path_);
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->complete());
}

TEST(RecordWriter, NamesThePathItCannotCreate) {
  const auto writer = RecordWriter::open("/nowhere/run.jsonl", a_header());
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().text(), HasSubstr("/nowhere/run.jsonl: cannot create: No such file"));
}

TEST(RecordLine, SpellsWhatScriptsRelyOn) {
  const std::string line = case_line(a_case());
  EXPECT_TRUE(
      line.starts_with(R"({"type":"case","index":3,"case":"worldrouter/login/callback-request-late",)"));
  EXPECT_THAT(line, HasSubstr(R"("verdict":"flaky")"));
  EXPECT_EQ(line.find(R"("verdict":)"), line.rfind(R"("verdict":)")) << "only the case's own verdict";
}

TEST(RecordLine, StaysValidWhateverBytesAClientPrints) {
  CaseRecord c = a_case();
  c.output.out = "\xff\xfe \n \x01";
  c.journal = "not json";
  const auto back = parse_record(header_line(a_header()) + "\n" + case_line(c) + "\n", "r");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->cases.at(0).output.out, "\uFFFD\uFFFD \n \x01");
  EXPECT_THAT(back->cases.at(0).journal, HasSubstr("not json"));
}

TEST(RecordReader, IgnoresATornLastLineAndSaysSo) {
  const std::string whole = header_line(a_header()) + "\n" + case_line(a_case()) + "\n";
  const std::string line = case_line(a_case());
  for (std::size_t n = 1; n < line.size(); ++n) {
    const auto record = parse_record(whole + line.substr(0, n), "r");
    ASSERT_TRUE(record) << n << record.error().text();
    ASSERT_EQ(record->cases.size(), 1U) << n;
    ASSERT_THAT(record->notes, ElementsAre("line 3 is torn and was ignored", HasSubstr("no footer"))) << n;
  }
}

TEST(RecordReader, RefusesABadLineInTheMiddleByItsNumber) {
  const std::string bad[] = {R"({"type":"case","case":"x","verdict":"fine"})",
                             R"({"type":"case","index":-1,"case":"x"})",
                             R"({"type":"case","index":0})",
                             R"({"type":"other"})",
                             "nonsense",
                             header_line(a_header())};
  for (const std::string& line : bad) {
    const auto record =
        parse_record(header_line(a_header()) + "\n" + line + "\n" + case_line(a_case()) + "\n", "r");
    ASSERT_FALSE(record) << line;
    EXPECT_THAT(record.error().text(), HasSubstr("r:2: ")) << line;
  }
  EXPECT_FALSE(parse_record("", "r"));
  EXPECT_FALSE(parse_record(case_line(a_case()) + "\n", "r"));
  EXPECT_FALSE(parse_record(
      header_line(a_header()) + "\n" + footer_line({}) + "\n" + case_line(a_case()) + "\n", "r"));
}

TEST(RecordReader, IgnoresKeysItDoesNotKnowInAnyOrder) {
  const auto record =
      parse_record(header_line(a_header()) + "\n" +
                       R"({ "new": [1, {"a": 2}], "verdict" : "fail", "case": "x", "type": "case" })" + "\n",
                   "r");
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->cases.at(0).name, "x");
  EXPECT_EQ(record->cases.at(0).verdict, Verdict::fail);
}

TEST(RecordReader, KeepsTheEvidenceThatIsAskedFor) {
  CaseRecord green = a_case();
  green.verdict = Verdict::pass;
  const std::string text =
      header_line(a_header()) + "\n" + case_line(a_case()) + "\n" + case_line(green) + "\n";
  const auto some = parse_record(text, "r", {KeepEvidence::not_green});
  ASSERT_TRUE(some);
  EXPECT_THAT(some->cases.at(0).journal, Not(""));
  EXPECT_EQ(some->cases.at(1).journal, "");
  EXPECT_EQ(some->cases.at(1).checks.size(), 1U);
  const auto none = parse_record(text, "r", {KeepEvidence::none});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->cases.at(0).journal, "");
}

TEST(RecordReader, SurvivesAnyDamage) {
  const std::string whole =
      header_line(a_header()) + "\n" + case_line(a_case()) + "\n" + footer_line({}) + "\n";
  Random random(7);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole;
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
      const std::size_t at = random.below(text.size());
      if (random.below(2) == 0)
        text[at] = static_cast<char>(random.below(256));
      else
        text.erase(at, random.below(20));
    }
    const auto record = parse_record(text, "r");
    if (!record) {
      ++refused;
      EXPECT_THAT(record.error().text(), ::testing::StartsWith("r:"));
    }
  }
  EXPECT_GT(refused, 500);
  EXPECT_LT(refused, 3000);
}

TEST(RecordReader, RefusesANewerSchema) {
  RunHeader header = a_header();
  header.schema = kRecordSchema + 1;
  const auto record = parse_record(header_line(header) + "\n", "r");
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message, HasSubstr("newer"));
}

// A line as schema 1 had it: without `met`.
TEST(RecordReader, ReadsSchema1) {
  RunHeader header = a_header();
  header.schema = 1;
  CaseRecord without = a_case();
  without.met.clear();
  auto line = nlohmann::ordered_json::parse(case_line(a_case()));
  line.erase("met");
  const auto record = parse_record(header_line(header) + "\n" + line.dump() + "\n", "r");
  ASSERT_TRUE(record) << record.error().text();
  EXPECT_EQ(record->header.schema, 1);
  EXPECT_THAT(record->cases, ElementsAre(without));
}

TEST(VerdictNames, RoundTripAndRankDiffers) {
  for (int i = 0; i < kVerdicts; ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(parse_verdict(to_string(verdict)).value(), verdict);
    EXPECT_FALSE(is_red(verdict) && is_green(verdict));
  }
  EXPECT_FALSE(parse_verdict("passed"));
  EXPECT_TRUE(is_red(Verdict::flaky));
  EXPECT_TRUE(is_red(Verdict::not_met));
  EXPECT_FALSE(is_red(Verdict::could_not_run));
}

// Every string of a case, planted with the canary in one of its forms.
CaseRecord planted(const std::string& secret) {
  CaseRecord c = a_case();
  for (std::string* field :
       {&c.name, &c.client, &c.suite, &c.title, &c.requirement, &c.level, &c.role, &c.provider, &c.model,
        &c.protocol, &c.reason, &c.output.out, &c.output.err, &c.command})
    *field = "a " + secret + " b";
  c.features = c.seen_in = {secret};
  c.axes = {{secret, secret}};
  c.timings = {{secret, 1}};
  c.checks = {{secret, false, secret, secret, {}}};
  c.attempts = {{Verdict::fail, secret, 0}};
  c.known = KnownFailure{secret, secret, secret, secret};
  c.journal = nlohmann::json::array({{{"seq", 1},
                                      {"text", secret},
                                      {secret, secret},
                                      {"request",
                                       {{"headers", {{"Authorization", "Bearer " + secret}}},
                                        {"body", {{"base64", base64("\xff" + secret)}}}}}}})
                  .dump();
  return c;
}

// Replaces every occurrence of one word.
Redactor replacing(const std::string& word) {
  return [word](std::string_view text) {
    std::string out(text);
    for (std::size_t at = 0; (at = out.find(word)) != std::string::npos;)
      out.replace(at, word.size(), "[redacted]");
    return out;
  };
}

TEST(Redaction, ReachesEveryFieldAndBytesInBase64) {
  const std::string canary = "sk-CANARY/+9f8e7d~6c";
  const Redactor redactor = replacing(canary);
  const std::string line = case_line(planted(canary), redactor);
  EXPECT_THAT(line, HasSubstr("[redacted]"));
  EXPECT_THAT(line, Not(HasSubstr("CANARY")));
  const auto json = nlohmann::json::parse(line);
  const auto bytes = base64_decode(json["journal"][0]["request"]["body"]["base64"].get<std::string>());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, "\xff[redacted]");
  RunHeader header = a_header();
  header.command = {canary};
  header.clients = {{canary, canary, canary, {canary}}};
  header.missing = {canary};
  header.host = {canary, canary, 1};
  header.assay = header.started = header.shard = header.requirements = canary;
  EXPECT_THAT(header_line(header, redactor), Not(HasSubstr("CANARY")));
}

}  // namespace
}  // namespace assay
