// The parts of the client benchmark that need no client: tokens, cuts, arithmetic, the record.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "bench/client/cut.h"
#include "bench/client/measure.h"
#include "bench/client/memory.h"
#include "harness/process/child.h"

namespace assay::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using wire::Hold;
using wire::Script;
using wire::Write;

constexpr Micros kFirst{1}, kSecond{2}, kThird{3};

// An answer with a head, an event without text, `events` with one token each, and an end.
Script answer(std::size_t events) {
  Response response;
  response.headers = {{"Content-Type", "text/event-stream"}};
  response.framing = BodyFraming::chunked;
  response.body.push_back({"data: {\"role\":\"assistant\"}\n\n", Micros(0)});
  for (std::size_t i = 0; i < events; ++i)
    response.body.push_back({"data: {\"content\":\" " + token(0, i) + "\"}\n\n", Micros(0)});
  response.body.push_back({"data: [DONE]\n\n", Micros(0)});
  return wire::serialize(response);
}

std::vector<std::string> writes_of(const Script& script) {
  std::vector<std::string> out;
  for (const wire::Step& step : script.steps) {
    if (const auto* write = std::get_if<Write>(&step.op)) out.push_back(write->bytes);
  }
  return out;
}

TEST(Tokens, AreFoundHoweverTheTextIsCut) {
  const std::string text = "shown:" + token_text(1, 30) + "\n\ttk tka12 tkz0000000 " + token(1, 99);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    TokenWatch watch(30);
    for (std::size_t at = 0; at < text.size(); at += size)
      watch.read(std::string_view(text).substr(at, size), kFirst);
    EXPECT_EQ(watch.count(1), 30U) << "cut in " << size;
    EXPECT_EQ(watch.count(0), 0U) << "cut in " << size;
  }
}

TEST(Tokens, TheFirstSightCounts) {
  TokenWatch watch(3);
  watch.read(token(0, 1).substr(0, 6), kFirst);
  watch.read(token(0, 1).substr(6) + "!", kSecond);
  watch.read(token(0, 0) + token(0, 1), kThird);
  EXPECT_THAT(watch.shown(0), ElementsAre(kThird, kSecond, TokenWatch::kNever));
  EXPECT_EQ(watch.count(0), 2U);
}

TEST(Cuts, AreReadAndWritten) {
  for (const char* text : {"whole", "event", "64", "1400"})
    EXPECT_EQ(to_string(parse_cut(text).value()), text);
  for (const char* text : {"", "0", "-1", "64k", "events", "99999999999"})
    EXPECT_THAT(parse_cut(text).error().message, HasSubstr("expected whole, event, or a number of bytes"))
        << text;
}

TEST(Cuts, KeepEveryByteAndFindEveryEvent) {
  const Script before = answer(20);
  for (const bool paced : {false, true}) {
    for (const char* text : {"whole", "event", "1", "64", "1400", "100000"}) {
      const CutStream cut = cut_stream(before, parse_cut(text).value(), paced, "h-");
      SCOPED_TRACE(std::string(text) + (paced ? ", paced" : ""));
      EXPECT_EQ(wire::all_bytes(cut.script), wire::all_bytes(before));
      EXPECT_THAT(cut.ends, SizeIs(20));
      EXPECT_EQ(cut.pieces, 20U);
      EXPECT_THAT(cut.part_of, SizeIs(paced ? 20 : 0));
    }
  }
}

TEST(Cuts, AnEventAWriteIsOneChunkAWrite) {
  const auto writes = writes_of(cut_stream(answer(3), {Cut::Kind::event, 0}, false, "").script);
  ASSERT_THAT(writes, SizeIs(6));  // the role, three tokens, the end, the last chunk
  EXPECT_THAT(writes[1], testing::EndsWith("tka0000000\"}\n\n\r\n"));
  EXPECT_THAT(writes[2], testing::StartsWith("21\r\ndata: "));
}

TEST(Cuts, PacedEventsWaitForTheirTurnAfterTheHead) {
  const CutStream cut = cut_stream(answer(3), {Cut::Kind::event, 0}, true, "h-");
  EXPECT_TRUE(std::holds_alternative<Write>(cut.script.steps.front().op));
  EXPECT_THAT(writes_of(cut.script).front(), testing::Not(HasSubstr("tka")));
  std::vector<std::string> holds;
  for (const wire::Step& step : cut.script.steps) {
    if (const auto* hold = std::get_if<Hold>(&step.op)) holds.push_back(hold->name);
  }
  EXPECT_THAT(holds, ElementsAre("h-0", "h-1", "h-2"));
  EXPECT_THAT(cut.part_of, ElementsAre(0, 1, 2));
  EXPECT_THAT(cut.event_of, ElementsAre(0, 1, 2));
  EXPECT_THAT(writes_of(cut.script).back(), HasSubstr("[DONE]"));
}

// Pieces that cross the borders of events: each event is completed by the part that holds its last byte, and
// a part goes at the time of the event that its last byte belongs to.
TEST(Cuts, PacedBytesGoAtTheTimeOfTheEventTheyEndIn) {
  const CutStream cut = cut_stream(answer(4), {Cut::Kind::bytes, 60}, true, "h-");
  ASSERT_THAT(cut.part_of, SizeIs(4));
  const std::size_t begin = writes_of(cut.script).front().size();
  for (std::size_t event = 0; event < 4; ++event)
    EXPECT_EQ(cut.part_of[event], (cut.ends[event] - begin - 1) / 60) << event;
  EXPECT_TRUE(std::is_sorted(cut.event_of.begin(), cut.event_of.end()));
  EXPECT_EQ(cut.event_of.back(), 3U);
}

