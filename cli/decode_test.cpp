// assay decode as a colleague meets it: what it prints, what it says, and how it exits.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.h"
#include "harness/fixture/fixture.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::string kHello =
    "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n";
const std::string kModels = R"({"object":"list","data":[{"id":"m","object":"model"}]})";

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  for (const std::string_view line : split(text, '\n'))
    if (!line.empty()) lines.push_back(json::parse(line));
  return lines;
}

class CliDecode : public Cli {
 protected:
  std::string file(const std::string& bytes) const {
    std::string path = folder_ + "/answer";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  process::Completed decode(const std::string& bytes, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"decode", file(bytes)});
    return assay(options);
  }
  // Not what was promised: status and one line.
  void expect_problem(const std::string& bytes, const std::vector<std::string>& options, int status,
                      const std::string& why) const {
    const auto done = decode(bytes, options);
    EXPECT_EQ(done.status.code, status) << bytes << done.out << done.err;
    EXPECT_THAT(done.err, HasSubstr(why)) << bytes;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
  }
  static RecordedExchange exchange(std::string type, std::string body) {
    RecordedExchange recorded;
    recorded.exchange.request.method = "POST";
    recorded.exchange.request.target = "/v1";
    recorded.exchange.response = make_response(200, std::move(type), std::move(body));
    return recorded;
  }
  static std::string fixture_of(std::vector<RecordedExchange> exchanges) {
    Fixture fixture;
    fixture.provenance.origin = Origin::authored;
    fixture.provenance.source = "a test";
    fixture.exchanges = std::move(exchanges);
    EXPECT_TRUE(check(fixture)) << check(fixture).error().text();
    return format_fixture(fixture);
  }
};

TEST_F(CliDecode, PrintsOneTurn) {
  const auto done = decode(kHello);
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  const json turn = json::parse(done.out);
  EXPECT_EQ(turn["protocol"], "openai-chat");
  EXPECT_EQ(turn["content"], json::parse(R"([{"text":"Hello"}])"));
  EXPECT_EQ(turn["complete"], true);
}

TEST_F(CliDecode, ReadsStandardInput) {
  process::ChildOptions options;
  options.argv = {ASSAY_PROGRAM, "decode", "-"};
  options.environment = {"PATH=/usr/bin:/bin"};
  options.stdin_mode = process::StdinMode::pipe;
  auto child = process::Child::start(std::move(options));
  ASSERT_TRUE(child) << child.error().text();
  ASSERT_TRUE(child->write(kHello, std::chrono::seconds(60)));
  child->close_stdin();
  const auto status = child->wait(std::chrono::seconds(60));
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(status->code, 0);
  EXPECT_EQ(json::parse(child->text(process::Stream::out))["content"][0]["text"], "Hello");
}

