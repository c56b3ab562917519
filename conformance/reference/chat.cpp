#include "conformance/reference/chat.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "conformance/reference/credentials.h"
#include "conformance/reference/errors.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::reference {

using nlohmann::json;
using stream::Block;

namespace {

// What a chat request asks, and what its session remembers.
struct Conversation {
  std::string path;  // of the session's file; empty: none
  json settings = json::object();
  History history;
};

// Fields that a session keeps for tool_results and resume.
constexpr const char* kept_fields[] = {"protocol", "base_url", "model",  "tools", "tool_mode",
                                       "stop",     "params",   "stream", "limits"};

Outcome<Conversation> open_conversation(const Call& call, const json& fields) {
  Conversation conversation;
  const std::string name = fields.value("session", "");
  const std::string op = fields.value("op", "chat");
  if (!name.empty()) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    });
    if (!plain || name.size() > 64)
      return failure(Category::invalid_request, "a session's name is letters, digits, '-' and '_'");
    conversation.path = call.context.home + "/sessions/" + name + ".json";
    if (const auto bytes = read_file(conversation.path)) {
      const json stored = parse_untrusted(*bytes);
      auto history = stored.is_object() ? history_from_json(stored.value("history", json::array()))
                                        : Result<History>(fail("not JSON"));
      if (!history)
        return failure(Category::storage, conversation.path + ": " + history.error().message, "store");
      conversation.history = std::move(*history);
      conversation.settings = stored.value("settings", json::object());
    } else if (op != adapter::op::chat) {
      return failure(Category::not_found, "there is no session \"" + name + '"');
    }
  }
  if (op == adapter::op::chat) conversation.settings.erase("stop");
  for (const char* field : kept_fields)
    if (fields.contains(field)) conversation.settings[field] = fields[field];
  return conversation;
}

Outcome<void> save(const Call& call, const Conversation& conversation) {
  if (conversation.path.empty()) return {};
  const auto lock = call.parts->lock(call.context.home, call.deadline, call.cancel);
  if (!lock) return tl::unexpected(lock.error());
  ::mkdir((call.context.home + "/sessions").c_str(), 0700);
  const json stored = {{"settings", conversation.settings}, {"history", to_json(conversation.history)}};
  return call.parts->write_file(conversation.path,
                                stored.dump(-1, ' ', false, json::error_handler_t::replace) + '\n');
}

Outcome<Ask> make_ask(const Call& call, const json& settings) {
  const Provider& provider = call.context.provider;
  Ask ask;
  const std::string protocol = settings.value("protocol", provider.default_api);
  const auto known = stream::protocol_from_name(protocol);
  if (!known) return failure(Category::invalid_request, "unknown protocol \"" + sanitize(protocol) + '"');
  ask.protocol = *known;
  const std::string model = settings.value("model", provider.seeds.empty() ? "" : provider.seeds.front());
  if (model.empty()) return failure(Category::invalid_request, "no model was named");
  ask.model = call.parts->wire_model(call.context, model);
  ask.quirks = quirks_of(provider, model);
  ask.params = settings.value("params", json::object());
  ask.stream = settings.value("stream", true);
  const json tools = settings.value("tools", json::array());
  if (tools == "harmless") {
    ask.tools.push_back({"lookup",
                         "Looks something up. Harmless.",
                         {{"type", "object"},
                          {"properties",
                           {{"path", {{"type", "string"}}},
                            {"query", {{"type", "string"}}},
                            {"limit", {{"type", "number"}}}}}}});
  } else if (tools.is_array()) {
    for (const json& tool : tools)
      ask.tools.push_back({tool.at("name").get<std::string>(), tool.value("description", ""),
                           tool.value("parameters", json{{"type", "object"}})});
  }
  return ask;
}

