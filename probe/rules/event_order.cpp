// The order of events, as each protocol has it.
#include <fmt/format.h>

#include <set>

#include "harness/world/condition.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

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

// Gemini Interactions: interaction.created, steps that start, go on and stop by index, interaction.completed.
Finding interactions_order(const std::vector<Event>& events) {
  std::set<std::int64_t> open;
  bool created = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string type = text_at(events[i].json, "/event_type");
    const auto wrong = [&](std::string_view why) {
      return broken(fmt::format("sent event {} ({}) {}", i, type, why));
    };
    if (type.empty()) continue;  // [DONE]
    if (type == "interaction.created") {
      if (created) return wrong("a second time");
      created = true;
      continue;
    }
    if (!created) return wrong("before interaction.created");
    if (type == "interaction.completed") return open.empty() ? holds() : wrong("while a step is open");
    if (!type.starts_with("step.")) continue;
    const std::int64_t index = number_at(events[i].json, "/index").value_or(-1);
    if (type == "step.start") {
      if (!open.insert(index).second) return wrong(fmt::format("for step {}, which is open", index));
    } else if (!open.contains(index)) {
      return wrong(fmt::format("for step {}, which is not open", index));
    } else if (type == "step.stop") {
      open.erase(index);
    }
  }
  return broken("sent no interaction.completed");
}

// Cohere: message-start, blocks that open, go on and close by index, message-end.
Finding cohere_order(const std::vector<Event>& events) {
  std::set<std::int64_t> open;
  bool started = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string type = text_at(events[i].json, "/type");
    const auto wrong = [&](std::string_view why) {
      return broken(fmt::format("sent event {} ({}) {}", i, type, why));
    };
    if (type.empty()) continue;  // [DONE]
    if (type == "message-start") {
      if (started) return wrong("a second time");
      started = true;
      continue;
    }
    if (!started) return wrong("before message-start");
    if (type == "message-end") return open.empty() ? holds() : wrong("while a block is open");
    const std::int64_t index = number_at(events[i].json, "/index").value_or(-1);
    const bool of_block = type.starts_with("content-") || type.starts_with("tool-call-");
    if (type == "content-start" || type == "tool-call-start") {
      if (!open.insert(index).second) return wrong(fmt::format("for block {}, which is open", index));
    } else if (of_block && type.ends_with("-delta")) {
      if (!open.contains(index)) return wrong(fmt::format("for block {}, which is not open", index));
    } else if (of_block && type.ends_with("-end")) {
      if (open.erase(index) == 0) return wrong(fmt::format("for block {}, which is not open", index));
    }
  }
  return broken("sent no message-end");
}

// Bedrock: messageStart, blocks that end before the next begins, messageStop, metadata. Only blocks of tool
// calls have a start.
Finding bedrock_order(const std::vector<Event>& events) {
  std::set<std::int64_t> ended;
  std::int64_t open = -1;
  bool started = false, stopped = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string& type = events[i].type;
    const auto wrong = [&](std::string_view why) {
      return broken(fmt::format("sent event {} ({}) {}", i, type, why));
    };
    if (type == "messageStart") {
      if (started) return wrong("a second time");
      started = true;
      continue;
    }
    if (!started) return wrong("before messageStart");
    if (type == "metadata") {
      if (!stopped) return wrong("before messageStop");
      continue;
    }
    if (stopped) return wrong("after messageStop");
    if (type == "messageStop") {
      if (open >= 0) return wrong("while a block is open");
      stopped = true;
      continue;
    }
    if (!type.starts_with("contentBlock")) continue;
    const std::int64_t index = number_at(events[i].json, "/contentBlockIndex").value_or(-1);
    if (index < 0) return wrong("without contentBlockIndex");
    if (ended.contains(index)) return wrong(fmt::format("for block {}, which had ended", index));
    if (open >= 0 && open != index)
      return wrong(fmt::format("for block {} while block {} is open", index, open));
    if (type == "contentBlockStart" && open >= 0) return wrong("a second time");
    open = index;
    if (type != "contentBlockStop") continue;
    ended.insert(index);
    open = -1;
  }
  return stopped ? holds() : broken("sent no messageStop");
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
    case Protocol::gemini_interactions:
      return interactions_order(events);
    case Protocol::cohere:
      return cohere_order(events);
    case Protocol::bedrock:
      return bedrock_order(events);
    default:
      return chat_order(events);
  }
}

}  // namespace

std::vector<RuleEntry> event_order_rules() {
  return {{"event_order", "Events come in the protocol's order", Parameter::flag, event_order}};
}

}  // namespace assay::probe
