// The end of a stream, as each protocol has it.
#include <fmt/format.h>

#include <algorithm>

#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

bool is_done(const Event& event) {
  return event.data == "[DONE]";
}

bool has_finish_reason(const Event& event) {
  const json candidates = event.json.value("candidates", json::array());
  return std::any_of(candidates.begin(), candidates.end(), [](const json& candidate) {
    return candidate.is_object() && candidate.contains("finishReason");
  });
}

bool is_end(const Event& event, Protocol protocol) {
  if (protocol == Protocol::openai_chat) return is_done(event);
  if (!event.json.is_object()) return false;
  const std::string type = type_of(event);
  switch (protocol) {
    case Protocol::anthropic:
      return type == "message_stop";
    case Protocol::gemini:
      return has_finish_reason(event);
    case Protocol::gemini_interactions:
      return type == "interaction.completed";
    case Protocol::ollama:
      return event.json.value("done", json()) == true;
    case Protocol::cohere:
      return type == "message-end";
    case Protocol::bedrock:
      return type == "messageStop";
    default:
      return type == "response.completed" || type == "response.incomplete" || type == "response.failed";
  }
}

// What may still come after the end.
bool may_follow(const Event& event, Protocol protocol) {
  if (protocol == Protocol::cohere || protocol == Protocol::gemini_interactions) return is_done(event);
  return protocol == Protocol::bedrock && event.type == "metadata";
}

const char* end_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::openai_chat:
      return "data: [DONE]";
    case Protocol::anthropic:
      return "message_stop";
    case Protocol::gemini:
      return "a chunk with finishReason";
    case Protocol::gemini_interactions:
      return "interaction.completed";
    case Protocol::ollama:
      return "a line with done: true";
    case Protocol::cohere:
      return "message-end";
    case Protocol::bedrock:
      return "messageStop";
    default:
      return "response.completed, response.incomplete or response.failed";
  }
}

// The protocol's own end, once, as the last event.
Finding right_end(const RuleInput& in) {
  const auto& events = in.answer.events;
  const Protocol protocol = in.target.protocol;
  const auto ends = [&](const Event& event) { return is_end(event, protocol); };
  const auto count = std::count_if(events.begin(), events.end(), ends);
  if (count == 0)
    return broken(
        fmt::format("ended the stream after {} events without {}", events.size(), end_name(protocol)));
  if (count > 1) return broken(fmt::format("ended the stream {} times ({})", count, end_name(protocol)));
  const auto after = std::find_if(std::next(std::find_if(events.begin(), events.end(), ends)), events.end(),
                                  [&](const Event& event) { return !may_follow(event, protocol); });
  if (after != events.end())
    return broken(fmt::format("sent {} after the end of the stream", in_quotes(after->data)));
  return holds();
}

}  // namespace

std::vector<RuleEntry> end_rules() {
  return {{"right_end", "The protocol's end comes once, and nothing after it", Parameter::flag, right_end}};
}

}  // namespace assay::probe