TEST_F(CliDecode, WithEventsEachDeltaIsALine) {
  const auto done = decode(kHello, {"--events"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  const std::vector<json> lines = lines_of(done.out);
  ASSERT_EQ(lines.size(), 5U) << done.out;
  EXPECT_EQ(lines[0], json::parse(R"({"delta":"start","id":"c","model":"m"})"));
  EXPECT_EQ(lines[1], json::parse(R"({"delta":"text","block":0,"text":"Hel"})"));
  EXPECT_EQ(lines[2], json::parse(R"({"delta":"text","block":0,"text":"lo"})"));
  EXPECT_EQ(lines[3], json::parse(R"({"delta":"finish","finish_reason":"stop","finish_raw":"stop"})"));
  EXPECT_EQ(lines[4]["turn"]["content"][0]["text"], "Hello");
}

TEST_F(CliDecode, WhatIsNotWhatTheProtocolPromisesIsExitOneAndOneLine) {
  const std::vector<std::string> chat = {"--protocol", "openai-chat"};
  expect_problem("Not Found", chat, 1,
                 "assay decode: " + folder_ + "/answer: expected server-sent events, JSON");
  expect_problem("", chat, 1, "found nothing at all");
  expect_problem(kHello + "data: {bad\n\ndata: [DONE]\n\n", {}, 1, "event 3: expected a JSON object");
  expect_problem(kHello + "data: {\ndata: x}\n\n", {}, 1, "event 3: ");
  expect_problem(kHello + "data: garbage", {}, 1, "event 3: ");
  expect_problem("{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"done\":tru}\n",
                 {"--protocol", "ollama"}, 1, "event 2: ");
  // What was decoded before is printed all the same.
  const auto done = decode(kHello + "data: {bad\n\n");
  EXPECT_EQ(json::parse(done.out)["content"][0]["text"], "Hello");
  EXPECT_EQ(json::parse(done.out)["complete"], false);
}

TEST_F(CliDecode, WhatCannotBeReadAtAllIsExitTwoAndOneLine) {
  expect_problem("Not Found\x1b[31m\n", {}, 2,
                 "answer: cannot tell the protocol of \"Not Found?[31m \"; give --protocol");
  expect_problem("", {}, 2, "cannot tell the protocol of an empty body");
  expect_problem(kModels, {}, 2, "cannot tell the protocol of \"{\"object\":\"list\"");
  expect_problem(kHello, {"--protocol", "smoke"}, 2,
                 "unknown protocol 'smoke'; expected one of openai-chat, ");
  expect_refused({"decode", folder_ + "/none"}, 2, "none");
  expect_problem("{\"assay_fixture\": 1,\n \"provenance\": }", {}, 2, "answer:2");
  expect_problem("{\"assay_fixture\": 1, \"exchanges\": []}", {"--protocol", "anthropic"}, 2, "answer:1");
}

TEST_F(CliDecode, OfAFixtureEachExchangeIsALine) {
  const auto done =
      decode(fixture_of({exchange("text/event-stream", kHello), exchange("text/event-stream", kHello)}));
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  const std::vector<json> lines = lines_of(done.out);
  ASSERT_EQ(lines.size(), 2U) << done.out;
  EXPECT_EQ(lines[0], lines[1]);
}

TEST_F(CliDecode, AnExchangeThatIsNoModelsAnswerHidesNoOther) {
  const std::string fixture =
      fixture_of({exchange("application/json", kModels), exchange("text/event-stream", kHello)});
  expect_problem(fixture, {}, 1, "answer exchange 0: cannot tell the protocol of");
  const std::vector<json> lines = lines_of(decode(fixture).out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["content"][0]["text"], "Hello");
  // None at all, and one that is broken.
  expect_problem(fixture_of({exchange("application/json", kModels)}), {}, 2, "exchange 0: cannot tell");
  expect_problem(fixture_of({exchange("text/event-stream", kHello + "data: {bad\n\n"),
                             exchange("text/event-stream", kHello)}),
                 {}, 1, "exchange 0: event 3: ");
}

TEST_F(CliDecode, OfAFixtureTheBodyIsReadAsItWasMeant) {
  // "{}" with gzip around it.
  RecordedExchange packed =
      exchange("application/json",
               std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0", 22));
  packed.exchange.response.headers.push_back({"Content-Encoding", "gzip"});
  const auto plain = decode(fixture_of({packed}), {"--protocol", "openai-chat"});
  EXPECT_EQ(plain.status.code, 0) << plain.err;

  RecordedExchange payloads = exchange("text/event-stream", "");
  payloads.fidelity = Fidelity::payloads;
  payloads.exchange.response.body = {{R"({"choices":[{"index":0,"delta":{"content":"Hi"}}]})"}, {"[DONE]"}};
  const auto done = decode(fixture_of({payloads}));
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_EQ(json::parse(done.out)["content"][0]["text"], "Hi");
  EXPECT_EQ(json::parse(done.out)["complete"], true);
}

TEST_F(CliDecode, AnAnswerThatSpeaksOfFixturesIsNone) {
  const std::string nested = R"({"choices":[{"index":0,"message":{"content":"a","x":{"assay_fixture":1}}}]})";
  EXPECT_EQ(decode(nested).status.code, 0) << decode(nested).err;
  const std::string own = R"({"assay_fixture":1,"choices":[{"index":0,"message":{"content":"a"}}]})";
  const auto done = decode(own, {"--protocol", "openai-chat"});
  EXPECT_EQ(done.status.code, 0) << done.err;
  EXPECT_EQ(json::parse(done.out)["content"][0]["text"], "a");
  const auto streamed = decode("data: " + nested + "\n\n");
  EXPECT_EQ(streamed.status.code, 0) << streamed.err;
}

}  // namespace
}  // namespace assay
