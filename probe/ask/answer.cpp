#include "probe/ask/answer.h"

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "harness/fixture/content_coding.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/framing/sse.h"

namespace assay::probe {
namespace {

std::string joined(const std::vector<Piece>& pieces) {
  std::string all;
  for (const Piece& piece : pieces) all += piece.bytes;
  return all;
}

// Events with the time of the read that ended each.
std::vector<Event> events_of(const std::vector<Piece>& pieces) {
  std::vector<Event> events;
  stream::SseFramer framer;
  for (const Piece& piece : pieces) {
    framer.append(piece.bytes);
    for (stream::SseEvent event; framer.next(event);)
      events.push_back(
          {std::string(event.type), std::string(event.data), parse_untrusted(event.data), piece.at});
  }
  return events;
}

}  // namespace

const std::string* Answer::header(std::string_view name) const {
  return outcome.head ? find_header(outcome.head->headers, name) : nullptr;
}

void read_answer(Answer& answer, stream::Protocol protocol, bool stream_asked) {
  answer.body = joined(answer.pieces);
  std::vector<Piece> plain;
  if (const std::string* coding = answer.header("content-encoding")) {
    auto decoded = decode_content(*coding, answer.body);
    if (!decoded) {
      answer.coding_problem = decoded.error().message;
      answer.json = nlohmann::json(nlohmann::json::value_t::discarded);
      return;
    }
    answer.body = std::move(*decoded);
    // Times of events are lost with the coding: all of them come with the last byte.
    plain.push_back({answer.body, answer.pieces.empty() ? Micros(0) : answer.pieces.back().at, true});
  }
  const std::string* type = answer.header("content-type");
  answer.sse = type != nullptr && to_lower(*type).find("text/event-stream") != std::string::npos;
  answer.json = parse_untrusted(answer.body);
  if (!answer.sse && stream_asked && answer.json.is_discarded())
    answer.sse = answer.body.starts_with("data:") || answer.body.starts_with("event:");
  if (answer.sse) answer.events = events_of(plain.empty() ? answer.pieces : plain);
  stream::Decoder decoder(protocol);
  (void)decoder.feed(answer.body);
  answer.turn = decoder.finish();
  if (decoder.problem()) answer.problem = decoder.problem()->message;
}

RecordedExchange recorded(const Answer& answer) {
  RecordedExchange out;
  out.exchange.request = answer.request;
  out.authority = answer.authority;
  Response& response = out.exchange.response;
  if (!answer.outcome.head) {
    out.head_known = false;
    out.lost.push_back("no response: " + answer.outcome.message);
    return out;
  }
  const http::ResponseHead& head = *answer.outcome.head;
  response.status = head.status;
  response.reason = head.reason;
  response.version = head.version;
  response.headers = head.headers;
  response.trailers = answer.outcome.trailers;
  response.head_delay = answer.outcome.first_byte;
  const std::string* coding = answer.header("transfer-encoding");
  const bool chunked = coding != nullptr && to_lower(*coding).find("chunked") != std::string::npos;
  response.framing = chunked                                      ? BodyFraming::chunked
                     : answer.header("content-length") != nullptr ? BodyFraming::content_length
                     : answer.pieces.empty()                      ? BodyFraming::none
                                                                  : BodyFraming::close_delimited;
  for (const Piece& piece : answer.pieces) {
    // Without chunking the borders of reads are chance; a whole body is one piece, as it was sent.
    const bool goes_on =
        !response.body.empty() && (!piece.starts_chunk || response.framing == BodyFraming::content_length);
    if (goes_on) {
      response.body.back().bytes += piece.bytes;
    } else {
      response.body.push_back({piece.bytes, piece.at});
    }
  }
  if (!answer.outcome.ok())
    out.lost.push_back("the response ended early: " +
                       (answer.left ? std::string("the probe left") : answer.outcome.message));
  return out;
}

}  // namespace assay::probe
