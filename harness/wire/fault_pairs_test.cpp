// Faults in company: what an earlier one left is seen by a later one, and what cannot be is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/wire/fault.h"
#include "harness/wire/fault_samples.h"
#include "harness/wire/message_reader.h"
#include "harness/wire/show.h"

namespace assay::wire {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Result<Script> composed(const char* faults, const Response& response = streamed_chat()) {
  const auto uses = parse_faults(nlohmann::json::parse(faults));
  EXPECT_TRUE(uses) << uses.error().text();
  Random random(3);
  Request request;
  request.target = "/v1/chat/completions";
  return apply_faults(response, *uses, {}, {random, &request, 1'790'000'000});
}

// The bytes that go out, repetitions played (an endless one once); or why it was refused.
std::string sent(const char* faults, const Response& response = streamed_chat()) {
  const auto script = composed(faults, response);
  if (!script) return "refused: " + script.error().message;
  std::string out;
  for (const Step& step : script->steps) {
    if (const auto* write = std::get_if<Write>(&step.op)) out += write->bytes;
    const auto* repeat = std::get_if<Repeat>(&step.op);
    for (std::uint64_t n = 0; repeat != nullptr && n < std::max<std::uint64_t>(1, repeat->times); ++n)
      out += all_bytes({repeat->steps, true, false});
  }
  return out;
}

int steps_like(const Script& script, const Step& wanted) {
  return static_cast<int>(std::count(script.steps.begin(), script.steps.end(), wanted));
}

Response plain() {
  return make_response(200, "text/plain", "abcdef");
}

Response unfinished() {
  Response r = short_stream();
  r.body = {{"data: {\"a\":1}\n\ndata: [DONE]", Micros(0)}};
  return r;
}

// Gemini's streams have CR LF: a client may not meet both line ends where a case asks about something else.
TEST(FaultPairs, WhatAFaultAddsToAStreamHasTheLineEndsOfTheStream) {
  for (const char* fault :
       {R"({"insert-event": {"event": 1, "name": "ping", "data": "x"}})", R"({"comments": {}})",
        R"({"keepalive": {}})", R"({"in-band-error": {"then": "continue"}})", R"({"after-done": "usage"})",
        R"({"event-names": {"to": "x"}})"}) {
    const std::string as_it_is = sent(("[" + std::string(fault) + "]").c_str());
    const std::string ended =
        sent((R"([{"line-ends": {"to": "crlf"}}, )" + std::string(fault) + "]").c_str());
    ASSERT_THAT(ended, Not(StartsWith("refused"))) << fault;
    EXPECT_NE(as_it_is, sent("[]")) << fault;
    std::string lone = ended.substr(ended.find("\r\n\r\n") + 4);
    for (std::size_t at = 0; (at = lone.find("\r\n", at)) != std::string::npos;) lone.erase(at, 2);
    EXPECT_THAT(lone, Not(HasSubstr("\n"))) << fault << ": " << ended;
  }
}

// A whole answer has Content-Length; in chunks it has none.
TEST(FaultPairs, ABodyOfKnownLengthIsRechunked) {
  const std::string bytes = sent(R"([{"rechunk": {"into": 4}}])", plain());
  EXPECT_THAT(bytes, AllOf(HasSubstr("Transfer-Encoding: chunked"), Not(HasSubstr("Content-Length"))));
  EXPECT_THAT(bytes, EndsWith("4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"));
}

TEST(FaultPairs, AHeaderStaysBehindTheStatusLine) {
  for (const char* faults :
       {R"([{"huge-body": "1MiB"}, "te-and-cl"])", R"([{"keepalive": {"count": 3}}, "te-and-cl"])",
        R"([{"fin": {"byte": 0}}, {"insert-bytes": {"header": "end", "text": "X: y\r\n"}}])",
        R"(["endless-body", "endless-headers"])", R"([{"stall": {"byte": 0}}, "endless-headers"])"}) {
    SCOPED_TRACE(faults);
    EXPECT_THAT(sent(faults), StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"));
  }
  EXPECT_THAT(sent(R"([{"fin": {"byte": 0}}, {"content-length": {"value": 500}}])", plain()),
              StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\n"));
  EXPECT_EQ(
      sent(R"(["endless-body", "endless-headers"])").find("X-Filler"),
      std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n")
          .size());
}

TEST(FaultPairs, AHeadThatIsNotWholeTakesNoHeader) {
  for (const char* faults :
       {R"([{"fin": {"wire": 5}}, {"content-length": {"value": 500}}])", R"(["rst", "endless-headers"])",
        R"([{"rst": {"header": 1}}, {"slow-headers": "1ms"}])", R"(["endless-headers", "te-and-cl"])",
        R"([{"fin": {"wire": 5}}, {"huge-body": 10}])"}) {
    EXPECT_THAT(sent(faults, plain()), StartsWith("refused: ")) << faults;
  }
}

TEST(FaultPairs, WhatIsRepeatedCounts) {
  EXPECT_THAT(sent(R"(["length-delimited", {"huge-body": "1MiB"}, {"content-length": {"add": 50}}])"),
              HasSubstr("\r\nContent-Length: 1048626\r\n"));
  EXPECT_THAT(sent(R"(["length-delimited", {"huge-body": "1MiB"}, {"content-length": {"add": -1}}])"),
              HasSubstr("\r\nContent-Length: 1048575\r\n"));
  const auto large =
      composed(R"(["length-delimited", {"huge-body": "1GiB"}, {"content-length": {"add": -1}}])");
  ASSERT_TRUE(large) << large.error().text();
  EXPECT_THAT(all_bytes(*large), HasSubstr("\r\nContent-Length: 1073741823\r\n"));
  const std::string with_keepalives = sent(R"([{"keepalive": {"count": 3}}, "te-and-cl"])");
  const auto read = read_message(with_keepalives);
  ASSERT_TRUE(read) << with_keepalives;
  EXPECT_EQ(*find_header(read->headers, "Content-Length"), std::to_string(read->body.size()));
  EXPECT_THAT(sent(R"(["endless-body", "te-and-cl"])"), HasSubstr("refused: fault te-and-cl: "));
}

TEST(FaultPairs, WhatIsRepeatedIsPacedAndDivided) {
  const auto paced = composed(R"([{"huge-body": "1MiB"}, {"byte-rate": 1000000}])");
  ASSERT_TRUE(paced) << paced.error().text();
  EXPECT_EQ(steps_like(*paced, {Wait{std::chrono::milliseconds(20)}}), 52);
  const auto dribbled = composed(R"([{"huge-body": "70000B"}, {"dribble": {"bytes": 1000}}])");
  ASSERT_TRUE(dribbled) << dribbled.error().text();
  EXPECT_EQ(steps_like(*dribbled, {Cut{}}), 71);
  const auto ended = composed(R"([{"huge-body": "1MiB"}, {"fin": {"byte": 70000}}])");
  ASSERT_TRUE(ended) << ended.error().text();
  EXPECT_THAT(sent(R"([{"huge-body": "1MiB"}, {"fin": {"byte": 100000}}])", plain()),
              EndsWith("\r\n\r\n" + std::string(100'000, 'x')));
}

TEST(FaultPairs, WhatIsTooLongToBeDividedIsRefused) {
  for (const char* fault : {R"({"byte-rate": 1000})", R"("dribble")", R"({"cut": "every-offset"})",
                            R"({"cut": {"every": 100}})", R"({"fin": {"byte": 100}})", R"("coalesce")",
                            R"("chunk-extensions")", R"({"pace": "1ms"})", R"("keepalive")"}) {
    for (const char* before : {R"({"huge-body": "1GiB"})", R"("endless-body")"}) {
      const std::string faults = std::string("[") + before + ", " + fault + "]";
      EXPECT_THAT(sent(faults.c_str()), StartsWith("refused: fault ")) << faults;
    }
  }
  EXPECT_THAT(sent(R"([{"huge-body": "7MiB"}, "dribble"])"), HasSubstr(" places, 2000000 at most"));
  EXPECT_THAT(sent(R"(["endless-body", {"delay": "1ms"}])"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(sent(R"(["endless-body", {"fin": {"byte": 0}}])"), EndsWith("chunked\r\n\r\n"));
}

TEST(FaultPairs, WhatChangesNothingIsRefused) {
  const auto refused = [](const char* faults, const Response& response = streamed_chat()) {
    const std::string out = sent(faults, response);
    EXPECT_THAT(out, HasSubstr("changes nothing")) << faults;
  };
  refused(R"(["no-space", "no-space"])");
  refused(R"([{"line-ends": "lf"}])");
  refused(R"([{"status": 204}, "bom"])");
  refused(R"(["empty-body", {"byte-rate": 10}])");
  refused(R"([{"status": 200}])");
  refused(R"([{"content-type": "text/event-stream"}])");
  refused(R"([{"rechunk": "event"}])");
  refused(R"(["coalesce"])");
  refused(R"(["length-delimited"])", plain());
  EXPECT_THAT(sent(R"([{"line-ends": "crlf"}, {"line-ends": "lf"}])"), StartsWith("HTTP/1.1 "));
}

TEST(FaultPairs, ACodedBodyIsNoText) {
  for (const char* coding : {R"("br")", R"("gzip")", R"({"gzip": {"header": false}})",
                             R"({"deflate": {"header": false, "raw": true}})"}) {
    for (const char* fault : {R"({"rechunk": "event"})", R"("comments")", R"("bom")",
                              R"("no-final-blank-line")", R"({"rst": {"event": 1}})", R"("gzip")"}) {
      const std::string faults = std::string("[") + coding + ", " + fault + "]";
      EXPECT_THAT(sent(faults.c_str()), StartsWith("refused: ")) << faults;
    }
    const std::string cut = std::string("[") + coding + R"(, {"rechunk": 7}])";
    EXPECT_THAT(sent(cut.c_str()), StartsWith("HTTP/1.1 ")) << cut;
    const std::string other =
        std::string("[") + coding + R"(, {"replace": {"text": "data: 1\n\ndata: 2\n\n"}}, "comments"])";
    EXPECT_THAT(sent(other.c_str()), HasSubstr(": keepalive\n\ndata: 2\n\n")) << other;
  }
  EXPECT_THAT(sent(R"([{"gzip": {"header": false}}])"), Not(HasSubstr("Content-Encoding")));
}

TEST(FaultPairs, LinesOfJsonAreSwappedAsEventsAre) {
  const Response lines = make_response(200, "application/x-ndjson", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
  EXPECT_THAT(sent(R"([{"reorder-events": [0, 2]}])", lines),
              HasSubstr("\r\n\r\n{\"c\":3}\n{\"b\":2}\n{\"a\":1}\n"));
  EXPECT_THAT(sent(R"([{"reorder-events": [-1, 1]}])", lines),
              HasSubstr("\r\n\r\n{\"a\":1}\n{\"c\":3}\n{\"b\":2}\n"));
}

TEST(FaultPairs, AnEventMoreIsAnEventOfItsOwn) {
  EXPECT_THAT(sent(R"([{"duplicate-event": -1}])", unfinished()),
              HasSubstr("data: [DONE]\n\ndata: [DONE]\r\n"));
  EXPECT_THAT(sent(R"([{"after-done": "done"}])", unfinished()),
              HasSubstr("data: [DONE]\n\ndata: [DONE]\n\n"));
  EXPECT_THAT(sent(R"([{"insert-event": {"event": 2, "data": "x"}}])", unfinished()),
              HasSubstr("data: [DONE]\n\ndata: x\n\n"));
  EXPECT_THAT(sent(R"([{"reorder-events": [0, 1]}])", unfinished()),
              HasSubstr("data: [DONE]\n\ndata: {\"a\":1}\n\n"));
  EXPECT_THAT(sent(R"([{"in-band-error": {"event": 2}}])", unfinished()),
              HasSubstr("data: [DONE]\n\ndata: {\"error"));
  Response lines = unfinished();
  lines.body = {{"data: 1\r\n\r\ndata: [DONE]\r\n", Micros(0)}};
  EXPECT_THAT(sent(R"([{"duplicate-event": -1}])", lines),
              HasSubstr("data: [DONE]\r\n\r\ndata: [DONE]\r\n\r\n"));
}

TEST(FaultPairs, TrailersAreNotLostInSilence) {
  for (const char* fault : {"http10", "close-delimited", "length-delimited"}) {
    const std::string faults = std::string(R"(["trailers", ")") + fault + "\"]";
    EXPECT_THAT(sent(faults.c_str()), HasSubstr("trailers")) << faults;
    EXPECT_THAT(sent(faults.c_str()), StartsWith("refused: ")) << faults;
  }
  EXPECT_THAT(sent(R"(["trailers", {"trailers": {"fields": {"X-B": "1"}}}])"),
              EndsWith("0\r\nX-Checksum: 0\r\nX-B: 1\r\n\r\n"));
}

TEST(FaultPairs, WhatEndsTheConnectionComesLast) {
  const auto steps = [](const char* faults) {
    const auto script = composed(faults);
    EXPECT_TRUE(script) << script.error().text();
    std::string out;
    const std::string shown = script ? show(*script) : "";
    for (const std::string_view line : split(shown, '\n'))
      if (!line.empty() && !line.starts_with("write")) out += std::string(line) + "; ";
    return out;
  };
  EXPECT_EQ(steps(R"(["fin", {"interim": 103}])"), "close; then close; ");
  EXPECT_EQ(steps(R"([{"fin": {"event": "end"}}, {"delay": {"for": "5ms", "event": "end"}}])"),
            "wait 5ms; close; then close; ");
  EXPECT_EQ(steps(R"([{"fin": {"event": "end"}}, {"stall": {"event": "end"}}])"), "stall; then close; ");
  EXPECT_EQ(steps(R"(["close-on-next-request", {"huge-body": 10}])"),
            "await input; reset; then keep-alive; ");
  EXPECT_EQ(steps(R"(["close-on-next-request", "answer-before-body"])"),
            "close; before the request's body; then close; ");
}

// ---- over all pairs of faults ----

struct PairUse {
  const Fault* fault;
  nlohmann::json params;
};

std::vector<std::vector<PairUse>> uses_by_fault() {
  std::vector<std::vector<PairUse>> out;
  for (const Fault& fault : all_faults())
    if (fault.level != FaultLevel::listener) out.push_back({{&fault, nlohmann::json::parse(fault.example)}});
  const auto file = read_file(ASSAY_SOURCE_DIR "/harness/wire/shown_faults.txt");
  if (!file) ADD_FAILURE() << file.error().text();
  const std::string text = file.value_or("");
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with("== ")) continue;
    const auto words = split(line, ' ');
    const std::size_t at = words[0].size() + words[1].size() + words[2].size() + 3;
    for (auto& uses : out)
      if (uses.front().fault->name == words[2])
        uses.push_back({uses.front().fault, nlohmann::json::parse(line.substr(at))});
  }
  return out;
}

bool ends_connection(const Step& step) {
  const auto* repeat = std::get_if<Repeat>(&step.op);
  return std::holds_alternative<Close>(step.op) || std::holds_alternative<Reset>(step.op) ||
         std::holds_alternative<Stall>(step.op) || (repeat != nullptr && repeat->times == 0);
}

// What a player can play to its end: nothing follows what ends a connection, and after FIN and after the wait
// for the next request nothing is written. Marks are in order.
std::string flaw_of_script(const Script& script) {
  bool over = false;
  bool silent = false;
  for (const Step& step : script.steps) {
    if (over) return "a step follows the end";
    const auto* write = std::get_if<Write>(&step.op);
    if (silent && (write != nullptr || std::holds_alternative<Repeat>(step.op)))
      return "bytes after the last";
    over = ends_connection(step);
    silent =
        silent || std::holds_alternative<HalfClose>(step.op) || std::holds_alternative<AwaitInput>(step.op);
    std::size_t before = 0;
    for (const Mark& m : write == nullptr ? std::vector<Mark>{} : write->marks) {
      if (m.at < before || m.at > write->bytes.size()) return "marks out of order";
      before = m.at;
    }
  }
  if (silent && !over) return "no end after the last byte";
  return "";
}

// Faults that put something else where the status line was, or say where bytes go.
bool may_touch_status_line(const PairUse& use) {
  return use.fault->name == "bad-status-line" ||
         (use.fault->name == "insert-bytes" && use.params.contains("wire"));
}

TEST(FaultPairs, HoldWhatEachPromises) {
  const auto all = uses_by_fault();
  Random random(20260102);
  int applied = 0;
  int refused = 0;
  int lossless = 0;
  for (int round = 0; round < 2; ++round) {
    for (const auto& first_uses : all) {
      for (const auto& second_uses : all) {
        const PairUse& a = first_uses[random.below(first_uses.size())];
        const PairUse& b = second_uses[random.below(second_uses.size())];
        Response response =
            std::array{streamed_chat(), short_stream(), plain(), unfinished()}.at(random.below(4));
        if (response.framing == BodyFraming::chunked && random.below(4) == 0)
          response.trailers = {{"X-T", "1"}};
        SCOPED_TRACE(std::string(a.fault->name) + " " + a.params.dump() + ", " + std::string(b.fault->name) +
                     " " + b.params.dump());
        const std::vector<FaultUse> uses{{std::string(a.fault->name), a.params},
                                         {std::string(b.fault->name), b.params}};
        const auto apply = [&](std::vector<FaultUse> some) {
          Random own(11);
          Request request;
          return apply_faults(response, some, {}, {own, &request, 1'790'000'000});
        };
        const auto script = apply(uses);
        if (!script) {
          ++refused;
          const std::string& why = script.error().message;
          ASSERT_TRUE(why.starts_with("fault " + uses[0].name + ": ") ||
                      why.starts_with("fault " + uses[1].name + ": "))
              << why;
          ASSERT_GT(why.size(), std::string("fault : ").size() + 10) << why;
          continue;
        }
        ++applied;
        ASSERT_EQ(flaw_of_script(*script), "") << show(*script);
        const std::string bytes = all_bytes(*script);
        if (!bytes.empty() && !may_touch_status_line(a) && !may_touch_status_line(b)) {
          ASSERT_TRUE(bytes.starts_with("HTTP/1.") || std::string_view("HTTP/1.1 ").starts_with(bytes))
              << show(*script);
        }
        // The one that is applied last changed what the other left: exchange faults come first.
        const bool swapped = a.fault->level == FaultLevel::script && b.fault->level == FaultLevel::exchange;
        if (const auto without = apply({swapped ? uses[1] : uses[0]}); without) {
          ASSERT_NE(*script, *without) << "nothing was changed";
        }
        if (!a.fault->lossless || !b.fault->lossless) continue;
        ++lossless;
        const auto read = read_message(bytes);
        ASSERT_TRUE(read) << show(*script);
        ASSERT_EQ(read->body, body_bytes(response)) << show(*script);
        for (const Header& trailer : response.trailers)
          ASSERT_NE(bytes.find("\r\n" + trailer.name + ": " + trailer.value), std::string::npos)
              << show(*script);
      }
    }
  }
  EXPECT_GT(applied, 4000);
  EXPECT_GT(refused, 1000);
  EXPECT_GT(lossless, 200);
}

}  // namespace
}  // namespace assay::wire
