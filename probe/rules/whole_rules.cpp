// Rules about one answer as a whole: shape, finish reason, token counts, fields.
#include <fmt/format.h>

#include <algorithm>

#include "harness/base/untrusted_json.h"
#include "harness/world/condition.h"
#include "probe/rules/rule.h"
#include "probe/rules/words.h"

namespace assay::probe {
namespace {

using nlohmann::json;
using stream::Protocol;

// What a shape of events is named after; "" = the protocol has one for all.
std::string shape_name(const Event& event, Protocol protocol) {
  if (protocol == Protocol::bedrock) return event.type;
  // The last line of Ollama's streams has more.
  if (protocol == Protocol::ollama) return event.json.value("done", json()) == true ? "done" : "";
  return payload_type(event.json);
}

// The answer, or in a stream each event, has the fields that clients read. Events have the shape
// "event TYPE" where the protocol has types, else "event".
Finding shape(const RuleInput& in) {
  const std::string name = in.parameter.get<std::string>();
  if (name != "events") {
    const Shape* wanted = in.shapes.find(in.target.protocol, name);
    if (wanted == nullptr) return unknown("no shape \"" + name + "\" is known for this protocol");
    if (in.answer.json.is_discarded())
      return broken("answered with a body that is no JSON: " + opening(in.answer));
    const auto problems = shape_problems(*wanted, in.answer.json);
    return problems.empty() ? holds() : broken("answered with an object in which " + list_of_few(problems));
  }
  if (in.answer.events.empty()) return broken("sent no events: " + opening(in.answer));
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < in.answer.events.size(); ++i) {
    const Event& event = in.answer.events[i];
    if (event.json.is_discarded() || !event.json.is_object()) continue;  // said by the rules of framing
    const std::string type = shape_name(event, in.target.protocol);
    const Shape* wanted = type.empty() ? nullptr : in.shapes.find(in.target.protocol, "event " + type);
    if (wanted == nullptr) wanted = in.shapes.find(in.target.protocol, "event");
    if (wanted == nullptr) continue;
    for (const std::string& problem : shape_problems(*wanted, event.json))
      problems.push_back(fmt::format("event {}{}: {}", i, type.empty() ? "" : " (" + type + ")", problem));
  }
  return problems.empty() ? holds() : broken("sent events in which " + list_of_few(problems));
}

// {/pointer: condition}: on the JSON of a whole answer.
Finding json_fields(const RuleInput& in) {
  if (in.answer.json.is_discarded())
    return broken("answered with a body that is no JSON: " + opening(in.answer));
  for (const auto& [pointer, wanted] : in.parameter.items()) {
    const auto conditions = parse_condition(wanted);
    if (!conditions) return unknown(conditions.error().message);
    const json* found = at_pointer(in.answer.json, pointer);
    for (const Condition& condition : *conditions) {
      if (holds(condition, found)) continue;
      if (found == nullptr) return broken(fmt::format("answered without {}", pointer));
      return broken(fmt::format("answered with {} = {}, which does not fulfil: {}", pointer,
                                found->dump(-1, ' ', false, json::error_handler_t::replace),
                                describe(condition)));
    }
  }
  return holds();
}

// Token counts are there, are not negative, and add up as their protocol counts.
Finding usage(const RuleInput& in) {
  const auto& usage = in.answer.turn.usage;
  if (!usage || !usage->input || !usage->output) return broken("answered without token counts (usage)");
  if (*usage->input <= 0 || *usage->output < 0)
    return broken(fmt::format("counted {} tokens of input and {} of output", *usage->input, *usage->output));
  if (!usage->total) return holds();
  // Google counts thoughts beside the answer.
  const bool beside =
      in.target.protocol == Protocol::gemini || in.target.protocol == Protocol::gemini_interactions;
  const std::int64_t thoughts = beside ? usage->reasoning.value_or(0) : 0;
  if (*usage->input + *usage->output + thoughts == *usage->total ||
      *usage->input + *usage->output == *usage->total)
    return holds();
  return broken(fmt::format("counted {} tokens of input and {} of output, but {} in total", *usage->input,
                            *usage->output, *usage->total));
}

// How many tokens of output the request allows; 0 = it does not say.
std::int64_t allowed_output(const Request& request) {
  const json body = parse_untrusted(request.body);
  for (const char* field :
       {"/max_tokens", "/max_completion_tokens", "/max_output_tokens", "/generationConfig/maxOutputTokens",
        "/generation_config/max_output_tokens", "/options/num_predict", "/inferenceConfig/maxTokens"}) {
    const json* most = body.is_object() ? at_pointer(body, field) : nullptr;
    if (most != nullptr && most->is_number_integer()) return most->get<std::int64_t>();
  }
  return 0;
}

// No more tokens of output are counted, and so billed, than the request allows.
Finding output_within(const RuleInput& in) {
  const auto& usage = in.answer.turn.usage;
  if (!usage || !usage->output) return unknown("answered without a count of output tokens");
  const std::int64_t most = allowed_output(in.answer.request);
  if (most == 0) return unknown("was not told how many tokens it may use");
  if (*usage->output <= most) return holds();
  return broken(fmt::format("counted {} tokens of output where {} were allowed", *usage->output, most));
}

Finding no_usage(const RuleInput& in) {
  if (!in.answer.turn.usage) return holds();
  return broken("sent token counts though they were not asked for");
}

// The finish reason is one of these, in the words of Turn: stop, length, tool_calls, content_filter.
Finding finish(const RuleInput& in) {
  const std::string found(finish_name(in.answer.turn.finish));
  const json& wanted = in.parameter;
  if (std::find(wanted.begin(), wanted.end(), json(found)) != wanted.end())
    return holds(fmt::format("ended with the finish reason {}", in_quotes(in.answer.turn.finish_raw)));
  if (found.empty()) return broken("ended without a finish reason");
  // An answer that is shorter than it may be has not reached its limit.
  const auto& usage = in.answer.turn.usage;
  const std::int64_t output = usage ? usage->output.value_or(0) : 0;
  if (wanted == json{"length"} && found == "stop" && output > 0 && output < allowed_output(in.answer.request))
    return unknown(
        fmt::format("ended by itself after {} of {} tokens", output, allowed_output(in.answer.request)));
  return broken(
      fmt::format("ended with the finish reason {} ({})", in_quotes(in.answer.turn.finish_raw), found));
}

bool says_something(const stream::Turn& turn) {
  return std::any_of(turn.blocks.begin(), turn.blocks.end(), [](const stream::Block& block) {
    return !block.text.empty() || !block.name.empty() || !block.signature.empty();
  });
}

// The turn that the deltas make has what a whole answer has: id, model, finish reason, token counts.
Finding turn_parts(const RuleInput& in) {
  const stream::Turn& turn = in.answer.turn;
  std::vector<std::string> missing;
  for (const json& part : in.parameter) {
    if (part == "id" && turn.id.empty()) missing.emplace_back("an id");
    if (part == "model" && turn.model.empty()) missing.emplace_back("the name of the model");
    if (part == "finish" && turn.finish == stream::FinishReason::none)
      missing.emplace_back("a finish reason");
    if (part == "content" && !says_something(turn)) missing.emplace_back("content");
    if (part == "usage" && !turn.usage) missing.emplace_back("token counts");
  }
  return missing.empty() ? holds() : broken("answered without " + list_of_few(missing));
}

// Of two answers: their ids differ.
Finding distinct_ids(const RuleInput& in) {
  std::map<std::string, std::string> seen;
  for (const auto& [name, answer] : in.answers) {
    if (answer.turn.id.empty()) return unknown("answered without an id");
    const auto [at, fresh] = seen.emplace(answer.turn.id, name);
    if (!fresh) return broken(fmt::format("gave two answers the same id {}", in_quotes(answer.turn.id)));
  }
  return holds();
}

// As many answers as were asked for.
Finding choices(const RuleInput& in) {
  const char* pointer = in.target.protocol == Protocol::gemini ? "/candidates" : "/choices";
  const json* found = in.answer.json.is_discarded() ? nullptr : at_pointer(in.answer.json, pointer);
  const std::size_t count = found != nullptr && found->is_array() ? found->size() : 0;
  if (in.parameter == count) return holds();
  return broken(fmt::format("answered 200 with {} of {} answers", count, in.parameter.dump()));
}

}  // namespace

std::vector<RuleEntry> whole_rules() {
  return {{"shape", "A whole answer or its events have the fields that clients read", Parameter::text, shape},
          {"json", "Fields of the body fulfil conditions", Parameter::conditions, json_fields},
          {"usage", "Token counts are there and add up", Parameter::flag, usage},
          {"output_within", "No more output is counted than was allowed", Parameter::flag, output_within},
          {"no_usage", "No token counts, where none were asked for", Parameter::flag, no_usage},
          {"finish", "The finish reason is one of these", Parameter::list, finish},
          {"turn_parts", "The answer has an id, a model, ...", Parameter::list, turn_parts},
          {"distinct_ids", "No two answers have the same id", Parameter::flag, distinct_ids},
          {"choices", "So many answers came", Parameter::number, choices}};
}

}  // namespace assay::probe
