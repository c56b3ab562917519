#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/wire/script.h"

namespace assay::wire {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

Response sse(std::vector<Chunk> body, BodyFraming framing = BodyFraming::chunked) {
  Response r;
  r.headers = {{"content-type", "text/event-stream; charset=utf-8"}};
  r.framing = framing;
  r.body = std::move(body);
  return r;
}

// The wire offsets of every mark of `kind` over all writes.
std::vector<std::size_t> marks(const Script& script, MarkKind kind) {
  std::vector<std::size_t> out;
  std::size_t base = 0;
  for (const Step& step : script.steps) {
    const auto* write = std::get_if<Write>(&step.op);
    if (write == nullptr) continue;
    for (const Mark& m : write->marks) {
      if (m.kind == kind) out.push_back(base + m.at);
    }
    base += write->bytes.size();
  }
  return out;
}

// What lies from each mark of `kind` on, `length` bytes of it.
std::vector<std::string> at_marks(const Script& script, MarkKind kind, std::size_t length) {
  const std::string bytes = all_bytes(script);
  std::vector<std::string> out;
  for (const std::size_t at : marks(script, kind)) out.push_back(bytes.substr(at, length));
  return out;
}

std::vector<std::string> shape(const Script& script) {
  struct Name {
    std::string operator()(const Write& w) const { return "write " + std::to_string(w.bytes.size()); }
    std::string operator()(const Wait& w) const { return "wait " + format_duration(w.after); }
    std::string operator()(const Flush&) const { return "flush"; }
    std::string operator()(const Cut&) const { return "cut"; }
    std::string operator()(const Hold&) const { return "hold"; }
    std::string operator()(const Repeat&) const { return "repeat"; }
    std::string operator()(const Close&) const { return "close"; }
    std::string operator()(const Reset&) const { return "reset"; }
    std::string operator()(const Stall&) const { return "stall"; }
    std::string operator()(const HalfClose&) const { return "half-close"; }
    std::string operator()(const AwaitInput&) const { return "await-input"; }
  };
  std::vector<std::string> out;
  for (const Step& step : script.steps) out.push_back(std::visit(Name{}, step.op));
  return out;
}

TEST(Serialize, JsonBodyGetsItsLength) {
  Response r = make_response(404, "application/json", R"({"error":"x"})");
  const Script script = serialize(r);
  EXPECT_EQ(all_bytes(script),
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
            "{\"error\":\"x\"}");
  EXPECT_TRUE(script.keep_alive);
  EXPECT_EQ(script.steps.size(), 1U);
  EXPECT_THAT(at_marks(script, MarkKind::head, 8), ElementsAre("HTTP/1.1"));
  EXPECT_THAT(at_marks(script, MarkKind::header, 9), ElementsAre("Content-T", "Content-L"));
  EXPECT_THAT(at_marks(script, MarkKind::body, 3), ElementsAre("{\"e"));
  EXPECT_THAT(at_marks(script, MarkKind::data, 3), ElementsAre("{\"e"));
  EXPECT_THAT(marks(script, MarkKind::end), ElementsAre(all_bytes(script).size()));
  EXPECT_THAT(marks(script, MarkKind::event), IsEmpty());
}

TEST(Serialize, ChunkedStreamMarksChunksDataAndEvents) {
  const Script script = serialize(sse({{"data: a\n\ndata: b", {}}, {"\n\n", {}}, {"data: [DONE]\n\n", {}}}));
  const std::string bytes = all_bytes(script);
  EXPECT_EQ(bytes,
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: "
            "chunked\r\n\r\n"
            "10\r\ndata: a\n\ndata: b\r\n2\r\n\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
  EXPECT_THAT(at_marks(script, MarkKind::chunk, 3), ElementsAre("10\r", "2\r\n", "e\r\n", "0\r\n"));
  EXPECT_THAT(at_marks(script, MarkKind::data, 7), ElementsAre("data: a", "\n\n\r\ne\r\n", "data: ["));
  EXPECT_THAT(at_marks(script, MarkKind::data_end, 5), ElementsAre("\r\n2\r\n", "\r\ne\r\n", "\r\n0\r\n"));
  EXPECT_THAT(at_marks(script, MarkKind::event, 7), ElementsAre("data: a", "data: b", "data: ["));
  EXPECT_TRUE(script.keep_alive);
}

TEST(Serialize, MarksAreAscending) {
  const Script script = serialize(sse({{"data: a\n\ndata: b\n\n", {}}, {"data: c\n\n", {}}}));
  const auto& write = std::get<Write>(script.steps.at(0).op);
  EXPECT_TRUE(std::is_sorted(write.marks.begin(), write.marks.end(),
                             [](const Mark& a, const Mark& b) { return a.at < b.at; }));
}

TEST(Serialize, FramingHeadersOfTheResponseAreLeftAlone) {
  Response r = make_response(200, "text/plain", "abc");
  r.headers.push_back({"content-length", "5000"});
  EXPECT_EQ(all_bytes(serialize(r)),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5000\r\n\r\nabc");
  Response both = sse({{"data: a\n\n", {}}});
  both.headers = {{"Content-Length", "3"}};
  EXPECT_EQ(all_bytes(serialize(both)),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
            "9\r\ndata: a\n\n\r\n0\r\n\r\n");
}

TEST(Serialize, TrailersFollowTheLastChunk) {
  Response r = sse({{"data: a\n\n", {}}});
  r.trailers = {{"X-Checksum", "1"}, {"x-more", ""}};
  const std::string bytes = all_bytes(serialize(r));
  EXPECT_TRUE(bytes.ends_with("\r\n0\r\nX-Checksum: 1\r\nx-more: \r\n\r\n")) << bytes;
}

TEST(Serialize, AnEmptyChunkWouldEndTheBodyAndIsLeftOut) {
  EXPECT_TRUE(
      all_bytes(serialize(sse({{"", {}}, {"a", {}}, {"", {}}}))).ends_with("\r\n\r\n1\r\na\r\n0\r\n\r\n"));
}

TEST(Serialize, CloseDelimitedEndsTheConnection) {
  const Script script =
      serialize(sse({{"data: a\n\n", {}}, {"data: b\n\n", {}}}, BodyFraming::close_delimited));
  EXPECT_FALSE(script.keep_alive);
  EXPECT_TRUE(all_bytes(script).ends_with("charset=utf-8\r\n\r\ndata: a\n\ndata: b\n\n"));
  EXPECT_THAT(shape(script), ElementsAre("write 76", "flush", "write 9"));
  EXPECT_THAT(at_marks(script, MarkKind::event, 7), ElementsAre("data: a", "data: b"));
  EXPECT_THAT(at_marks(script, MarkKind::data, 7), ElementsAre("data: a", "data: b"));
}

TEST(Serialize, Http10EndsTheConnectionUnlessItSaysKeepAlive) {
  Response r = make_response(200, "text/plain", "a");
  r.version = "HTTP/1.0";
  EXPECT_FALSE(serialize(r).keep_alive);
  EXPECT_TRUE(all_bytes(serialize(r)).starts_with("HTTP/1.0 200 OK\r\n"));
  r.headers.push_back({"Connection", "Keep-Alive"});
  EXPECT_TRUE(serialize(r).keep_alive);
}

TEST(Serialize, ConnectionCloseIsHonouredAndAdded) {
  Response r = make_response(200, "text/plain", "a");
  EXPECT_TRUE(all_bytes(serialize(r, {.keep_alive = false})).find("\r\nConnection: close\r\n\r\na") !=
              std::string::npos);
  EXPECT_FALSE(serialize(r, {.keep_alive = false}).keep_alive);
  r.headers.push_back({"connection", "TE, Close"});
  EXPECT_FALSE(serialize(r).keep_alive);
}

TEST(Serialize, HeadKeepsTheFramingHeadersAndLeavesOutTheBody) {
  const Script script = serialize(make_response(200, "text/plain", "abc"), {.head_request = true});
  EXPECT_EQ(all_bytes(script), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(script.keep_alive);
  EXPECT_TRUE(serialize(sse({{"a", {}}}, BodyFraming::close_delimited), {.head_request = true}).keep_alive);
}

TEST(Serialize, StatusesWithoutABodyHaveNoFraming) {
  for (const int status : {100, 103, 204, 304}) {
    Response r = make_response(status, "text/plain", "abc");
    r.headers.clear();
    const Script script = serialize(r);
    EXPECT_EQ(all_bytes(script),
              "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) + "\r\n\r\n");
    EXPECT_TRUE(script.keep_alive);
  }
}

TEST(Serialize, EmptyBodyHasLengthZero) {
  EXPECT_EQ(all_bytes(serialize(make_response(401, "text/plain", ""))),
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
}

TEST(Serialize, RecordedTimesBecomeWaitsThatDoNotAddUpErrors) {
  Response r = sse({{"a", Micros(1)}, {"b", Micros(2)}, {"c", Micros(3)}, {"d", Micros(1000)}});
  r.head_delay = milliseconds(30);
  EXPECT_THAT(shape(serialize(r, {.speed = 1})),
              ElementsAre("wait 30ms", testing::_, "wait 1us", "write 6", "wait 1us", "write 6", "wait 1us",
                          "write 6", "wait 997us", "write 11"));
  // At 2: due after 0.5, 1, 1.5 and 500 us, each rounded from the start.
  const Script half = serialize(r, {.speed = 2});
  Micros total{0};
  for (const Step& step : half.steps) {
    if (const auto* wait = std::get_if<Wait>(&step.op)) total += wait->after;
  }
  EXPECT_EQ(total, Micros(15'500));
  EXPECT_EQ(all_bytes(half), all_bytes(serialize(r)));
  EXPECT_EQ(serialize(r).steps.size(), 1U);
}

TEST(Serialize, ATimeThatIsStretchedBeyondClocksWaitsVeryLong) {
  const Response r = sse({{"a", Micros(1000)}, {"b", Micros(2000)}});
  for (const double speed : {1e-16, 1e-300}) {
    const Script script = serialize(r, {.speed = speed});
    Micros waited{0};
    for (const Step& step : script.steps)
      if (const auto* wait = std::get_if<Wait>(&step.op)) waited += wait->after;
    EXPECT_EQ(waited, std::chrono::days(36500)) << speed;
  }
}

TEST(Serialize, TimesThatGoBackDoNotWait) {
  EXPECT_THAT(shape(serialize(sse({{"a", milliseconds(5)}, {"b", milliseconds(2)}, {"c", milliseconds(6)}}),
                              {.speed = 1})),
              ElementsAre(testing::_, "wait 5ms", "write 12", "wait 1ms", "write 11"));
}

TEST(Serialize, CutsLieBetweenChunks) {
  EXPECT_THAT(shape(serialize(sse({{"a", {}}, {"b", {}}}), {.cut_chunks = true})),
              ElementsAre(testing::_, "cut", "write 11"));
}

TEST(Serialize, ACodedBodyHasNoEventMarks) {
  Response r = sse({{"data: a\n\n", {}}});
  r.headers.push_back({"Content-Encoding", "gzip"});
  EXPECT_THAT(marks(serialize(r), MarkKind::event), IsEmpty());
}

TEST(EventOffsets, SseBlocksWithAnyLineEnd) {
  const auto sse_offsets = [](std::string_view body) { return event_offsets(body, "text/event-stream"); };
  EXPECT_THAT(sse_offsets("data: a\n\ndata: b\n\n"), ElementsAre(0, 9));
  EXPECT_THAT(sse_offsets("data: a\r\n\r\ndata: b\r\n\r\n"), ElementsAre(0, 11));
  EXPECT_THAT(sse_offsets("data: a\r\rdata: b\r\r"), ElementsAre(0, 9));
  EXPECT_THAT(sse_offsets("data: a\r\n\ndata: b\n\r\ndata: c\n\r"), ElementsAre(0, 10, 20));
  EXPECT_THAT(sse_offsets("data: a\n\n: ping\n\nevent: x\ndata: y\n\n\n\n\ndata: z"),
              ElementsAre(0, 9, 17, 38));
  // Comments before the first event are no event of their own.
  EXPECT_THAT(sse_offsets(": a\n\n: b\r\n\r\ndata: y\n\ndata: z"), ElementsAre(0, 21));
  EXPECT_THAT(sse_offsets("\n: a\n\ndata: y\n\n"), ElementsAre(1));
  EXPECT_THAT(sse_offsets(": a\n\n: b\n\n"), ElementsAre(0)) << "nothing else";
  EXPECT_THAT(sse_offsets("\n\ndata: a\n\n"), ElementsAre(2));
  EXPECT_THAT(sse_offsets(""), IsEmpty());
  EXPECT_THAT(sse_offsets("\r"), IsEmpty());
  EXPECT_THAT(event_offsets("data: a\n\n", "Text/Event-Stream;charset=UTF-8"), ElementsAre(0));
  EXPECT_THAT(event_offsets("data: a\n\n", "text/plain"), IsEmpty());
}

TEST(EventOffsets, NdjsonLines) {
  EXPECT_THAT(event_offsets("{}\n\n{\"a\":1}\r\n\r\n{}", "application/x-ndjson"), ElementsAre(0, 4, 15));
}

TEST(EventOffsets, EventstreamMessagesByTheirLengths) {
  const std::string message = std::string("\0\0\0\x10", 4) + std::string(12, 'x');
  EXPECT_THAT(event_offsets(message + message + std::string(2, '\0'), "application/vnd.amazon.eventstream"),
              ElementsAre(0, 16));
  EXPECT_THAT(event_offsets(message + std::string("\0\0\0\xff", 4), "application/vnd.amazon.eventstream"),
              ElementsAre(0));
  EXPECT_THAT(event_offsets(std::string("\0\0\0\0\0\0\0\0", 8), "application/vnd.amazon.eventstream"),
              IsEmpty());
}

}  // namespace
}  // namespace assay::wire