ChatLimits read_limits(const json& settings) {
  ChatLimits limits;
  const json given = settings.value("limits", json::object());
  const auto ms = [&](const char* key, Millis& into) { into = Millis(given.value(key, into.count())); };
  ms("connect_ms", limits.connect);
  ms("head_ms", limits.head);
  ms("idle_ms", limits.idle);
  ms("retry_after_cap_ms", limits.retry.retry_after_cap);
  ms("backoff_ms", limits.retry.backoff);
  limits.retry.attempts = given.value("attempts", limits.retry.attempts);
  limits.line_bytes = given.value("line_bytes", limits.line_bytes);
  return limits;
}

void add_messages(Conversation& conversation, const json& fields, const std::string& op) {
  json messages = fields.value("messages", json());
  if (messages.is_null() && op == adapter::op::chat)
    messages = json::array({{{"role", "user"}, {"content", "ping"}}});
  if (op == adapter::op::tool_results) {
    Entry entry;
    entry.kind = Entry::Kind::tool_results;
    const auto owed = owed_calls(conversation.history);
    for (const json& result : fields.value("results", json::array())) {
      const auto id = result.at("id").get<std::string>();
      const auto call =
          std::find_if(owed.begin(), owed.end(), [&](const Block& one) { return one.id == id; });
      const json content = result.value("content", json(""));
      entry.results.push_back({id, call == owed.end() ? "" : call->name,
                               content.is_string() ? content.get<std::string>() : content.dump(),
                               result.value("is_error", false)});
    }
    conversation.history.push_back(std::move(entry));
  }
  // What was broken off is closed before anything new is said.
  close_owed_calls(conversation.history);
  for (const json& message : messages.is_array() ? messages : json::array()) {
    Entry entry;
    const std::string role = message.value("role", "user");
    entry.text = message.value("content", "");
    for (const json& image : message.value("images", json::array()))
      entry.images.push_back(image.at("data").get<std::string>());
    if (role == "system") entry.kind = Entry::Kind::system;
    if (role == "assistant") {
      entry.kind = Entry::Kind::assistant;
      entry.turn.blocks.push_back({Block::Kind::text, entry.text, "", "", "", 0});
      entry.turn.complete = true;
      entry.text.clear();
    }
    conversation.history.push_back(std::move(entry));
  }
}

// Calls need ids of their own to be answered: those without one, or with one that another of the session has,
// get one.
void give_ids(stream::Turn& turn, const History& history) {
  std::set<std::string> seen;
  for (const Entry& entry : history)
    for (const Block& call : stream::tool_calls_of(entry.turn)) seen.insert(call.id);
  const std::size_t turn_number = history.size();
  int number = 0;
  for (Block& block : turn.blocks) {
    if (block.kind != Block::Kind::tool_call) continue;
    if (block.id.empty() || !seen.insert(block.id).second) {
      block.id = fmt::format("call_{}_{}", turn_number, number);
      seen.insert(block.id);
    }
    ++number;
  }
}

json call_json(const Block& call) {
  const std::string text(trim(call.text));
  json arguments = parse_untrusted(text.empty() ? "{}" : text);
  if (!arguments.is_object()) arguments = call.text;
  return {{"id", call.id}, {"name", call.name}, {"arguments", std::move(arguments)}};
}

json usage_json(const std::optional<stream::Usage>& usage) {
  if (!usage) return nullptr;
  json out = json::object();
  const auto put = [&](const char* key, const std::optional<std::int64_t>& value) {
    if (value) out[key] = *value;
  };
  put("input", usage->input);
  put("output", usage->output);
  put("reasoning", usage->reasoning);
  put("cached", usage->cache_read);
  return out;
}

json finish_json(const stream::Turn& turn) {
  if (!stream::refusal_of(turn).empty()) return "refusal";
  if (turn.finish == stream::FinishReason::none) return nullptr;
  if (turn.finish == stream::FinishReason::error) return "other";
  return stream::finish_name(turn.finish);
}

}  // namespace

