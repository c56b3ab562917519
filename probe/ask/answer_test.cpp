// What came back, read in the framing of each protocol, however it was cut.
#include "probe/ask/answer.h"

#include <gmock/gmock.h>

#include "harness/stream/encode/encode.h"
#include "probe/check/check.h"

namespace assay::probe {
namespace {

using stream::Protocol;
using testing::HasSubstr;

Answer answer_of(const std::string& body, const std::string& type, Protocol protocol, std::size_t piece = 7,
                 bool stream_asked = true) {
  Answer answer;
  http::ResponseHead head;
  head.status = 200;
  if (!type.empty()) head.headers.push_back({"Content-Type", type});
  answer.outcome.head = head;
  for (std::size_t at = 0; at < body.size(); at += piece)
    answer.pieces.push_back({body.substr(at, piece), Micros(static_cast<std::int64_t>(at)), true});
  read_answer(answer, protocol, stream_asked);
  return answer;
}

std::string streamed(Protocol protocol) {
  stream::Turn turn;
  turn.id = "x";
  turn.model = "m";
  turn.blocks.push_back({stream::Block::Kind::text, "one two", "", "", "", 0, false});
  turn.finish = stream::FinishReason::stop;
  turn.complete = true;
  std::string body;
  for (const std::string& event :
       stream::encode_stream(turn, protocol, stream::default_profile(protocol), {}).events)
    body += event;
  return body;
}

TEST(Answer, EventsAreReadInTheFramingOfTheProtocol) {
  for (const Protocol protocol : kProtocols) {
    const std::string body = streamed(protocol);
    const Answer answer = answer_of(body, std::string(stream_type(protocol)), protocol);
    EXPECT_TRUE(answer.streamed);
    EXPECT_EQ(answer.framing_problem, "");
    EXPECT_GE(answer.events.size(), 2U) << protocol_name(protocol);
    EXPECT_EQ(text_of(answer.turn), "one two") << protocol_name(protocol);
    EXPECT_EQ(count_events(body, protocol), answer.events.size()) << protocol_name(protocol);
    EXPECT_EQ(answer.events.back().at, answer.pieces.back().at) << "the time of the read that ended it";
  }
}

TEST(Answer, AStreamThatIsNotCalledOneIsOneIfItWasAskedFor) {
  for (const Protocol protocol : {Protocol::openai_chat, Protocol::ollama, Protocol::bedrock}) {
    const std::string body = streamed(protocol);
    EXPECT_TRUE(answer_of(body, "application/octet-stream", protocol).streamed) << protocol_name(protocol);
    EXPECT_FALSE(answer_of(body, "application/octet-stream", protocol, 7, false).streamed)
        << protocol_name(protocol);
  }
}

TEST(Answer, ALineWithoutItsLineFeedIsALine) {
  const Answer answer = answer_of("{\"a\":1}\r\n\n{\"b\":2}", "application/x-ndjson", Protocol::ollama);
  ASSERT_EQ(answer.events.size(), 2U);
  EXPECT_EQ(answer.events[0].data, "{\"a\":1}");
  EXPECT_EQ(answer.events[1].json["b"], 2);
}

TEST(Answer, AnEventStreamThatIsCutOrDamagedSaysSo) {
  std::string body = streamed(Protocol::bedrock);
  const std::string type(stream_type(Protocol::bedrock));
  EXPECT_THAT(answer_of(body.substr(0, body.size() - 3), type, Protocol::bedrock).framing_problem,
              HasSubstr("middle of a message"));
  body[body.size() - 1] ^= 1;
  EXPECT_THAT(answer_of(body, type, Protocol::bedrock).framing_problem, HasSubstr("CRC"));
}

}  // namespace
}  // namespace assay::probe
