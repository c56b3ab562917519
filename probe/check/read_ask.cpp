#include "probe/check/read_ask.h"

#include <algorithm>

namespace assay::probe {
namespace {

using nlohmann::json;

std::vector<ToolCall> read_calls(ObjectReader& message) {
  std::vector<ToolCall> calls;
  for (ObjectReader& in : message.objects("calls")) {
    ToolCall call;
    call.id = in.required<std::string>("id");
    call.name = in.required<std::string>("name");
    call.arguments = in.optional<json>("arguments", json::object());
    in.done();
    calls.push_back(std::move(call));
  }
  return calls;
}

std::vector<ToolResult> read_results(ObjectReader& message) {
  std::vector<ToolResult> results;
  for (ObjectReader& in : message.objects("results")) {
    ToolResult result;
    result.id = in.required<std::string>("id");
    result.name = in.required<std::string>("name");
    result.text = in.required<std::string>("text");
    in.done();
    results.push_back(std::move(result));
  }
  return results;
}

Message read_message(ObjectReader& in) {
  Message message;
  if (in.has("user")) {
    message.text = in.required<std::string>("user");
  } else if (in.has("replay")) {
    message.kind = Message::Kind::replay;
    message.answer = in.required<std::string>("replay");
  } else if (in.has("results")) {
    message.kind = Message::Kind::results;
    message.results = read_results(in);
  } else if (in.has("assistant") || in.has("calls")) {
    message.kind = Message::Kind::assistant;
    message.text = in.optional<std::string>("assistant");
    message.calls = read_calls(in);
  } else {
    in.problem("", "expected one of user, assistant, calls, results, replay");
  }
  in.done();
  return message;
}

std::vector<Tool> read_tools(ObjectReader& ask) {
  std::vector<Tool> tools;
  for (ObjectReader& in : ask.objects("tools")) {
    Tool tool;
    tool.name = in.required<std::string>("name");
    tool.description = in.optional<std::string>("description");
    tool.parameters = in.required<json>("parameters");
    in.done();
    tools.push_back(std::move(tool));
  }
  return tools;
}

}  // namespace

std::optional<stream::Protocol> read_protocol(ObjectReader& in, std::string_view key,
                                              const std::string& name) {
  const auto protocol = stream::protocol_from_name(name);
  if (protocol && std::find(std::begin(kProtocols), std::end(kProtocols), *protocol) != std::end(kProtocols))
    return protocol;
  std::string names;
  for (const auto known : kProtocols)
    names += (names.empty() ? "" : ", ") + std::string(protocol_name(known));
  in.problem(key, "expected one of " + names + ", found \"" + name + "\"");
  return std::nullopt;
}

std::map<std::string, json, std::less<>> read_by_protocol(ObjectReader& in, std::string_view key) {
  std::map<std::string, json, std::less<>> out;
  auto map = in.maybe_object(key);
  if (!map) return out;
  for (const std::string& name : map->keys())
    if (read_protocol(*map, name, name)) out[name] = *map->raw(name);
  return out;
}

Ask read_ask(ObjectReader& in) {
  Ask ask;
  ask.as = in.optional<std::string>("as", "A");
  ask.route = static_cast<Route>(
      in.choice("route", {"chat", "models", "model", "count_tokens", "stored", "unknown"}, 0));
  ask.stored_id = in.optional<std::string>("stored_id");
  ask.method = in.optional<std::string>("method");
  ask.key = static_cast<Key>(in.choice("key", {"right", "wrong", "none", "empty"}, 0));
  ask.model = in.optional<std::string>("model");
  ask.system = in.optional<std::string>("system");
  if (in.has("prompt"))
    ask.messages.push_back({Message::Kind::user, in.required<std::string>("prompt"), {}, {}, {}});
  for (ObjectReader& message : in.objects("messages")) ask.messages.push_back(read_message(message));
  ask.stream = in.optional<bool>("stream");
  ask.usage = in.optional<bool>("usage");
  ask.max_tokens = static_cast<int>(in.optional<std::int64_t>("max_tokens", ask.max_tokens));
  ask.choices = static_cast<int>(in.optional<std::int64_t>("choices", 1));
  if (ask.max_tokens < 0 || ask.max_tokens > 100'000) in.problem("max_tokens", "expected 0 to 100000");
  if (ask.choices < 1 || ask.choices > 16) in.problem("choices", "expected 1 to 16");
  ask.tools = read_tools(in);
  ask.tool_choice = in.optional<std::string>("tool_choice");
  ask.parallel = in.maybe<bool>("parallel");
  ask.schema = in.optional<json>("schema");
  ask.reasoning = in.optional<bool>("reasoning");
  ask.store = in.optional<bool>("store");
  for (const char* name : {"temperature", "top_p", "stop"})
    if (const json* value = in.raw(name)) ask.settings[name] = *value;
  ask.patch = in.optional<json>("patch", json::object());
  ask.patch_for = read_by_protocol(in, "patch_for");
  ask.body = in.maybe<std::string>("body");
  if (auto headers = in.maybe_object("headers"))
    for (const std::string& name : headers->keys())
      ask.headers.push_back({name, headers->required<std::string>(name)});
  ask.together = in.optional<bool>("together");
  ask.leave_after = static_cast<std::size_t>(in.optional<std::int64_t>("leave_after"));
  in.done();
  return ask;
}

}  // namespace assay::probe
