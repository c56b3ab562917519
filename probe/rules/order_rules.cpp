// Rules about the events of a stream among each other: one id, counting sequence numbers, each protocol's
// order, and deltas that joined are the final object.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

#include "harness/world/condition.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

std::string text_at(const json& value, const char* pointer) {
  const json* found = value.is_structured() ? at_pointer(value, pointer) : nullptr;
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

std::optional<std::int64_t> number_at(const json& value, const char* pointer) {
  const json* found = value.is_structured() ? at_pointer(value, pointer) : nullptr;
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

// Every event that names its answer names the same one.
Finding one_id(const RuleInput& in) {
  const char* pointer = in.target.protocol == Protocol::openai_chat ? "/id"
                        : in.target.protocol == Protocol::gemini    ? "/responseId"
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
    const std::string type = text_at(event.json, "/type");
    if (type == event.type) continue;
    return broken(event.type == "message" ? fmt::format("sent event {} ({}) without an event field", i, type)
                                          : fmt::format("sent event {} as {} with data of type {}", i,
                                                        in_quotes(event.type), in_quotes(type)));
  }
  return holds();
}

// Chat: the role comes first, one finish reason a choice, and no content after it.
Finding chat_order(const std::vector<Event>& events) {
  std::set<std::int64_t> begun, finished;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const json& event = events[i].json;
    const json* choices = event.is_object() ? at_pointer(event, "/choices") : nullptr;
    if (choices == nullptr || !choices->is_array()) continue;
    for (const json& choice : *choices) {
      const std::int64_t index = number_at(choice, "/index").value_or(0);
      const json* delta = choice.is_object() ? at_pointer(choice, "/delta") : nullptr;
      if (delta == nullptr) return broken(fmt::format("sent chunk {} with a choice that has no delta", i));
      const bool first = begun.insert(index).second;
      if (first && text_at(choice, "/delta/role") != "assistant")
        return broken(fmt::format("sent no role: assistant in the first delta (chunk {})", i));
      const bool says = !text_at(choice, "/delta/content").empty() || delta->contains("tool_calls");
      if (says && finished.contains(index))
        return broken(fmt::format("sent more content after the finish reason (chunk {})", i));
      if (text_at(choice, "/finish_reason").empty()) continue;
      if (!finished.insert(index).second)
        return broken(fmt::format("sent a second finish reason (chunk {})", i));
    }
  }
  return finished.empty() ? broken("sent no finish reason") : holds();
}

// Anthropic: message_start, blocks that open, go on and close by index, message_delta, message_stop.
Finding anthropic_order(const std::vector<Event>& events) {
  std::set<std::int64_t> open;
  std::int64_t next = 0;
  bool started = false, stopped = false, told = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const json& event = events[i].json;
    const std::string type = text_at(event, "/type");
    const auto wrong = [&](std::string_view why) {
      return broken(fmt::format("sent event {} ({}) {}", i, type, why));
    };
    if (type == "ping") continue;
    if (stopped) return wrong("after message_stop");
    if (type == "message_start") {
      if (started) return wrong("a second time");
      started = true;
      continue;
    }
    if (!started) return wrong("before message_start");
    const std::int64_t index = number_at(event, "/index").value_or(-1);
    if (type == "content_block_start") {
      if (index != next) return wrong(fmt::format("with index {} where {} follows", index, next));
      open.insert(next++);
    } else if (type == "content_block_delta" || type == "content_block_stop") {
      if (!open.contains(index)) return wrong(fmt::format("for block {}, which is not open", index));
      if (type == "content_block_stop") open.erase(index);
    } else if (type == "message_delta") {
      if (!open.empty()) return wrong("while a block is open");
      told = true;
    } else if (type == "message_stop") {
      if (!told) return wrong("without message_delta before it");
      stopped = true;
    }
  }
  return stopped ? holds() : broken("sent no message_stop");
}

// Responses: created first, every delta between its item's added and done, completed last.
Finding responses_order(const std::vector<Event>& events) {
  std::set<std::int64_t> open;
  bool created = false, ended = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const json& event = events[i].json;
    const std::string type = text_at(event, "/type");
    const auto wrong = [&](std::string_view why) {
      return broken(fmt::format("sent event {} ({}) {}", i, type, why));
    };
    if (ended) return wrong("after the response had ended");
    if (type == "response.created") {
      created = true;
      continue;
    }
    if (!created && type.starts_with("response.")) return wrong("before response.created");
    const std::int64_t index = number_at(event, "/output_index").value_or(-1);
    if (type == "response.output_item.added") {
      open.insert(index);
    } else if (type == "response.output_item.done") {
      if (open.erase(index) == 0) return wrong(fmt::format("for output item {}, which was not added", index));
    } else if (type.ends_with(".delta")) {
      if (!open.contains(index)) return wrong(fmt::format("for output item {}, which is not open", index));
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      if (!open.empty() && type == "response.completed") return wrong("while an output item is not done");
      ended = true;
    }
  }
  return ended ? holds() : broken("sent no response.completed");
}

Finding gemini_order(const std::vector<Event>& events) {
  std::size_t finished = events.size();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!text_at(events[i].json, "/candidates/0/finishReason").empty() && finished == events.size())
      finished = i;
    if (i > finished && !text_at(events[i].json, "/candidates/0/content/parts/0/text").empty())
      return broken(
          fmt::format("sent more text in chunk {}, after the finishReason of chunk {}", i, finished));
  }
  return finished == events.size() ? broken("sent no finishReason") : holds();
}

Finding event_order(const RuleInput& in) {
  const auto& events = in.answer.events;
  switch (in.target.protocol) {
    case Protocol::anthropic:
      return anthropic_order(events);
    case Protocol::openai_responses:
      return responses_order(events);
    case Protocol::gemini:
      return gemini_order(events);
    default:
      return chat_order(events);
  }
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
          {"event_order", "Events come in the protocol's order", Parameter::flag, event_order},
          {"joined_deltas", "Deltas joined are the final text", Parameter::flag, joined_deltas}};
}

}  // namespace assay::probe
