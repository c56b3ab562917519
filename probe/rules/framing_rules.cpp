// Rules about the bytes of a stream: server-sent events after the WHATWG algorithm.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

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
Finding strict_sse(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (!answer.sse) return broken("answered a request for a stream with " + opening(answer));
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
  if (!answer.problem.empty()) return broken("sent a stream that cannot be decoded: " + answer.problem);
  return holds();
}

// What the algorithm allows and hand-written readers trip over.
Finding plain_sse(const RuleInput& in) {
  const Answer& answer = in.answer;
  if (!answer.sse) return unknown("sent no stream");
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

Finding content_type(const RuleInput& in) {
  const std::string* found = in.answer.header("content-type");
  if (found == nullptr) return broken("answered without Content-Type");
  const std::string type = to_lower(*found);
  if (type.starts_with(in.parameter.get<std::string>())) return holds();
  return broken(fmt::format("answered with Content-Type {}", in_quotes(*found)));
}

bool is_end(const Event& event, Protocol protocol) {
  if (protocol == Protocol::openai_chat) return event.data == "[DONE]";
  if (!event.json.is_object()) return false;
  if (protocol == Protocol::gemini) {
    for (const json& candidate : event.json.value("candidates", json::array()))
      if (candidate.is_object() && candidate.contains("finishReason")) return true;
    return false;
  }
  const json type = event.json.value("type", json());
  if (protocol == Protocol::anthropic) return type == "message_stop";
  return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
}

const char* end_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::openai_chat:
      return "data: [DONE]";
    case Protocol::anthropic:
      return "message_stop";
    case Protocol::gemini:
      return "a chunk with finishReason";
    default:
      return "response.completed, response.incomplete or response.failed";
  }
}

// The protocol's own end, once, as the last event.
Finding right_end(const RuleInput& in) {
  const auto& events = in.answer.events;
  const Protocol protocol = in.target.protocol;
  const auto count =
      std::count_if(events.begin(), events.end(), [&](const Event& e) { return is_end(e, protocol); });
  if (count == 0)
    return broken(
        fmt::format("ended the stream after {} events without {}", events.size(), end_name(protocol)));
  if (count > 1) return broken(fmt::format("ended the stream {} times ({})", count, end_name(protocol)));
  if (!is_end(events.back(), protocol))
    return broken(fmt::format("sent {} after the end of the stream", in_quotes(events.back().data)));
  return holds();
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
  return {{"strict_sse", "The stream is server-sent events, to the letter", Parameter::flag, strict_sse},
          {"plain_sse", "The stream has nothing that simple readers trip over", Parameter::flag, plain_sse},
          {"content_type", "Content-Type begins so", Parameter::text, content_type},
          {"right_end", "The protocol's end comes once, and nothing after it", Parameter::flag, right_end},
          {"in_pieces", "Events arrive one by one", Parameter::flag, in_pieces}};
}

}  // namespace assay::probe
