// The JSON form of a turn, both ways.
#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/base/strict.h"
#include "harness/base/untrusted_json.h"
#include "harness/stream/turn.h"

namespace assay::stream {

namespace {

using nlohmann::json;

void put(json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void put(json& object, const char* key, const std::optional<std::int64_t>& value) {
  if (value) object[key] = *value;
}

// Extras are JSON text that a decoder took from the wire; what is not JSON after all is shown as a string.
void put_extras(json& object, const Extras& extras) {
  if (extras.empty()) return;
  json& all = object["extras"] = json::object();
  for (const Extra& extra : extras) {
    json value = parse_untrusted(extra.json);
    all[extra.name] = value.is_discarded() ? json(extra.json) : std::move(value);
  }
}

json block_to_json(const Block& block) {
  json out = json::object();
  switch (block.kind) {
    case Block::Kind::text:
      out["text"] = block.text;
      break;
    case Block::Kind::reasoning:
      out["reasoning"] = block.text;
      put(out, "id", block.id);
      put(out, "type", block.name);
      break;
    case Block::Kind::refusal:
      out["refusal"] = block.text;
      break;
    case Block::Kind::tool_call:
      out["tool_call"] = {{"name", block.name}, {"arguments", block.text}};
      put(out["tool_call"], "id", block.id);
      if (block.custom) out["tool_call"]["type"] = "custom";
      break;
    case Block::Kind::opaque: {
      json value = parse_untrusted(block.text);
      out["opaque"] = value.is_discarded() ? json(block.text) : std::move(value);
      put(out, "type", block.name);
      put(out, "id", block.id);
      break;
    }
  }
  put(out, "signature", block.signature);
  if (block.choice != 0) out["choice"] = block.choice;
  return out;
}

// Reads one object strictly. The first mistake is kept and ends the reading.
class Reader {
 public:
  Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) problem_ = where_ + ": expected an object, found " + object.type_name();
  }

