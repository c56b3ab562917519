// Rules about the events of a stream among each other: one id, counting sequence numbers, and deltas that
// joined are the final object.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "harness/world/condition.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

// Every event that names its answer names the same one.
Finding one_id(const RuleInput& in) {
  const char* pointer = in.target.protocol == Protocol::openai_chat           ? "/id"
                        : in.target.protocol == Protocol::gemini              ? "/responseId"
                        : in.target.protocol == Protocol::gemini_interactions ? "/interaction/id"
                                                                              : "/response/id";
  std::string first;
  for (std::size_t i = 0; i < in.answer.events.size(); ++i) {
    const Event& event = in.answer.events[i];
    if (!event.json.is_object()) continue;
    const std::string id = text_at(event.json, pointer);
    if (id.empty()) continue;
    if (first.empty()) first = id;
    if (id != first)
      return broken(fmt::format("changed the id of the answer from {} to {} in event {}", in_quotes(first),
                                in_quotes(id), i));
  }
  if (!first.empty()) return holds();
  // Gemini may leave responseId out.
  return in.target.protocol == Protocol::gemini ? unknown("sent a stream whose events have no id")
                                                : broken("sent a stream whose events have no id");
}

// The last token counts of a stream come, and with a chat stream in a chunk with empty choices.
Finding usage_event(const RuleInput& in) {
  const json* usage = nullptr;
  for (const Event& event : in.answer.events)
    if (event.json.is_object())
      if (const json* found = at_pointer(event.json, "/usage"); found != nullptr && found->is_object())
        usage = found;
  if (usage != nullptr) return holds();
  return broken("sent no chunk with usage, though stream_options.include_usage asked for it");
}

Finding sequence_numbers(const RuleInput& in) {
  std::optional<std::int64_t> last;
  for (std::size_t i = 0; i < in.answer.events.size(); ++i) {
    const Event& event = in.answer.events[i];
    if (!event.json.is_object()) continue;
    const auto number = number_at(event.json, "/sequence_number");
    if (!number) return broken(fmt::format("sent event {} without sequence_number", i));
    if (last && *number != *last + 1)
      return broken(fmt::format("sent sequence_number {} after {}", *number, *last));
    last = number;
  }
  return last ? holds() : broken("sent no events with sequence_number");
}

// The `event:` field says the same as the payload's type.
Finding event_names(const RuleInput& in) {
  for (std::size_t i = 0; i < in.answer.events.size(); ++i) {
    const Event& event = in.answer.events[i];
    if (!event.json.is_object()) continue;
    const std::string type = payload_type(event.json);
    if (type == event.type) continue;
    return broken(event.type == "message" ? fmt::format("sent event {} ({}) without an event field", i, type)
                                          : fmt::format("sent event {} as {} with data of type {}", i,
                                                        in_quotes(event.type), in_quotes(type)));
  }
  return holds();
}

// Responses say the text three times: as deltas, in output_text.done, and in the final response.
Finding joined_deltas(const RuleInput& in) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> joined;
  bool any = false;
  for (std::size_t i = 0; i < in.answer.events.size(); ++i) {
    const json& event = in.answer.events[i].json;
    const std::string type = text_at(event, "/type");
    const std::pair place{number_at(event, "/output_index").value_or(-1),
                          number_at(event, "/content_index").value_or(-1)};
    if (type == "response.output_text.delta") joined[place] += text_at(event, "/delta");
    if (type == "response.output_text.done" && text_at(event, "/text") != joined[place])
      return broken(fmt::format("sent deltas that joined are {}, but {} in response.output_text.done",
                                in_quotes(joined[place]), in_quotes(text_at(event, "/text"))));
    if (type != "response.completed") continue;
    for (const auto& [at, text] : joined) {
      const std::string pointer = fmt::format("/response/output/{}/content/{}/text", at.first, at.second);
      const std::string whole = text_at(event, pointer.c_str());
      if (whole != text)
        return broken(fmt::format("sent deltas that joined are {}, but {} in response.completed",
                                  in_quotes(text), in_quotes(whole)));
      any = true;
    }
  }
  return any ? holds() : unknown("sent no text to compare");
}

}  // namespace

std::vector<RuleEntry> order_rules() {
  return {{"one_id", "All events have the id of one answer", Parameter::flag, one_id},
          {"usage_event", "A chunk has the token counts", Parameter::flag, usage_event},
          {"sequence_numbers", "sequence_number rises by one", Parameter::flag, sequence_numbers},
          {"event_names", "The event field is the payload's type", Parameter::flag, event_names},
          {"joined_deltas", "Deltas joined are the final text", Parameter::flag, joined_deltas}};
}

}  // namespace assay::probe
