#include "harness/stream/delta.h"

#include <nlohmann/json.hpp>

namespace assay::stream {

namespace {

using nlohmann::json;

// Lists are joined, objects merged key by key; anything else replaces.
void merge(json& into, json&& part) {
  if (into.is_array() && part.is_array()) {
    for (json& item : part) into.push_back(std::move(item));
  } else if (into.is_object() && part.is_object()) {
    for (auto& [key, value] : part.items()) merge(into[key], std::move(value));
  } else {
    into = std::move(part);
  }
}

void add_extra(Extras& extras, std::string_view name, std::string_view text) {
  const Extra* old = find_extra(extras, name);
  if (!old) return set_extra(extras, name, text);
  json whole = json::parse(old->json, nullptr, false);
  json part = json::parse(text, nullptr, false);
  if (part.is_discarded()) return set_extra(extras, name, text);
  merge(whole, std::move(part));
  set_extra(extras, name, whole.dump());
}

// The input of an opaque block comes in fragments: kept beside it until the block's JSON can take it.
void add_input(Block& block, std::string_view fragment) {
  block.id += fragment;
  json input = json::parse(block.id, nullptr, false);
  json whole = json::parse(block.text, nullptr, false);
  if (input.is_discarded() || !whole.is_object()) return;
  whole["input"] = std::move(input);
  block.text = whole.dump();
}

}  // namespace

std::string_view delta_name(Delta::Kind kind) {
  static constexpr std::string_view names[] = {"start",  "text",  "reasoning", "refusal", "tool_call",
                                               "opaque", "input", "signature", "finish",  "usage",
                                               "error",  "extra", "extra_part"};
  return names[static_cast<std::size_t>(kind)];
}

json to_json(const Delta& delta) {
  json out = {{"delta", delta_name(delta.kind)}};
  const auto put = [&](const char* key, std::string_view value) {
    if (!value.empty()) out[key] = value;
  };
  switch (delta.kind) {
    case Delta::Kind::start:
      put("id", delta.id);
      put("model", delta.model);
      return out;
    case Delta::Kind::finish:
      out["finish_reason"] = finish_name(delta.finish);
      out["finish_raw"] = delta.text;
      return out;
    case Delta::Kind::usage:
      out["usage"] = to_json(*delta.usage);
      return out;
    case Delta::Kind::error:
      out["error"] = to_json(*delta.error);
      return out;
    case Delta::Kind::extra:
    case Delta::Kind::extra_part: {
      json value = json::parse(delta.text, nullptr, false);
      out["name"] = delta.name;
      out["value"] = value.is_discarded() ? json(delta.text) : std::move(value);
      return out;
    }
    default:
      break;
  }
  out["block"] = delta.block;
  if (delta.choice != 0) out["choice"] = delta.choice;
  put("id", delta.id);
  put("name", delta.name);
  out["text"] = delta.text;
  return out;
}

Block& TurnBuilder::block_of(const Delta& delta) {
  if (delta.block >= turn_.blocks.size()) {
    turn_.blocks.resize(delta.block + 1U);
    turn_.blocks.back().kind = delta.block_kind;
    turn_.blocks.back().choice = delta.choice;
  }
  return turn_.blocks[delta.block];
}

void TurnBuilder::on(const Delta& delta) {
  switch (delta.kind) {
    case Delta::Kind::start:
      if (!delta.id.empty()) turn_.id = delta.id;
      if (!delta.model.empty()) turn_.model = delta.model;
      break;
    case Delta::Kind::text:
    case Delta::Kind::reasoning:
    case Delta::Kind::refusal:
    case Delta::Kind::tool_call:
    case Delta::Kind::opaque: {
      Block& block = block_of(delta);
      block.text += delta.text;
      if (!delta.id.empty()) block.id = delta.id;
      if (!delta.name.empty()) block.name = delta.name;
      break;
    }
    case Delta::Kind::input:
      add_input(block_of(delta), delta.text);
      break;
    case Delta::Kind::signature:
      block_of(delta).signature += delta.text;
      break;
    case Delta::Kind::finish:
      turn_.finish = delta.finish;
      turn_.finish_raw = delta.text;
      break;
    case Delta::Kind::usage:
      turn_.usage = *delta.usage;
      break;
    case Delta::Kind::error:
      turn_.error = *delta.error;
      break;
    case Delta::Kind::extra:
      set_extra(turn_.extras, delta.name, delta.text);
      break;
    case Delta::Kind::extra_part:
      add_extra(turn_.extras, delta.name, delta.text);
      break;
  }
}

}  // namespace assay::stream