// A call runs when the model finished saying it and the answer ended well: half a call never runs
// (http-errors.midstream-retry-duplicates, stream-semantics.oai-finish-length).
bool may_run(const stream::Turn& turn, const Block& call, bool failed) {
  if (failed || !turn.complete) return false;
  if (turn.finish == stream::FinishReason::length || turn.finish == stream::FinishReason::content_filter)
    return false;
  const std::string text(trim(call.text));
  return text.empty() || parse_untrusted(text).is_object();
}

Outcome<json> chat(const Call& call, const json& fields) {
  const std::string op = fields.value("op", "chat");
  auto conversation = open_conversation(call, fields);
  if (!conversation) return tl::unexpected(conversation.error());
  json& settings = conversation->settings;
  auto ask = make_ask(call, settings);
  if (!ask) return tl::unexpected(ask.error());
  const ChatLimits limits = read_limits(settings);
  const std::string typed = settings.value("base_url", call.context.url("inference"));
  const std::string base = call.parts->base_url(typed, call.context.provider.api_base_path);
  add_messages(*conversation, fields, op);

  json executed = json::array();
  Answer answer;
  int requests = 0;
  std::optional<Failure> failed;
  for (int turn = 0; turn < call.parts->most_tool_turns; ++turn) {
    ask->history = conversation->history;
    answer = ask_until_answered(call, *ask, base, limits);
    requests += answer.attempts;
    failed = answer.failed;
    give_ids(answer.turn, conversation->history);
    Entry said;
    said.kind = Entry::Kind::assistant;
    said.turn = answer.turn;
    Entry results;
    results.kind = Entry::Kind::tool_results;
    if (settings.value("tool_mode", "execute") == "execute")
      for (const Block& one : stream::tool_calls_of(answer.turn)) {
        if (call.parts->may_run(answer.turn, one, failed.has_value())) {
          executed.push_back(call_json(one));
          results.results.push_back({one.id, one.name, R"({"ok":true})", false});
        } else if (!failed) {
          results.results.push_back({one.id, one.name, "the arguments are not a JSON object", true});
        }
      }
    if (failed) break;
    const bool cut = answer.turn.finish == stream::FinishReason::length ||
                     answer.turn.finish == stream::FinishReason::content_filter;
    if (answer.turn.finish == stream::FinishReason::tool_calls && stream::tool_calls_of(answer.turn).empty())
      call.emit({{"kind", adapter::event::notice},
                 {"code", "no-tool-call"},
                 {"message", "the model said that it calls a tool, and named none"}});
    conversation->history.push_back(std::move(said));
    const bool go_on = !results.results.empty() && !cut;
    if (go_on) conversation->history.push_back(std::move(results));
    if (auto saved = save(call, *conversation); !saved)
      call.emit(
          {{"kind", adapter::event::notice}, {"code", "not-saved"}, {"message", saved.error().message}});
    if (!go_on || settings.value("stop", "") == "after-tools") break;
  }

  json calls = json::array();
  for (const Block& one : stream::tool_calls_of(answer.turn)) calls.push_back(call_json(one));
  json result = {{"ok", !failed},
                 {"text", stream::text_of(answer.turn)},
                 {"reasoning", stream::reasoning_of(answer.turn)},
                 {"tool_calls", std::move(calls)},
                 {"executed", std::move(executed)},
                 {"finish_reason", finish_json(answer.turn)},
                 {"usage", usage_json(answer.turn.usage)},
                 {"attempts", answer.attempts},
                 {"requests", requests},
                 {"status", answer.status},
                 {"truncated", answer.turn.finish == stream::FinishReason::length ||
                                   (failed && failed->category == Category::truncated)}};
  if (const stream::Extra* details = stream::find_extra(answer.turn.extras, "stop_details"))
    result["finish_details"] = parse_untrusted(details->json);
  if (fields.value("frames", false)) result["frames"] = std::move(answer.frames);
  if (failed) result["error"] = to_json(*failed);
  return result;
}

}  // namespace assay::reference
