// Rules about tool calls.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/untrusted_json.h"
#include "harness/world/condition.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

Finding called_nothing(const Answer& answer) {
  return unknown("called no tool (it said " + in_quotes(text_of(answer.turn)) + ")");
}

// {name, arguments: {/pointer: condition}, at_least: N}
Finding tool_call(const RuleInput& in) {
  const auto calls = tool_calls_of(in.answer.turn);
  const std::size_t least = in.parameter.value("at_least", std::size_t{1});
  if (calls.size() < least)
    return broken(fmt::format("made {} of {} tool calls and said {}", calls.size(), least,
                              in_quotes(text_of(in.answer.turn))));
  const std::string name = in.parameter.value("name", "");
  for (const stream::Block& call : calls) {
    if (!name.empty() && call.name != name)
      return broken(fmt::format("called {}, not {}", in_quotes(call.name), name));
    if (!in.parameter.contains("arguments")) continue;
    const json arguments = parse_untrusted(call.text);
    if (!arguments.is_object())
      return broken(fmt::format("called {} with arguments that are no JSON object: {}", call.name,
                                in_quotes(call.text)));
    for (const auto& [pointer, wanted] : in.parameter["arguments"].items()) {
      const auto conditions = parse_condition(wanted);
      if (!conditions || !all_hold(*conditions, at_pointer(arguments, pointer)))
        return broken(fmt::format("called {} with {}, where {} does not fit", call.name, in_quotes(call.text),
                                  pointer));
    }
  }
  return holds(fmt::format("called {} with {}", calls.front().name, in_quotes(calls.front().text)));
}

Finding no_call(const RuleInput& in) {
  const auto calls = tool_calls_of(in.answer.turn);
  return calls.empty() ? holds() : broken(fmt::format("called {}", in_quotes(calls.front().name)));
}

Finding one_call_at_most(const RuleInput& in) {
  const auto calls = tool_calls_of(in.answer.turn);
  if (calls.empty()) return called_nothing(in.answer);
  return calls.size() == 1 ? holds() : broken(fmt::format("made {} tool calls in one answer", calls.size()));
}

// What a client needs to run a call and to answer it: a name that was offered, arguments that are a JSON
// object, an id of its own.
Finding usable_calls(const RuleInput& in) {
  const auto calls = tool_calls_of(in.answer.turn);
  if (calls.empty()) return called_nothing(in.answer);
  std::set<std::string> ids;
  for (const stream::Block& call : calls) {
    if (call.name.empty()) return broken("made a tool call without a name");
    const json arguments = parse_untrusted(call.text);
    if (!arguments.is_object())
      return broken(fmt::format("called {} with arguments that are no JSON object: {}", call.name,
                                in_quotes(call.text)));
    // Ids are optional there.
    if (in.target.protocol == Protocol::gemini || in.target.protocol == Protocol::ollama) continue;
    if (call.id.empty()) return broken(fmt::format("called {} without a call id", call.name));
    if (!ids.insert(call.id).second)
      return broken(fmt::format("gave two tool calls the id {}", in_quotes(call.id)));
  }
  return holds(fmt::format("made {} tool calls", calls.size()));
}

// The finish reason of an answer that calls tools says so.
Finding calls_finish(const RuleInput& in) {
  if (tool_calls_of(in.answer.turn).empty()) return called_nothing(in.answer);
  if (in.answer.turn.finish == stream::FinishReason::tool_calls) return holds();
  return broken(
      fmt::format("called a tool and ended with the finish reason {}", in_quotes(in.answer.turn.finish_raw)));
}

// Chat fragments: index in each; id, type and name in the first of each index; indexes from 0 without a gap;
// later fragments do not contradict the first.
Finding streamed_calls(const RuleInput& in) {
  std::map<std::int64_t, std::string> ids;
  for (std::size_t i = 0; i < in.answer.events.size(); ++i) {
    const json& event = in.answer.events[i].json;
    const json* parts = event.is_object() ? at_pointer(event, "/choices/0/delta/tool_calls") : nullptr;
    if (parts == nullptr || !parts->is_array()) continue;
    for (const json& part : *parts) {
      const json index = part.is_object() ? part.value("index", json()) : json();
      if (!index.is_number_integer())
        return broken(fmt::format("sent a piece of a tool call without index (chunk {})", i));
      const auto number = index.get<std::int64_t>();
      const json id = part.value("id", json());
      const std::string text = id.is_string() ? id.get<std::string>() : "";
      const auto known = ids.find(number);
      if (known != ids.end()) {
        if (!text.empty() && text != known->second)
          return broken(fmt::format("changed the id of tool call {} from {} to {}", number,
                                    in_quotes(known->second), in_quotes(text)));
        continue;
      }
      if (number != static_cast<std::int64_t>(ids.size()))
        return broken(
            fmt::format("sent tool call index {} where {} follows (chunk {})", number, ids.size(), i));
      if (text.empty()) return broken(fmt::format("sent the first piece of tool call {} without id", number));
      const json* name = at_pointer(part, "/function/name");
      if (name == nullptr || !name->is_string() || *name == "")
        return broken(fmt::format("sent the first piece of tool call {} without function.name", number));
      ids[number] = text;
    }
  }
  return ids.empty() ? called_nothing(in.answer) : holds(fmt::format("streamed {} tool calls", ids.size()));
}

}  // namespace

std::vector<RuleEntry> tool_rules() {
  return {{"tool_call", "A tool was called, with arguments that fit", Parameter::any, tool_call},
          {"no_call", "No tool was called", Parameter::flag, no_call},
          {"one_call_at_most", "One call in the answer", Parameter::flag, one_call_at_most},
          {"usable_calls", "Calls have a name, JSON arguments and an id of their own", Parameter::flag,
           usable_calls},
          {"calls_finish", "The finish reason says that tools were called", Parameter::flag, calls_finish},
          {"streamed_calls", "Pieces of calls have index, id and name where they belong", Parameter::flag,
           streamed_calls}};
}

}  // namespace assay::probe
