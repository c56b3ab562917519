// assay bench client as a colleague meets it: the reference client, a slow one, one that shows all at the
// end, mistakes.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.h"

namespace assay {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A client of thirty lines. How it reads is its argument: prompt, slow (it sleeps at each event), whole (it
// shows all at the end), forgetful (it loses the last words), plain (it asks for no stream), twice (it shows
// the second answer that it asks for).
constexpr const char* kReader = R"(#!/usr/bin/python3
import json, os, sys, time, urllib.request
how = sys.argv[1]
ask = {"model": os.environ["ASSAY_MODEL"], "stream": how != "plain",
       "messages": [{"role": "user", "content": os.environ["ASSAY_PROMPT"]}]}
request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(ask).encode(),
    {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"})
answer = urllib.request.urlopen(request)
if how == "twice":  # the first is for a title, which nobody sees
    answer.read()
    answer = urllib.request.urlopen(request)
if how == "plain":
    print(json.load(answer)["choices"][0]["message"]["content"])
    sys.exit()
text = []
for line in answer:
    if not line.startswith(b"data: {"):
        continue
    choices = json.loads(line[6:])["choices"]
    piece = choices[0]["delta"].get("content", "") if choices else ""
    if how == "slow" and piece:
        time.sleep(0.02)  # what a slow client is; the test waits for its end
    if how in ("prompt", "slow", "twice"):
        print(piece, end="", flush=True)
    text.append(piece)
if how in ("whole", "forgetful"):
    print("".join(text)[:-5 if how == "forgetful" else None])
)";

class Bench : public Cli {
 protected:
  Bench() { data_ = ASSAY_SOURCE_DIR; }

  std::string reader() const { return program("reader.py", kReader); }

  // Short runs: what is asserted is what is there, and order.
  std::vector<std::string> bench(const std::vector<std::string>& more, const char* events = "60") const {
    std::vector<std::string> out = {"bench", "client"};
    for (const auto& [option, value] : {std::pair<std::string, std::string>{"--rounds", "1"},
                                        {"--events", events},
                                        {"--longer", "2"},
                                        {"--paced-events", "20"},
                                        {"--out", folder_ + "/record.jsonl"}}) {
      out.push_back(option);
      out.push_back(value);
    }
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  // The client's reading of each cut.
  std::map<std::string, json> readings() const {
    std::map<std::string, json> out;
    const auto text = read_file(folder_ + "/record.jsonl");
    EXPECT_TRUE(text) << text.error().text();
    for (const auto line : split(*text, '\n')) {
      const json value = json::parse(line, nullptr, false);
      if (value.is_object() && value.value("reader", "") == "client") out[value["cut"]] = value;
    }
    return out;
  }
};

TEST_F(Bench, TheReferenceClientInEveryProtocol) {
  for (const char* protocol : {"openai-chat", "openai-responses", "anthropic", "gemini"}) {
    // Enough events that they stand out of the start-up of a busy machine.
    const auto done = assay(
        bench({"--client", "reference", "--protocol", protocol, "--cuts", "whole,1400,event,64"}, "3000"));
    EXPECT_EQ(done.status.code, 0) << done.out << done.err;
    EXPECT_THAT(done.out, AllOf(HasSubstr(std::string("reference 0.1.0, ") + protocol + ": 3,000 events"),
                                HasSubstr("wire alone"), HasSubstr("memory  3,000 events: "),
                                Not(HasSubstr("not observable"))));
    const auto seen = readings();
    ASSERT_EQ(seen.size(), 4U);
    for (const auto& [cut, reading] : seen) {
      SCOPED_TRACE(protocol + (" " + cut));
      EXPECT_EQ(reading["samples"], 19);
      EXPECT_GT(reading["events_per_s"], 0);
      EXPECT_GT(reading["first_us"], 0);
      EXPECT_GE(reading["p99_us"], reading["p50_us"]);
    }
  }
}

TEST_F(Bench, ASlowReaderShowsLargerLatenciesAndFewerEvents) {
  const std::string path = reader();
  const auto prompt = assay(bench({"--cuts", "event", "--", path, "prompt"}));
  EXPECT_EQ(prompt.status.code, 0) << prompt.out << prompt.err;
  const json quick = readings().at("event");
  const auto slow = assay(bench({"--cuts", "event", "--", path, "slow"}));
  EXPECT_EQ(slow.status.code, 0) << slow.out << slow.err;
  const json late = readings().at("event");
  EXPECT_LT(quick["p50_us"], late["p50_us"]);
  EXPECT_LT(quick["first_us"], late["first_us"]);
  // It cannot be faster than it sleeps; that the prompt one is, a busy machine may hide.
  ASSERT_TRUE(late["events_per_s"].is_number()) << slow.out;
  EXPECT_LT(late["events_per_s"], 50);
}

TEST_F(Bench, AReaderThatShowsAllAtTheEndIsNotObservable) {
  const auto done = assay(bench({"--cuts", "event", "--", reader(), "whole"}));
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("not observable: no text showed before the end of the stream"));
  EXPECT_TRUE(readings().at("event")["p50_us"].is_null());
  EXPECT_TRUE(readings().at("event")["first_us"].is_null());
}

TEST_F(Bench, OfTwoAnswersThatWhichIsShownIsMeasured) {
  const auto done = assay(bench({"--cuts", "event", "--", reader(), "twice"}));
  EXPECT_EQ(done.status.code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("It asked for 2 answers in one chat"));
  // Against the first answer's times the second would seem a whole stream late: 20 events, one every 5 ms.
  EXPECT_EQ(readings().at("event")["samples"], 19);
  EXPECT_LT(readings().at("event")["p50_us"], 100'000);
}

TEST_F(Bench, AClientThatCannotBeMeasuredIsIncompleteInOneLine) {
  expect_refused(bench({"--", reader(), "forgetful"}), 3, "the client showed 19 of 20 events");
  expect_refused(bench({"--", reader(), "plain"}), 3, "an answer that is not streamed");
  expect_refused(bench({"--", "/bin/true"}), 3, "asked for no answer of the model");
  expect_refused(bench({"--", "/bin/false"}), 3, "its chat failed");
  expect_refused(bench({"--adapter", "/bin/true"}), 3, "ended without a hello");
}

TEST_F(Bench, ThePageIsDrawnFromTheRecordAlone) {
  const std::string page = folder_ + "/page.html", stream = folder_ + "/stream.jsonl",
                    again = folder_ + "/again.html";
  const auto done = assay({"bench", "stream", "--megabytes", "1", "--rounds", "1", "--corpus", "chat",
                           "--reads", "1400", "--out", stream, "--html", page});
  EXPECT_EQ(done.status.code, 0) << done.err;
  const auto rendered = assay({"bench", "render", stream, "--out", again});
  EXPECT_EQ(rendered.status.code, 0) << rendered.err;
  EXPECT_EQ(rendered.out, again + "\n");
  EXPECT_EQ(read_file(page).value(), read_file(again).value());
  EXPECT_THAT(read_file(page).value(),
              AllOf(HasSubstr("reads of 1,400 B"), HasSubstr("line by line std::string")));

  EXPECT_EQ(assay(bench({"--cuts", "event", "--html", page, "--", reader(), "prompt"})).status.code, 0);
  EXPECT_EQ(assay({"bench", "render", stream, folder_ + "/record.jsonl", "--out", again}).status.code, 0);
  EXPECT_THAT(read_file(page).value(), AllOf(HasSubstr("one event a write"), HasSubstr("reader.py")));
  EXPECT_THAT(read_file(again).value(), AllOf(HasSubstr("reads of 1,400 B"), HasSubstr("reader.py")));
}

TEST_F(Bench, APageOfNoRecordIsRefusedInOneLine) {
  expect_refused({"bench", "render", "nothing.jsonl"}, 2, "nothing.jsonl");
  const std::string wrong =
      program("wrong.jsonl", "{\"bench\": \"stream\", \"format\": 1}\n{\"corpus\": 1}\n");
  expect_refused({"bench", "render", wrong}, 2, "wrong.jsonl:2: expected a text \"corpus\"");
}

TEST_F(Bench, WrongArgumentsAreOneLine) {
  expect_refused({"bench", "client"}, 2, "expected one client");
  expect_refused({"bench", "client", "--client", "referense"}, 2, "did you mean 'reference'");
  expect_refused({"bench", "client", "--client", "reference", "--cuts", "64k"}, 2,
                 "--cuts: expected whole, event, or a number of bytes");
  expect_refused({"bench", "client", "--client", "reference", "--pace", "0"}, 2, "--pace: expected a time");
  expect_refused({"bench", "client", "--client", "reference", "--protocol", "chat"}, 2,
                 "--protocol: expected openai-chat");
  expect_refused({"bench", "client", "--client", "reference", "--events", "200000"}, 2,
                 "--events times --longer: expected at most 1000000");
  expect_refused({"bench", "client", "--", "./nothing"}, 2, "there is no such program");
}

}  // namespace
}  // namespace assay
