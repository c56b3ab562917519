// JSON in pieces: its objects, its separators, its mistakes and its limit, at every cut.
#include "harness/stream/framing/json_framer.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/base/random.h"

namespace assay::stream {
namespace {

using ::testing::HasSubstr;

struct Framed {
  std::vector<std::string> objects;
  std::string error;
  bool at_rest = true;
  bool operator==(const Framed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Framed& framed) {
  for (const std::string& object : framed.objects) out << object << " | ";
  return out << framed.error << (framed.at_rest ? "" : " (open)");
}

Framed frame_in_reads(const std::string& bytes, std::size_t read, std::size_t limit) {
  JsonFramer framer(limit);
  Framed framed;
  for (std::size_t at = 0; at < bytes.size(); at += read) {
    framer.append(std::string_view(bytes).substr(at, read));
    for (std::string_view object; framer.next(object);) framed.objects.emplace_back(object);
  }
  if (framer.error()) framed.error = framer.error()->message;
  framed.at_rest = framer.at_rest();
  return framed;
}

// In one read; others must not differ.
Framed frame_json(const std::string& bytes, std::size_t limit = 1000) {
  Framed whole = frame_in_reads(bytes, bytes.size() + 1, limit);
  for (const std::size_t read : {1U, 2U, 7U}) EXPECT_EQ(frame_in_reads(bytes, read, limit), whole) << bytes;
  return whole;
}

TEST(JsonFramer, GivesBodiesLinesAndElements) {
  using V = std::vector<std::string>;
  EXPECT_EQ(frame_json("{}"), (Framed{{"{}"}, "", true}));
  EXPECT_EQ(frame_json("\n{\"a\":\n [1]}\n"), (Framed{{"{\"a\":\n [1]}"}, "", true}));
  EXPECT_EQ(frame_json("{\"a\":1}\n{\"b\":\"}\\\"\"}\r\n"),
            (Framed{{"{\"a\":1}", "{\"b\":\"}\\\"\"}"}, "", true}));
  EXPECT_EQ(frame_json("{\n}\n{\n}").objects, (V{"{\n}", "{\n}"}));
  EXPECT_EQ(frame_json("[{},{\n}]").objects, (V{"{}", "{\n}"}));
  EXPECT_EQ(frame_json("{} {}{}").objects, (V{"{}", "{}", "{}"}));
  EXPECT_EQ(frame_json("[{\"a\":1}\n,\r\n{}]\n"), (Framed{{"{\"a\":1}", "{}"}, "", true}));
  EXPECT_EQ(frame_json("[]"), (Framed{{}, "", true}));
  EXPECT_EQ(frame_json(" \n"), (Framed{{}, "", true}));
}

TEST(JsonFramer, SaysWhatIsStillOpen) {
  for (const char* open : {"{", "{\"a\":[", "[", "[{}", "[{},", "{}\n{\"a", "[{\"a\":tr"})
    EXPECT_EQ(frame_json(open).error, "") << open;
  for (const char* open : {"{", "{\"a\":[", "[", "[{}", "[{},", "{}\n{\"a", "[{\"a\":tr"})
    EXPECT_FALSE(frame_json(open).at_rest) << open;
}

TEST(JsonFramer, RefusesTheFirstByteThatCannotStandThere) {
  const struct {
    const char* bytes;
    std::size_t objects;  // before it
    const char* why;
  } table[] = {
      {"{\"a\":[1}", 0, "not JSON from byte 8 on: {\"a\":[1}"},
      {"{\"a\":{\"b\":1]}", 0, "from byte 12"},
      {"{\"a\":\"x}\n{}\n", 0, "from byte 9 on: {\"a\":\"x} "},
      {"{}\n{\"a\":{\"b\":1}\n{}\n", 1, "from byte 13 on: {\"a\":{\"b\":1} "},
      {"{\"a\":1,\n{\"b\":1}", 0, "from byte 9"},
      {"{}\n{\"a\":\n{}}\n", 1, "from byte 6"},
      {"{\"a\" 1}", 0, "from byte 6"},
      {"{a:1}", 0, "from byte 2"},
      {"{\"a\":1,}", 0, "from byte 8"},
      {"{\"a\":[1,]}", 0, "from byte 9"},
      {"{,}", 0, "from byte 2"},
      {"{\"a\":01}", 0, "from byte 7"},
      {"{\"a\":1.}", 0, "from byte 8"},
      {"{\"a\":-}", 0, "from byte 7"},
      {"{\"a\":1e+}", 0, "from byte 9"},
      {"{\"a\":.5}", 0, "from byte 6"},
      {"{\"a\":nul}", 0, "from byte 9"},
      {"{\"a\":NaN}", 0, "from byte 6"},
      {"{\"a\":\"\\x\"}", 0, "from byte 8"},
      {"{\"a\":\"\\u12g4\"}", 0, "from byte 11"},
      {"17\n", 0, "expected a JSON object, found '1'"},
      {"{}\n\"x\"", 1, "expected a JSON object, found '\"'"},
      {"{},{}", 1, "found ','"},
      {"{}[{}]", 1, "found '['"},
      {"[[{}]]", 0, "found '['"},
      {"[,{}]", 0, "found ','"},
      {"[{},]", 1, "found ']'"},
      {"[{}{}]", 1, "expected a comma or the array's end, found '{'"},
      {"[{}]{}", 1, "expected nothing after the array's end, found '{'"},
      {"[{}]]", 1, "after the array's end, found ']'"},
      {"{}}", 1, "found '}'"},
      {"{}\x01", 1, "found '?'"},
  };
  for (const auto& row : table) {
    const Framed framed = frame_json(row.bytes);
    EXPECT_EQ(framed.objects.size(), row.objects) << row.bytes;
    EXPECT_THAT(framed.error, HasSubstr(row.why)) << row.bytes;
  }
}

TEST(JsonFramer, ShowsNoMoreThanTheBytesBeforeAMistake) {
  const std::string error = frame_json("{\"a\":\"" + std::string(200, 'x') + "\x1b[2J").error;
  EXPECT_THAT(error, HasSubstr("from byte 207 on: ...xxx"));
  EXPECT_THAT(error, ::testing::EndsWith("xxx?"));
  EXPECT_LT(error.size(), 120U);
}

TEST(JsonFramer, KeepsItsLimitHoweverTheBytesCome) {
  EXPECT_EQ(frame_json("{\"a\":\"1234\"}\n{}", 12).objects.size(), 2U);
  const Framed longer = frame_json("{}{\"a\":\"12345\"}\n{}", 12);
  EXPECT_EQ(longer.objects.size(), 1U);
  EXPECT_THAT(longer.error, HasSubstr("longer than 12 bytes"));
  // White space between objects is no part of them.
  EXPECT_EQ(frame_json(std::string(50, ' ') + "{}" + std::string(50, '\n') + "{}", 12).objects.size(), 2U);
}

TEST(JsonFramer, ReadsAsManyLevelsAsTheParser) {
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  EXPECT_EQ(frame_in_reads(nested(1024), 5000, 5000).objects.size(), 1U);
  EXPECT_THAT(frame_in_reads(nested(1025), 5000, 5000).error, HasSubstr("from byte 1029 on"));
}

// Objects in which a byte or two were changed.
TEST(JsonScan, AgreesWithAParser) {
  const std::string seed_text =
      R"({"a":[1,-0.5e+3,true,null,{"b":"\u00e9\n"}],"c":{},"d":[],"e":"x","f":false,"g":10})";
  int whole = 0;
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    Random random(seed);
    std::string text = seed_text;
    for (std::uint64_t i = 1 + random.below(2); i != 0; --i) {
      const std::size_t at = 1 + random.below(text.size() - 1);
      const char byte = "\"\\{}[],:\n 0e.-+tx"[random.below(17)];
      if (random.below(2) == 0) {
        text[at] = byte;
      } else {
        text.insert(at, 1, byte);
      }
    }
    JsonScan scan;
    std::size_t read = 0;
    const JsonScan::Found found = scan.next(text, read);
    ASSERT_LE(read, text.size());
    const bool json = nlohmann::json::accept(text.substr(0, read));
    ASSERT_EQ(json, found == JsonScan::Found::object) << text << " read " << read;
    whole += found == JsonScan::Found::object ? 1 : 0;
    refused += found == JsonScan::Found::mistake ? 1 : 0;
    if (found == JsonScan::Found::object) continue;
    // The parser refuses it too, and all that it says of what stands before the mistake is that it goes on.
    ASSERT_FALSE(nlohmann::json::accept(text)) << text;
    const std::size_t right = found == JsonScan::Found::mistake ? read - 1 : read;
    try {
      const nlohmann::json value = nlohmann::json::parse(text.substr(0, right));
      FAIL() << text;
    } catch (const nlohmann::json::parse_error& error) {
      ASSERT_GT(error.byte, right) << text;
    }
  }
  EXPECT_GT(whole, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace assay::stream