TEST(Cuts, AnAnswerWithoutTokensIsLeftAlone) {
  const Script before = wire::serialize(make_response(404, "application/json", "{}"));
  const CutStream cut = cut_stream(before, {Cut::Kind::bytes, 1}, true, "h-");
  EXPECT_THAT(cut.ends, SizeIs(0));
  EXPECT_EQ(cut.script, before);
}

TEST(Cuts, AnAnswerInOnePieceIsNotStreamed) {
  const CutStream cut =
      cut_stream(wire::serialize(make_response(200, "application/json", token_text(2, 5))), {}, false, "");
  EXPECT_EQ(cut.stream, 2U);
  EXPECT_EQ(cut.pieces, 1U);
  EXPECT_THAT(cut.ends, SizeIs(5));
}

TEST(Arithmetic, StartUpIsTakenOut) {
  EXPECT_DOUBLE_EQ(events_per_second({2.1, 2.0, 9.0}, {0.1, 0.1, 0.2}, 201).value(), 100);
  EXPECT_FALSE(events_per_second({0.25}, {0.1, 0.2, 0.3}, 201)) << "less than what short streams differ by";
  EXPECT_FALSE(events_per_second({0.1}, {0.2}, 201));
}

TEST(Arithmetic, Quantiles) {
  std::vector<double> values;
  for (int i = 100; i > 0; --i) values.push_back(i);
  EXPECT_EQ(quantile_of(values, 0.5), 50);
  EXPECT_EQ(quantile_of(values, 0.99), 99);
  EXPECT_EQ(quantile_of({7}, 0.99), 7);
}

ClientRecord some_record() {
  ClientRecord out;
  out.client = "x";
  out.version = "1";
  out.protocol = "anthropic";
  out.events = 1000;
  out.event_bytes = 200;
  out.token_bytes = 11;
  out.paced_events = 100;
  out.pace_us = 5000;
  out.rounds = 3;
  out.requests = 1;
  out.memory_cut = "1400";
  out.rows = {{"whole", {1e6, 100, 20, 30, 99}, {2e4, 900, 400, 1200, 99}, ""},
              {"64", {1e5, {}, {}, {}, 0}, {}, "it fell over"}};
  out.memory = {{1000, 10'000, 0.5}, {10'000, 20'000, 5}};
  return out;
}

TEST(Records, AreReadBackAsTheyWere) {
  const ClientRecord before = some_record();
  const std::string lines = to_lines(before, {{"cores", 2}});
  const auto after = client_record_from(lines, "r");
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_EQ(to_lines(*after, {{"cores", 2}}), lines);
  EXPECT_NEAR(growth_per_event(*after).value(), 10'000 * 1024.0 / 9000, 1e-9);
}

TEST(Records, ThatAreWrongNameTheLine) {
  EXPECT_EQ(client_record_from("{\"bench\":\"stream\",\"format\":1}\n", "r").error().line, 1);
  const std::string lines = to_lines(some_record(), nullptr);
  const auto cut_short = client_record_from(lines.substr(0, lines.size() - 5), "r");
  EXPECT_EQ(cut_short.error().line, 7);
  EXPECT_FALSE(client_record_from("", "r"));
}

TEST(Records, TheTableSaysWhatIsNotThere) {
  ClientRecord record = some_record();
  EXPECT_THAT(table_text(record), testing::AllOf(HasSubstr("20,000    0.020"), HasSubstr("x: it fell over"),
                                                 HasSubstr("1138 bytes an event more")));
  record.observable = false;
  EXPECT_THAT(table_text(record), HasSubstr("not observable"));
  record.rows.front().client.events_per_s.reset();
  EXPECT_THAT(table_text(record), HasSubstr("too short"));
}

TEST(Memory, SeesAChildAndItsChildren) {
  process::ChildOptions options;
  // A child that has a child, both of which hold 30 MB; they say when they do.
  options.argv = {"/usr/bin/python3", "-c",
                  "import os, sys\n"
                  "r, w = os.pipe()\n"
                  "if os.fork() == 0:\n"
                  "    kept = b'x' * 30000000\n"
                  "    os.write(w, b'!')\n"
                  "    sys.stdin.read()\n"
                  "else:\n"
                  "    kept = b'x' * 30000000\n"
                  "    os.read(r, 1)\n"
                  "    print('ready', flush=True)\n"
                  "    sys.stdin.read()\n"};
  options.stdin_mode = process::StdinMode::pipe;
  options.lines = true;
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  const auto ready = child->read_line(std::chrono::seconds(30));
  ASSERT_TRUE(ready && *ready);
  MemoryWatch watch(::getpid());
  watch.sample();
  EXPECT_GT(watch.peak_kib(), 2 * 30'000'000 / 1024U);
  EXPECT_LT(watch.peak_kib(), 8 * 30'000'000 / 1024U);
}

}  // namespace
}  // namespace assay::bench