  Reader& known(std::initializer_list<std::string_view> keys) {
    if (!problem_.empty()) return *this;
    for (const auto& [key, value] : object_.items())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        problem_ = where_ + ": " + unknown_word("key", key, {keys.begin(), keys.end()});
        break;
      }
    return *this;
  }
  Reader& text(const char* key, std::string& out) {
    return read(key, "a string", [&](const json& v) {
      if (!v.is_string()) return false;
      out = v.get<std::string>();
      return true;
    });
  }
  // A string, or any other value as compact JSON text: `arguments: {city: Paris}`.
  Reader& json_text(const char* key, std::string& out) {
    return read(key, "a value", [&](const json& v) {
      out = v.is_string() ? v.get<std::string>() : v.dump();
      return true;
    });
  }
  Reader& number(const char* key, std::optional<std::int64_t>& out) {
    return read(key, "an integer", [&](const json& v) {
      if (!v.is_number_integer()) return false;
      out = v.get<std::int64_t>();
      return true;
    });
  }
  Reader& number(const char* key, int& out) {
    std::optional<std::int64_t> wide;
    number(key, wide);
    if (wide) out = static_cast<int>(*wide);
    return *this;
  }
  Reader& flag(const char* key, bool& out) {
    return read(key, "true or false", [&](const json& v) {
      if (!v.is_boolean()) return false;
      out = v.get<bool>();
      return true;
    });
  }
  Reader& extras(Extras& out) {
    return read("extras", "an object", [&](const json& v) {
      if (!v.is_object()) return false;
      for (const auto& [key, value] : v.items()) set_extra(out, key, value.dump());
      return true;
    });
  }
  const json* value(const char* key) const {
    if (!problem_.empty()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  void refuse(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  const std::string& problem() const { return problem_; }

 private:
  template <typename Take>
  Reader& read(const char* key, const char* expected, Take take) {
    const json* found = value(key);
    if (found && !take(*found))
      problem_ = where_ + "/" + key + ": expected " + expected + ", found " + found->type_name();
    return *this;
  }

  const json& object_;
  std::string where_;
  std::string problem_;
};

Result<Usage> usage_from_json(const json& value, const std::string& where) {
  Usage usage;
  Reader reader(value, where);
  reader.known({"input", "output", "total", "reasoning", "cache_read", "cache_write", "extras"})
      .number("input", usage.input)
      .number("output", usage.output)
      .number("total", usage.total)
      .number("reasoning", usage.reasoning)
      .number("cache_read", usage.cache_read)
      .number("cache_write", usage.cache_write)
      .extras(usage.extras);
  if (!reader.problem().empty()) return fail(reader.problem());
  return usage;
}

Result<Block> call_from_json(const json& value, const std::string& where) {
  Block block;
  block.kind = Block::Kind::tool_call;
  Reader reader(value, where);
  std::string type;
  reader.known({"id", "type", "name", "arguments", "signature", "choice"})
      .text("id", block.id)
      .text("name", block.name)
      .text("type", type)
      .json_text("arguments", block.text)
      .text("signature", block.signature)
      .number("choice", block.choice);
  if (reader.problem().empty() && block.name.empty()) reader.refuse(where + ": expected a name");
  if (!type.empty() && type != "function" && type != "custom")
    reader.refuse(where + "/type: expected function or custom, found '" + type + "'");
  block.custom = type == "custom";
  if (!reader.problem().empty()) return fail(reader.problem());
  return block;
}

Result<Block> block_from_json(const json& value, const std::string& where) {
  Block block;
  Reader reader(value, where);
  reader.known({"text", "reasoning", "refusal", "tool_call", "opaque", "id", "type", "signature", "choice"});
  int kinds = 0;
  const auto is = [&](const char* key, Block::Kind kind) {
    if (!reader.value(key)) return false;
    block.kind = kind;
    ++kinds;
    return true;
  };
  if (is("text", Block::Kind::text)) reader.text("text", block.text);
  if (is("reasoning", Block::Kind::reasoning)) reader.text("reasoning", block.text);
  if (is("refusal", Block::Kind::refusal)) reader.text("refusal", block.text);
  if (is("opaque", Block::Kind::opaque)) reader.json_text("opaque", block.text);
  if (is("tool_call", Block::Kind::tool_call)) {
    Result<Block> call = call_from_json(*reader.value("tool_call"), where + "/tool_call");
    if (!call) return call;
    block = std::move(*call);
  }
  reader.text("id", block.id).text("type", block.name).text("signature", block.signature);
  reader.number("choice", block.choice);
  if (kinds != 1) reader.refuse(where + ": expected one of text, reasoning, refusal, tool_call, opaque");
  if (!reader.problem().empty()) return fail(reader.problem());
  return block;
}

void append_if_given(Turn& turn, Reader& reader, const char* key, Block::Kind kind) {
  if (!reader.value(key)) return;
  Block block;
  block.kind = kind;
  reader.text(key, block.text);
  turn.blocks.push_back(std::move(block));
}

// The short form, in the order that every provider uses.
Result<void> read_short_form(Turn& turn, Reader& reader) {
  append_if_given(turn, reader, "reasoning", Block::Kind::reasoning);
  if (reader.value("signature")) {
    if (turn.blocks.empty()) return fail("turn/signature: expected a reasoning that it signs");
    reader.text("signature", turn.blocks.back().signature);
  }
  append_if_given(turn, reader, "text", Block::Kind::text);
  if (reader.value("repeat")) {
    int times = 1;
    reader.number("repeat", times);
    if (!reader.value("text") || times < 1) return fail("turn/repeat: expected how often the text is said");
    std::string& text = turn.blocks.back().text;
    const std::string once = std::exchange(text, {});
    for (int i = 1; i <= times; ++i) {
      const auto mark = once.find("${n}");
      text +=
          mark == std::string::npos ? once : once.substr(0, mark) + std::to_string(i) + once.substr(mark + 4);
    }
  }
  append_if_given(turn, reader, "refusal", Block::Kind::refusal);
  const json* calls = reader.value("tool_calls");
  if (!calls) return {};
  if (!calls->is_array())
    return fail(std::string("turn/tool_calls: expected a list, found ") + calls->type_name());
  for (std::size_t i = 0; i < calls->size(); ++i) {
    Result<Block> call = call_from_json((*calls)[i], "turn/tool_calls/" + std::to_string(i));
    if (!call) return tl::unexpected(call.error());
    turn.blocks.push_back(std::move(*call));
  }
  return {};
}

Result<void> read_content(Turn& turn, const json& content) {
  if (!content.is_array())
    return fail(std::string("turn/content: expected a list, found ") + content.type_name());
  for (std::size_t i = 0; i < content.size(); ++i) {
    Result<Block> block = block_from_json(content[i], "turn/content/" + std::to_string(i));
    if (!block) return tl::unexpected(block.error());
    turn.blocks.push_back(std::move(*block));
  }
  return {};
}

}  // namespace

json to_json(const Usage& usage) {
  json out = json::object();
  put(out, "input", usage.input);
  put(out, "output", usage.output);
  put(out, "total", usage.total);
  put(out, "reasoning", usage.reasoning);
  put(out, "cache_read", usage.cache_read);
  put(out, "cache_write", usage.cache_write);
  put_extras(out, usage.extras);
  return out;
}

json to_json(const StreamError& error) {
  json out = {{"message", error.message}};
  put(out, "type", error.type);
  put(out, "code", error.code);
  put(out, "param", error.param);
  if (error.status != 0) out["status"] = error.status;
  put_extras(out, error.extras);
  return out;
}

json to_json(const Turn& turn) {
  json out = json::object();
  put(out, "id", turn.id);
  put(out, "model", turn.model);
  json& content = out["content"] = json::array();
  for (const Block& block : turn.blocks) content.push_back(block_to_json(block));
  put(out, "finish_reason", std::string(finish_name(turn.finish)));
  put(out, "finish_raw", turn.finish_raw);
  if (turn.usage) out["usage"] = to_json(*turn.usage);
  if (turn.error) out["error"] = to_json(*turn.error);
  out["complete"] = turn.complete;
  put_extras(out, turn.extras);
  return out;
}

Result<StreamError> error_from_json(const json& value) {
  StreamError error;
  if (value.is_string()) {
    error.message = value.get<std::string>();
    return error;
  }
  Reader reader(value, "turn/error");
  reader.known({"message", "type", "code", "param", "status", "extras"})
      .text("message", error.message)
      .text("type", error.type)
      .json_text("code", error.code)
      .text("param", error.param)
      .number("status", error.status)
      .extras(error.extras);
  if (!reader.problem().empty()) return fail(reader.problem());
  return error;
}

Result<Turn> turn_from_json(const json& value) {
  Turn turn;
  Reader reader(value, "turn");
  reader.known({"id", "model", "content", "finish_reason", "finish_raw", "usage", "error", "complete",
                "extras", "text", "repeat", "reasoning", "signature", "refusal", "tool_calls"});
  if (!reader.problem().empty()) return fail(reader.problem());
  reader.text("id", turn.id).text("model", turn.model).text("finish_raw", turn.finish_raw);
  reader.extras(turn.extras);

  if (const json* content = reader.value("content")) {
    for (const char* key : {"text", "repeat", "reasoning", "signature", "refusal", "tool_calls"})
      if (reader.value(key)) return fail(std::string("turn: '") + key + "' stands beside 'content'");
    if (Result<void> read = read_content(turn, *content); !read) return tl::unexpected(read.error());
  } else {
    if (Result<void> read = read_short_form(turn, reader); !read) return tl::unexpected(read.error());
    turn.complete = true;
  }
  if (const json* error = reader.value("error")) {
    Result<StreamError> read = error_from_json(*error);
    if (!read) return tl::unexpected(read.error());
    turn.error = std::move(*read);
    turn.complete = false;
  }
  if (const json* usage = reader.value("usage")) {
    Result<Usage> read = usage_from_json(*usage, "turn/usage");
    if (!read) return tl::unexpected(read.error());
    turn.usage = std::move(*read);
  }
  reader.flag("complete", turn.complete);

  std::string finish;
  reader.text("finish_reason", finish);
  if (!reader.problem().empty()) return fail(reader.problem());
  const std::optional<FinishReason> reason = finish_from_name(finish);
  if (!reason)
    return fail(
        "turn/finish_reason: expected stop, length, tool_calls, content_filter, error or other, found '" +
        finish + "'");
  turn.finish = *reason;
  if (turn.finish == FinishReason::none && turn.complete && !reader.value("content"))
    turn.finish = tool_calls_of(turn).empty() ? FinishReason::stop : FinishReason::tool_calls;
  return turn;
}

}  // namespace assay::stream
