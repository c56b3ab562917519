// Rules about the bytes of a stream: server-sent events after the WHATWG algorithm, NDJSON, AWS event
// streams.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

// A line without its end, and where the next begins. CR LF, LF and CR all end lines.
std::string_view next_line(std::string_view bytes, std::size_t& at, std::string_view& ending) {
  const std::size_t end = bytes.find_first_of("\r\n", at);
  const std::size_t begin = at;
  if (end == std::string_view::npos) {
    at = bytes.size();
    ending = {};
    return bytes.substr(begin);
  }
  const std::size_t size = bytes.substr(end).starts_with("\r\n") ? 2 : 1;
  ending = bytes.substr(end, size);
  at = end + size;
  return bytes.substr(begin, end - begin);
}

bool is_field(std::string_view name) {
  return name == "data" || name == "event" || name == "id" || name == "retry";
}

// Nothing that the algorithm throws away: lines without a known field, a last event without its blank line,
// payloads that are no JSON.
Finding strict_sse(const Answer& answer) {
  if (!is_utf8(answer.body)) return broken("sent a stream that is not UTF-8");
  std::size_t at = answer.body.starts_with("\xef\xbb\xbf") ? 3 : 0;
  std::string_view ending;
  bool data = false;
  for (std::size_t number = 1; at < answer.body.size(); ++number) {
    const std::string_view line = next_line(answer.body, at, ending);
    const std::string_view name = line.substr(0, line.find(':'));
    if (line.empty()) {
      data = false;
    } else if (!line.starts_with(':') && !is_field(name)) {
      return broken(
          fmt::format("sent line {} of the stream, {}, which is no field of an event: readers drop it",
                      number, in_quotes(line)));
    } else if (name == "data") {
      data = true;
    }
  }
  if (data)
    return broken("ended the stream without the blank line after its last event: readers drop that event");
  if (answer.events.empty()) return broken("sent a stream without an event: " + opening(answer));
  for (std::size_t i = 0; i < answer.events.size(); ++i)
    if (answer.events[i].json.is_discarded() && answer.events[i].data != "[DONE]")
      return broken(
          fmt::format("sent event {} with data that is no JSON: {}", i, in_quotes(answer.events[i].data)));
  return holds();
}

// Each line is one JSON object and ends with a line feed, the last one, too.
Finding strict_lines(const Answer& answer) {
  if (!is_utf8(answer.body)) return broken("sent a stream that is not UTF-8");
  if (answer.events.empty()) return broken("sent a stream without a line: " + opening(answer));
  for (std::size_t i = 0; i < answer.events.size(); ++i)
    if (!answer.events[i].json.is_object())
      return broken(fmt::format("sent line {} of the stream, {}, which is no JSON object", i + 1,
                                in_quotes(answer.events[i].data)));
  if (!answer.body.ends_with('\n'))
    return broken(
        "ended the stream without the line feed after its last line: readers that wait for it drop that "
        "line");
  return holds();
}

// Lengths and checksums are right, each message says its event, and its payload is JSON.
Finding strict_messages(const Answer& answer) {
  if (!answer.framing_problem.empty())
    return broken("sent an event stream that cannot be read: " + answer.framing_problem);
  if (answer.events.empty()) return broken("sent a stream without a message: " + opening(answer));
  for (std::size_t i = 0; i < answer.events.size(); ++i) {
    const Event& event = answer.events[i];
    if (event.type.empty()) return broken(fmt::format("sent message {} without the header :event-type", i));
    if (!event.json.is_object())
      return broken(fmt::format("sent message {} ({}) with a payload that is no JSON object: {}", i,
                                event.type, in_quotes(event.data)));
  }
  return holds();
}

Finding strict_framing(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (!answer.streamed) return broken("answered a request for a stream with " + opening(answer));
  const stream::Framing framing = framing_of(in.target.protocol);
  const Finding found = framing == stream::Framing::json          ? strict_lines(answer)
                        : framing == stream::Framing::eventstream ? strict_messages(answer)
                                                                  : strict_sse(answer);
  if (found.kind != Finding::Kind::holds || answer.problem.empty()) return found;
  return broken("sent a stream that cannot be decoded: " + answer.problem);
}

// What the algorithm allows and hand-written readers trip over.
Finding plain_sse(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (!answer.streamed) return unknown("sent no stream");
  if (answer.body.starts_with("\xef\xbb\xbf")) return broken("began the stream with a byte order mark");
  std::size_t at = 0;
  std::size_t data_lines = 0;
  std::string_view ending;
  for (std::size_t number = 1; at < answer.body.size(); ++number) {
    const std::string_view line = next_line(answer.body, at, ending);
    if (ending == "\r") return broken(fmt::format("ended line {} of the stream with CR alone", number));
    if (line.empty()) data_lines = 0;
    if (!line.starts_with("data")) continue;
    if (!line.starts_with("data: "))
      return broken(fmt::format("sent line {} of the stream without a space after \"data:\"", number));
    if (++data_lines > 1)
      return broken(fmt::format("split the data of an event over lines (line {})", number));
  }
  return holds();
}

// Content-Type begins so; "stream": as the streams of the protocol have it.
Finding content_type(const RuleInput& in) {
  const std::string* found = in.answer.header("content-type");
  if (found == nullptr) return broken("answered without Content-Type");
  const std::string wanted = in.parameter == "stream" ? std::string(stream_type(in.target.protocol))
                                                      : in.parameter.get<std::string>();
  if (to_lower(*found).starts_with(wanted)) return holds();
  return broken(fmt::format("answered with Content-Type {}", in_quotes(*found)));
}

// The answer came in pieces, as it was made, not as a whole at the end.
Finding in_pieces(const RuleInput& in) {
  const auto& events = in.answer.events;
  if (events.size() < 3) return unknown(fmt::format("sent {} events, too few to tell", events.size()));
  std::size_t reads = 0;
  Micros largest{0};
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (events[i].at != events[i - 1].at) ++reads;
    largest = std::max(largest, events[i].at - events[i - 1].at);
  }
  const auto ms = [](Micros time) { return static_cast<double>(time.count()) / 1000; };
  const std::string measured =
      fmt::format("{} events in {} reads, first byte after {:.1f} ms, largest gap {:.1f} ms", events.size(),
                  reads + 1, ms(in.answer.outcome.first_byte), ms(largest));
  // What was made before the first byte could be sent anyway tells nothing.
  constexpr Micros instantly = std::chrono::milliseconds(20);
  if (reads == 0 && in.answer.outcome.first_byte < instantly)
    return unknown("answered too fast to tell: sent " + measured);
  return reads > 0 ? holds("sent " + measured) : broken("sent the whole stream at once: " + measured);
}

}  // namespace

std::vector<RuleEntry> framing_rules() {
  return {{"strict_framing", "The stream is framed to the letter as its protocol says", Parameter::flag,
           strict_framing},
          {"plain_sse", "The stream has nothing that simple readers trip over", Parameter::flag, plain_sse},
          {"content_type", "Content-Type begins so", Parameter::text, content_type},
          {"in_pieces", "Events arrive one by one", Parameter::flag, in_pieces}};
}

}  // namespace assay::probe
