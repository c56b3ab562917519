#include "harness/stream/turn.h"

#include <algorithm>
#include <array>
#include <utility>

namespace assay::stream {

namespace {

constexpr std::array<std::pair<Protocol, std::string_view>, 8> protocol_names = {{
    {Protocol::openai_chat, "openai-chat"},
    {Protocol::openai_responses, "openai-responses"},
    {Protocol::anthropic, "anthropic"},
    {Protocol::gemini, "gemini"},
    {Protocol::gemini_interactions, "gemini-interactions"},
    {Protocol::ollama, "ollama"},
    {Protocol::cohere, "cohere"},
    {Protocol::bedrock, "bedrock"},
}};

constexpr std::array<std::pair<FinishReason, std::string_view>, 7> finish_names = {{
    {FinishReason::none, ""},
    {FinishReason::stop, "stop"},
    {FinishReason::length, "length"},
    {FinishReason::tool_calls, "tool_calls"},
    {FinishReason::content_filter, "content_filter"},
    {FinishReason::error, "error"},
    {FinishReason::other, "other"},
}};

template <typename Table, typename Key>
std::string_view name_in(const Table& table, Key key) {
  for (const auto& [value, name] : table)
    if (value == key) return name;
  return {};
}

template <typename Key, typename Table>
std::optional<Key> key_in(const Table& table, std::string_view wanted) {
  for (const auto& [value, name] : table)
    if (name == wanted) return value;
  return std::nullopt;
}

std::string joined(const Turn& turn, Block::Kind kind, int choice) {
  std::string all;
  for (const Block& block : turn.blocks)
    if (block.kind == kind && block.choice == choice) all += block.text;
  return all;
}

}  // namespace

std::string_view protocol_name(Protocol protocol) {
  return name_in(protocol_names, protocol);
}
std::optional<Protocol> protocol_from_name(std::string_view name) {
  return key_in<Protocol>(protocol_names, name);
}
std::string_view finish_name(FinishReason reason) {
  return name_in(finish_names, reason);
}
std::optional<FinishReason> finish_from_name(std::string_view name) {
  return key_in<FinishReason>(finish_names, name);
}

std::string text_of(const Turn& turn, int choice) {
  return joined(turn, Block::Kind::text, choice);
}
std::string reasoning_of(const Turn& turn, int choice) {
  return joined(turn, Block::Kind::reasoning, choice);
}
std::string refusal_of(const Turn& turn, int choice) {
  return joined(turn, Block::Kind::refusal, choice);
}

std::vector<Block> tool_calls_of(const Turn& turn, int choice) {
  std::vector<Block> calls;
  std::copy_if(turn.blocks.begin(), turn.blocks.end(), std::back_inserter(calls), [&](const Block& block) {
    return block.kind == Block::Kind::tool_call && block.choice == choice;
  });
  return calls;
}

void set_extra(Extras& extras, std::string_view name, std::string_view json) {
  const auto at = std::lower_bound(extras.begin(), extras.end(), name,
                                   [](const Extra& extra, std::string_view key) { return extra.name < key; });
  if (at != extras.end() && at->name == name) {
    at->json = json;
  } else {
    extras.insert(at, Extra{std::string(name), std::string(json)});
  }
}

const Extra* find_extra(const Extras& extras, std::string_view name) {
  for (const Extra& extra : extras)
    if (extra.name == name) return &extra;
  return nullptr;
}

}  // namespace assay::stream
