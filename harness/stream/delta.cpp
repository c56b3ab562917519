#include "harness/stream/delta.h"
#include "harness/base/untrusted_json.h"

#include <map>
#include <nlohmann/json.hpp>

namespace assay::stream {

namespace {

using nlohmann::json;

// Lists are joined, objects merged key by key; anything else replaces, but for strings where `join` says so.
void merge(json& into, json&& part, bool join) {
  if (into.is_array() && part.is_array()) {
    for (json& item : part) into.push_back(std::move(item));
  } else if (into.is_object() && part.is_object()) {
    for (auto& [key, value] : part.items())
      merge(into[key], std::move(value), join || key == "data" || key == "transcript");
  } else if (join && into.is_string() && part.is_string()) {
    into.get_ref<std::string&>() += part.get_ref<const std::string&>();
  } else {
    into = std::move(part);
  }
}

}  // namespace

std::string_view delta_name(Delta::Kind kind) {
  static constexpr std::string_view names[] = {"start",  "text",        "reasoning", "refusal",   "tool_call",
                                               "opaque", "opaque_part", "input",     "signature", "finish",
                                               "usage",  "error",       "extra",     "extra_part"};
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
      json value = parse_untrusted(delta.text);
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
  if (delta.custom) out["custom"] = true;
  out["text"] = delta.text;
  return out;
}

struct TurnBuilder::Parts {
  struct Opaque {
    json whole;         // the block's JSON
    std::string input;  // its input, as far as it came
  };
  // A text that came as a part of an extra: one that is repeated, or pieces of one.
  struct Text {
    std::string first;
    std::size_t times = 0;
  };
  std::map<std::string, json, std::less<>> extras;
  std::map<std::string, Text, std::less<>> texts;
  std::map<std::uint32_t, Opaque> opaque;

  // The whole of the text, once this part of it has come. Equal parts are one text that is said again with
  // each delta; once another comes, all of them were pieces.
  json joined(std::string_view name, const std::string& part) {
    Text& text = texts[std::string(name)];
    const auto known = extras.find(name);
    if (text.times == 0) text.first = part;
    const bool same = part == text.first && (known == extras.end() || known->second == text.first);
    if (same) {
      ++text.times;
      return part;
    }
    std::string whole;
    if (known != extras.end() && known->second.is_string()) {
      whole = known->second.get<std::string>();
      for (; text.times > 1; --text.times) whole += text.first;
    }
    text.times = 1;
    return whole + part;
  }
};

TurnBuilder::TurnBuilder() : parts_(std::make_unique<Parts>()) {}
TurnBuilder::~TurnBuilder() = default;

Turn& TurnBuilder::turn() {
  settle();
  return turn_;
}

void TurnBuilder::settle() {
  for (const auto& [name, value] : parts_->extras) set_extra(turn_.extras, name, value.dump());
  for (const auto& [number, part] : parts_->opaque) {
    json whole = part.whole;
    if (!part.input.empty() && whole.is_object()) {
      json input = parse_untrusted(part.input);
      whole["input"] = input.is_discarded() ? json(part.input) : std::move(input);
    }
    turn_.blocks[number].text = whole.dump();
  }
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
      if (delta.custom) block.custom = true;
      break;
    }
    case Delta::Kind::opaque_part:
    case Delta::Kind::input: {
      Block& block = block_of(delta);
      const auto [at, fresh] = parts_->opaque.try_emplace(delta.block);
      if (fresh) at->second.whole = parse_untrusted(block.text);
      if (delta.kind == Delta::Kind::input) {
        at->second.input += delta.text;
      } else if (json part = parse_untrusted(delta.text); !part.is_discarded()) {
        merge(at->second.whole, std::move(part), true);
      }
      break;
    }
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
      if (const auto known = parts_->extras.find(delta.name); known != parts_->extras.end())
        parts_->extras.erase(known);
      set_extra(turn_.extras, delta.name, delta.text);
      break;
    case Delta::Kind::extra_part: {
      json part = parse_untrusted(delta.text);
      if (part.is_string()) part = parts_->joined(delta.name, part.get_ref<const std::string&>());
      if (const auto known = parts_->extras.find(delta.name); known != parts_->extras.end()) {
        merge(known->second, std::move(part), false);
      } else {
        const Extra* old = find_extra(turn_.extras, delta.name);
        json whole = old ? parse_untrusted(old->json) : json();
        merge(whole, std::move(part), false);
        parts_->extras.emplace(delta.name, std::move(whole));
      }
      break;
    }
  }
}

}  // namespace assay::stream
