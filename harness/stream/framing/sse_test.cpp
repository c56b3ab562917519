// The SSE framer against the WHATWG algorithm, at every cut.
#include "harness/stream/framing/sse.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/text.h"

namespace assay::stream {
namespace {

struct Seen {
  std::string type;
  std::string data;
  std::string id;
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.type << "|" << seen.data << "|" << seen.id;
}

std::vector<Seen> frame(const std::vector<std::string>& reads, AtEnd policy = AtEnd::discard,
                        SseFramer framer = SseFramer()) {
  std::vector<Seen> all;
  SseEvent event;
  const auto keep = [&] {
    all.push_back({std::string(event.type), std::string(event.data), std::string(event.id)});
  };
  for (const std::string& read : reads) {
    framer.append(read);
    while (framer.next(event)) keep();
  }
  if (framer.finish(policy, event)) keep();
  return all;
}

std::vector<std::string> cut_every(const std::string& bytes, std::size_t size) {
  std::vector<std::string> reads;
  for (std::size_t at = 0; at < bytes.size(); at += size) reads.push_back(bytes.substr(at, size));
  return reads;
}

// All ways of reading give what one read gives.
void expect_at_every_cut(const std::string& bytes, const std::vector<Seen>& expected) {
  EXPECT_EQ(frame({bytes}), expected) << bytes;
  EXPECT_EQ(frame(cut_every(bytes, 1)), expected) << bytes;
  EXPECT_EQ(frame(cut_every(bytes, 3)), expected) << bytes;
  for (std::size_t at = 1; at < bytes.size(); ++at)
    ASSERT_EQ(frame({bytes.substr(0, at), bytes.substr(at)}), expected) << bytes << " cut at " << at;
}

TEST(SseFramer, FollowsTheStandardAtEveryCut) {
  using V = std::vector<Seen>;
  const std::string nul(1, '\0');
  expect_at_every_cut("data: a b\n\n", V{{"message", "a b", ""}});
  expect_at_every_cut("data:  two spaces\r\n\r\n", V{{"message", " two spaces", ""}});
  expect_at_every_cut("data: a\rdata: b\r\rdata:c\r\r", V{{"message", "a\nb", ""}, {"message", "c", ""}});
  expect_at_every_cut("data: a\r\n\ndata: b\n\r\n", V{{"message", "a", ""}, {"message", "b", ""}});
  expect_at_every_cut(
      "\xEF\xBB\xBF"
      "data: a\n\n\xEF\xBB\xBF"
      "data: b\n\n",
      V{{"message", "a", ""}});
  expect_at_every_cut(": comment\n\nevent: e\ndata\n\ndata\ndata\n\n",
                      V{{"e", "", ""}, {"message", "\n", ""}});
  expect_at_every_cut("event: gone\n\ndata: x\n\n", V{{"message", "x", ""}});
  expect_at_every_cut("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
                      V{{"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", ""}});
  expect_at_every_cut("id: 1" + nul + "\ndata: a\n\n", V{{"message", "a", ""}});
  expect_at_every_cut("id: 7\n\ndata: a\n\n", V{{"message", "a", "7"}});
  expect_at_every_cut("Data: a\ndata : b\ndata:c:d\n\n", V{{"message", "c:d", ""}});
  expect_at_every_cut("data: a\n\ndata: half", V{{"message", "a", ""}});
  expect_at_every_cut("data: half\n", V{});
  expect_at_every_cut("data: \xE2\x82\xAC\xF0\x9F\x98\x80\n\n", V{{"message", "€😀", ""}});
}

TEST(SseFramer, ReplacesWhatIsNotUtf8AsTheEncodingStandardSays) {
  using V = std::vector<Seen>;
  expect_at_every_cut(
      "data: a\xFF"
      "b\n\n",
      V{{"message", "a\uFFFDb", ""}});
  expect_at_every_cut("data: \xE2\x82\ndata: x\n\n", V{{"message", "\uFFFD\nx", ""}});
  expect_at_every_cut("data: \xF0\x9F\x98\n\n", V{{"message", "\uFFFD", ""}});
  expect_at_every_cut("data: \xED\xA0\x80\n\n", V{{"message", "\uFFFD\uFFFD\uFFFD", ""}});
  expect_at_every_cut("data: \xC0\xAF\xF5\n\n", V{{"message", "\uFFFD\uFFFD\uFFFD", ""}});
  expect_at_every_cut("event: \xFF\nid: \xE2\ndata: a\n\n", V{{"\uFFFD", "a", "\uFFFD"}});
}

TEST(SseFramer, FlushesTheLastEventOnlyWhenAsked) {
  EXPECT_EQ(frame({"data: a\n\ndata: b"}, AtEnd::flush),
            (std::vector<Seen>{{"message", "a", ""}, {"message", "b", ""}}));
  EXPECT_EQ(frame({"data: b\n"}, AtEnd::flush), (std::vector<Seen>{{"message", "b", ""}}));
  EXPECT_EQ(frame({"data: b\ndata: c"}, AtEnd::flush), (std::vector<Seen>{{"message", "b\nc", ""}}));
  EXPECT_TRUE(frame({": nothing"}, AtEnd::flush).empty());
  EXPECT_TRUE(frame({}, AtEnd::flush).empty());
}

TEST(SseFramer, TakesRetryOnlyFromDigits) {
  SseFramer framer;
  framer.append("retry: 1500\nretry: 10x\nretry:\nretry: 99999999999999999999\n\n");
  SseEvent event;
  EXPECT_FALSE(framer.next(event));
  EXPECT_EQ(framer.retry(), 1500U);
}

TEST(SseFramer, RefusesLinesAndEventsBeyondTheLimits) {
  SseEvent event;
  SseFramer lines({.line = 10, .event = 100});
  lines.append("data: 123456789012");
  EXPECT_FALSE(lines.next(event));
  ASSERT_TRUE(lines.error().has_value());
  EXPECT_THAT(lines.error()->message, ::testing::HasSubstr("longer than 10 bytes"));

  SseFramer events({.line = 10, .event = 8});
  events.append("data:1234\ndata:5678\n\ndata:x\n\n");
  EXPECT_FALSE(events.next(event));
  ASSERT_TRUE(events.error().has_value());
  EXPECT_FALSE(events.next(event));
}

// Vectors of public test suites, when their folder is at hand (ASSAY_CORPUS).
TEST(SseFramer, AgreesWithPublicVectors) {
  const char* corpus = std::getenv("ASSAY_CORPUS");
  if (!corpus) GTEST_SKIP() << "ASSAY_CORPUS names no folder with facts/sse-vectors.json";
  std::ifstream file(std::string(corpus) + "/facts/sse-vectors.json");
  ASSERT_TRUE(file) << "no facts/sse-vectors.json in " << corpus;
  const nlohmann::json vectors = nlohmann::json::parse(file)["vectors"];
  ASSERT_EQ(vectors.size(), 51U);
  for (const nlohmann::json& vector : vectors) {
    std::vector<std::string> reads;
    for (const nlohmann::json& chunk : vector["chunks_b64"])
      reads.push_back(base64_decode(chunk.get<std::string>()).value());
    const std::vector<Seen> seen = frame(reads);
    ASSERT_EQ(seen.size(), vector["events"].size()) << vector["name"];
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const nlohmann::json& expected = vector["events"][i];
      EXPECT_EQ(seen[i].type, expected["type"]) << vector["name"];
      EXPECT_EQ(seen[i].data, expected["data"]) << vector["name"];
      if (expected.contains("id")) {
        EXPECT_EQ(seen[i].id, expected["id"]) << vector["name"];
      }
    }
    if (vector.contains("retry")) {
      SseFramer framer;
      SseEvent event;
      for (const std::string& read : reads) framer.append(read);
      while (framer.next(event)) continue;
      EXPECT_EQ(framer.retry(), vector["retry"].get<std::uint64_t>()) << vector["name"];
    }
  }
}

}  // namespace
}  // namespace assay::stream
