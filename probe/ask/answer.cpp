#include "probe/ask/answer.h"

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "harness/fixture/content_coding.h"
#include "harness/http/taken_response.h"
#include "harness/stream/decode/decode.h"
#include "harness/stream/framing/eventstream.h"
#include "harness/stream/framing/sse.h"

namespace assay::probe {
namespace {

std::string joined(const std::vector<Piece>& pieces) {
  std::string all;
  for (const Piece& piece : pieces) all += piece.bytes;
  return all;
}

// Events with the time of the read that ended each.
std::vector<Event> sse_events(const std::vector<Piece>& pieces) {
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

// A line an event, blank ones aside; the last one without its line feed is one, too.
std::vector<Event> line_events(const std::vector<Piece>& pieces) {
  std::vector<Event> events;
  std::string open;
  const auto add = [&](std::string_view line, Micros at) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) events.push_back({"", std::string(line), parse_untrusted(line), at});
  };
  for (const Piece& piece : pieces) {
    open += piece.bytes;
    std::size_t begin = 0;
    for (std::size_t end = open.find('\n'); end != std::string::npos; end = open.find('\n', begin)) {
      add(std::string_view(open).substr(begin, end - begin), piece.at);
      begin = end + 1;
    }
    open.erase(0, begin);
  }
  if (!pieces.empty()) add(open, pieces.back().at);
  return events;
}

std::vector<Event> message_events(const std::vector<Piece>& pieces, std::string& problem) {
  std::vector<Event> events;
  stream::EventstreamFramer framer;
  for (const Piece& piece : pieces) {
    framer.append(piece.bytes);
    for (stream::EventstreamMessage message; framer.next(message);)
      events.push_back({std::string(message.event_type), std::string(message.payload),
                        parse_untrusted(message.payload), piece.at});
  }
  if (framer.error()) {
    problem = framer.error()->message;
  } else if (!framer.at_rest()) {
    problem = "it ends in the middle of a message";
  }
  return events;
}

// What a stream looks like when its head does not say that it is one.
bool reads_as_stream(std::string_view body, stream::Framing framing) {
  if (framing == stream::Framing::sse) return body.starts_with("data:") || body.starts_with("event:");
  const auto told = stream::tell_framing(body);
  return told && told->framing == framing;
}

void read_events(Answer& answer, const std::vector<Piece>& pieces, stream::Framing framing) {
  if (framing == stream::Framing::json) {
    answer.events = line_events(pieces);
  } else if (framing == stream::Framing::eventstream) {
    answer.events = message_events(pieces, answer.framing_problem);
  } else {
    answer.events = sse_events(pieces);
  }
}

}  // namespace

const std::string* Answer::header(std::string_view name) const {
  return outcome.head ? find_header(outcome.head->headers, name) : nullptr;
}

stream::Framing framing_of(stream::Protocol protocol) {
  if (protocol == stream::Protocol::ollama) return stream::Framing::json;
  if (protocol == stream::Protocol::bedrock) return stream::Framing::eventstream;
  return stream::Framing::sse;
}

std::string_view stream_type(stream::Protocol protocol) {
  switch (framing_of(protocol)) {
    case stream::Framing::json:
      return "application/x-ndjson";
    case stream::Framing::eventstream:
      return "application/vnd.amazon.eventstream";
    default:
      return "text/event-stream";
  }
}

std::size_t count_events(std::string_view bytes, stream::Protocol protocol) {
  const auto count = [&](std::string_view mark) {
    std::size_t found = 0;
    for (std::size_t at = bytes.find(mark); at != std::string_view::npos; at = bytes.find(mark, at + 1))
      ++found;
    return found;
  };
  if (framing_of(protocol) == stream::Framing::json) return count("\n");
  if (framing_of(protocol) == stream::Framing::sse) return count("\n\n") + count("\r\n\r\n");
  std::string problem;
  return message_events({{std::string(bytes), Micros(0), true}}, problem).size();
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
  const stream::Framing framing = framing_of(protocol);
  answer.streamed = type != nullptr && to_lower(*type).find(stream_type(protocol)) != std::string::npos;
  answer.json = parse_untrusted(answer.body);
  // One line of NDJSON is one JSON text as well: a stream of one event, if a stream was asked for.
  if (!answer.streamed && stream_asked &&
      (answer.json.is_discarded() || (framing == stream::Framing::json && answer.json.is_object())))
    answer.streamed = reads_as_stream(answer.body, framing);
  if (answer.streamed) read_events(answer, plain.empty() ? answer.pieces : plain, framing);
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
  response = http::taken_response(answer.outcome, !answer.pieces.empty());
  response.head_delay = answer.outcome.first_byte;
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
