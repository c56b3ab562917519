// Every model answer of a folder of recordings (ASSAY_CORPUS) decodes, whole and in small reads, streams to their
// proper end.
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/text.h"
#include "harness/stream/decode.h"
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
  const std::string path = (std::filesystem::temp_directory_path() / ("assay-bodies-" + std::to_string(getpid()))).string();
  const std::string command = "python3 " ASSAY_SOURCE_DIR "/bench/stream/corpus_bodies.py '" + corpus + "' '" + path + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return {};
  std::vector<Recorded> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json row = nlohmann::json::parse(line);
    const auto protocol = protocol_from_name(row["protocol"].get<std::string>());
    all.push_back({row["file"].get<std::string>() + "#" + std::to_string(row["n"].get<int>()), protocol.value(),
                   row["status"].is_number() ? row["status"].get<int>() : 200, row["streaming"].get<bool>(),
                   base64_decode(row["body"].get<std::string>()).value()});
  }
  std::filesystem::remove(path);
  return all;
}

struct Heard {
  Turn turn;
  std::string problem;
  bool operator==(const Heard&) const = default;
};

Heard hear(const Recorded& recorded, std::size_t read) {
  DecodeOptions options;
  options.at_end = AtEnd::flush;
  Decoder decoder(recorded.protocol, options);
  const std::string_view bytes = recorded.body;
  for (std::size_t at = 0; at < bytes.size(); at += read)
    if (!decoder.feed(bytes.substr(at, read))) break;
  Heard heard{decoder.finish(), {}};
  if (decoder.problem()) heard.problem = decoder.problem()->message;
  return heard;
}

TEST(Corpus, EveryAnswerDecodesHoweverItIsRead) {
  const char* corpus = std::getenv("ASSAY_CORPUS");
  if (!corpus) GTEST_SKIP() << "ASSAY_CORPUS names no folder of recordings";
  const std::vector<Recorded> all = recordings(corpus);
  ASSERT_FALSE(all.empty()) << "no recordings read from " << corpus;
  std::map<std::string, int> counts;
  for (const Recorded& recorded : all) {
    const Heard whole = hear(recorded, recorded.body.size() + 1);
    for (const std::size_t size : {1U, 61U}) {
      const Heard cut = hear(recorded, size);
      ASSERT_EQ(cut.problem, whole.problem) << recorded.name << " in reads of " << size;
      ASSERT_EQ(cut.turn, whole.turn) << recorded.name << " in reads of " << size;
    }
    const std::string kind = std::string(protocol_name(recorded.protocol)) + (recorded.streaming ? " stream " : " body ") + (recorded.status == 200 ? "200" : "error");
    const bool heard = !whole.turn.blocks.empty() || whole.turn.error || whole.turn.complete;
    const std::string outcome = !whole.problem.empty() ? "problem" : !heard ? "silent" : whole.turn.complete || whole.turn.error ? "whole" : "incomplete";
    ++counts[kind + ": " + outcome];
    if (outcome != "whole") std::cout << outcome << " " << kind << " " << recorded.name << " " << whole.problem << " " << recorded.body.size() << "\n";
  }
  for (const auto& [kind, count] : counts) std::cout << kind << " " << count << "\n";
}

}  // namespace
}  // namespace assay::stream
