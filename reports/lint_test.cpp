#include "reports/lint.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "reports/json_schema.h"
#include "reports/record/writer.h"
#include "reports/sample/sample.h"

namespace assay::reports {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> lint(const std::string& text) {
  std::vector<std::string> out;
  for (const Error& problem : lint_record(text, "r")) out.push_back(problem.text());
  return out;
}

std::string sample() {
  return record_text(sample_record({300, 2, 100, 7}));
}

// The sample with the JSON of line `number` (1-based) changed by `change`.
template <typename Change>
std::string changed(int number, const Change& change) {
  std::string text = record_text(sample_record({1, 1, 0, 7}));
  std::size_t begin = 0;
  for (int i = 1; i < number; ++i) begin = text.find('\n', begin) + 1;
  const std::size_t end = text.find('\n', begin);
  json line = json::parse(text.substr(begin, end - begin));
  change(line);
  return text.replace(begin, end - begin, line.dump());
}

TEST(Lint, FindsNothingInWhatTheWriterWrites) {
  EXPECT_THAT(lint(sample()), IsEmpty());
}

TEST(Lint, KnowsEveryKindOfJournalEntry) {
  for (int kind = 0; kind <= static_cast<int>(JournalKind::note); ++kind) {
    JournalEntry entry;
    entry.kind = static_cast<JournalKind>(kind);
    entry.actor = "world";
    const json written = to_json(entry);
    EXPECT_THAT(lint(changed(2, [&](json& line) { line["journal"] = {written}; })), IsEmpty()) << written;
  }
}

TEST(Lint, HoldsAPassAgainstWhatWasMet) {
  const auto unmet = [](json& line) {
    line["met"] = {{{"text", "the chat request arrived"}, {"ok", false}, {"evidence", {99}}}};
  };
  EXPECT_THAT(lint(changed(2, [&](json& line) { unmet(line), line["verdict"] = "pass"; })),
              ::testing::IsSupersetOf({"r:2: the verdict is pass, but something was not met",
                                       "r:2: met \"the chat request arrived\" quotes journal entry 99, which "
                                       "is not there"}));
  EXPECT_THAT(lint(changed(2, [](json& line) { line["verdict"] = "not-met"; })),
              Contains("r:2: the verdict is not-met, but everything was met"));
  EXPECT_THAT(lint(changed(2, [](json& line) { line.erase("met"); })),
              Contains("r:2: \"met\" is missing, which schema 2 demands"));
  EXPECT_THAT(lint(changed(1, [](json& line) { line["schema"] = 1; })),
              Contains("r:2: \"met\" and the verdict not-met came with schema 2, the header says 1"));
}

TEST(Lint, NamesLineAndPlace) {
  EXPECT_THAT(lint(changed(2, [](json& line) { line["checks"][1]["ok"] = "yes"; })),
              ElementsAre("r:2: /checks/1/ok: expected boolean, found string"));
  EXPECT_THAT(lint(changed(2, [](json& line) { line["extra"] = 1; })),
              ElementsAre("r:2: /extra: unknown key"));
  EXPECT_THAT(lint(changed(2, [](json& line) { line.erase("client"); })),
              ElementsAre("r:2: \"client\" is missing"));
  EXPECT_THAT(lint(changed(2, [](json& line) { line["index"] = -1; })),
              ElementsAre("r:2: /index: expected 0 or more, found -1"));
  EXPECT_THAT(lint(changed(1, [](json& line) { line["started"] = "today"; })),
              ElementsAre(testing::StartsWith("r:1: /started: expected ^")));
  EXPECT_THAT(lint(changed(2, [](json& line) { line["journal"][0]["kind"] = "guess"; })),
              ElementsAre(testing::StartsWith("r:2: /journal/0/kind: expected one of")));
  EXPECT_THAT(lint(changed(2,
                           [](json& line) {
                             line["journal"][0]["text"] = {{"base64", "AA=="}};
                           })),
              IsEmpty());
}

TEST(Lint, ChecksWhatASchemaCannot) {
  EXPECT_THAT(lint(changed(2, [](json& line) { line["checks"][0]["evidence"] = {99}; })),
              ElementsAre("r:2: check done quotes journal entry 99, which is not there"));
  EXPECT_THAT(lint(changed(2, [](json& line) { line["checks"][0]["ok"] = false; })),
              ElementsAre("r:2: the verdict is pass, but a check does not hold"));
  EXPECT_THAT(lint(changed(2, [](json& line) { line["verdict"] = "fail"; })),
              ElementsAre("r:2: the verdict is fail, without a failed check or a reason",
                          "r:3: counts are {\"pass\":1}, but the lines add up to {\"fail\":1}"));
  EXPECT_THAT(lint(changed(1, [](json& line) { line["plan"]["cases"] = 4; })),
              ElementsAre("r:3: complete, but 1 of 4 planned cases are there"));
  EXPECT_THAT(lint(""), ElementsAre("r:1: empty: expected a run record header"));
  const std::string text = record_text(sample_record({1, 1, 0, 7}));
  EXPECT_THAT(lint(text.substr(0, text.size() - 1)), ElementsAre("r:3: the last line has no newline: torn"));
  EXPECT_THAT(lint(text.substr(0, text.rfind("{\"type\":\"footer"))),
              ElementsAre("r:2: no footer: the run is partial"));
  EXPECT_THAT(lint(text + text), Contains("r:4: a second header"));
  EXPECT_THAT(lint("[]\n"), Contains("r:1: expected a JSON object"));
}

TEST(JsonSchema, RefusesASchemaItDoesNotUnderstand) {
  const json schema = {{"$defs", {{"a", {{"maximum", 3}}}}}};
  EXPECT_THROW(check_schema(schema, "#/$defs/a", 2), std::logic_error);
  EXPECT_THROW(check_schema(schema, "elsewhere", 2), std::logic_error);
}

}  // namespace
}  // namespace assay::reports
