// Every model answer of a folder of recordings (ASSAY_CORPUS) decodes, whole and in small reads, streams to
// their proper end, and says what a naive reader (naive/reader.h) hears.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/naive/reader.h"
#include "harness/stream/print_turn.h"

namespace assay::stream {
namespace {

struct Recorded {
  std::string name;  // file#n
  Protocol protocol;
  int status;
  bool streaming;
  std::string body;
};

// Runs bench/stream/corpus_bodies.py on the folder; the file it writes is gone afterwards.
std::vector<Recorded> recordings(const std::string& corpus) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("assay-bodies-" + std::to_string(getpid()))).string();
  const std::string command = "python3 " ASSAY_SOURCE_DIR "/bench/stream/corpus_bodies.py '" + corpus +
                              "' '" + path + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return {};
  std::vector<Recorded> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json row = nlohmann::json::parse(line);
    const auto protocol = protocol_from_name(row["protocol"].get<std::string>());
    all.push_back({row["file"].get<std::string>() + "#" + std::to_string(row["n"].get<int>()),
                   protocol.value(), row["status"].is_number() ? row["status"].get<int>() : 200,
                   row["streaming"].get<bool>(), base64_decode(row["body"].get<std::string>()).value()});
  }
  std::filesystem::remove(path);
  return all;
}

struct CorpusTurn {
  Turn turn;
  std::string problem;
  bool operator==(const CorpusTurn&) const = default;
};

CorpusTurn hear(const Recorded& recorded, std::size_t read) {
  DecodeOptions options;
  options.at_end = AtEnd::flush;
  Decoder decoder(recorded.protocol, options);
  const std::string_view bytes = recorded.body;
  for (std::size_t at = 0; at < bytes.size(); at += read)
    if (!decoder.feed(bytes.substr(at, read))) break;
  CorpusTurn heard{decoder.finish(), {}};
  if (decoder.problem()) heard.problem = decoder.problem()->message;
  return heard;
}

// Streams whose recording itself is no proper answer, and why.
const std::map<std::string, std::string>& broken_recordings() {
  static const std::map<std::string, std::string> broken = {
      {"FirebaseExtended__vertexai-sdk-test-data/mock-responses/vertexai/"
       "streaming-failure-empty-content.txt#0",
       "written to hold neither a part nor a finish reason"},
      {"FirebaseExtended__vertexai-sdk-test-data/mock-responses/vertexai/"
       "streaming-failure-malformed-content.txt#0",
       "written to hold neither a part nor a finish reason"},
      {"FirebaseExtended__vertexai-sdk-test-data/mock-responses/vertexai/"
       "streaming-success-quotes-escaped.txt#0",
       "no candidate has a finish reason"},
      {"prism-php__prism/tests/Fixtures/gemini/stream-basic-text-1.sse#0",
       "its events are not separated by blank lines: one event, and its data is not JSON"},
      {"vercel__ai/packages/openai/src/responses/__fixtures__/parallel-tool-call-wrapper.1.chunks.txt#0",
       "a brace is missing in its first line"}};
  return broken;
}

// Text, reasoning, refusals and calls, those of the decoder's and those of the naive reader, in one form.
struct Said {
  std::map<int, std::string> text;
  std::map<int, std::string> reasoning;
  std::map<int, std::string> refusal;
  std::vector<std::string> calls;
  bool operator==(const Said&) const = default;
};

Said said_in(naive::Heard heard) {
  naive::canonical_arguments(heard);
  Said said{heard.text, heard.reasoning, heard.refusal, {}};
  for (const naive::Call& call : heard.calls) said.calls.push_back(call.name + call.arguments);
  return said;
}

std::ostream& operator<<(std::ostream& out, const Said& said) {
  const nlohmann::json all = {
      {"text", said.text}, {"reasoning", said.reasoning}, {"refusal", said.refusal}, {"calls", said.calls}};
  return out << all.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TEST(Corpus, EveryAnswerDecodesHoweverItIsRead) {
  const char* corpus = std::getenv("ASSAY_CORPUS");
  if (!corpus) GTEST_SKIP() << "ASSAY_CORPUS names no folder of recordings";
  const std::vector<Recorded> all = recordings(corpus);
  ASSERT_FALSE(all.empty()) << "no recordings read from " << corpus;
  std::map<std::string, int> counts;
  for (const Recorded& recorded : all) {
    const CorpusTurn whole = hear(recorded, recorded.body.size() + 1);
    for (const std::size_t size : {1U, 61U}) {
      const CorpusTurn cut = hear(recorded, size);
      ASSERT_EQ(cut.problem, whole.problem) << recorded.name << " in reads of " << size;
      ASSERT_EQ(cut.turn, whole.turn) << recorded.name << " in reads of " << size;
    }
    EXPECT_EQ(said_in(naive::heard_of(whole.turn)),
              said_in(naive::read(recorded.protocol, recorded.body, true)))
        << recorded.name;
    const bool heard = !whole.turn.blocks.empty() || whole.turn.error || whole.turn.complete;
    const bool ended = whole.problem.empty() && heard && (whole.turn.complete || whole.turn.error);
    ++counts[std::string(protocol_name(recorded.protocol)) + (recorded.streaming ? " stream" : " body") +
             (ended ? "" : ", no proper end")];
    if (recorded.streaming) {
      EXPECT_EQ(ended, broken_recordings().count(recorded.name) == 0)
          << recorded.name << " " << whole.problem;
    }
  }
  for (const auto& [kind, count] : counts) std::cout << kind << ": " << count << "\n";
}

}  // namespace
}  // namespace assay::stream
