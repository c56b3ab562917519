// Compiled once for each simdjson kernel (ASSAY_KERNEL), with that kernel's CPU flags.
#include <simdjson.h>

#include "bench/stream/checksum.h"
#include "bench/stream/limit_kernel.h"

namespace assay::bench::ASSAY_KERNEL {

namespace {

namespace ondemand = simdjson::ondemand;

void add_field(ondemand::object& object, std::string_view key, Checksum& checksum) {
  std::string_view text;
  if (object.find_field_unordered(key).get_string().get(text) == simdjson::SUCCESS) checksum.add(text);
}

void chat(ondemand::document& document, Checksum& checksum) {
  ondemand::array choices;
  if (document["choices"].get_array().get(choices) != simdjson::SUCCESS) return;
  for (auto choice : choices) {
    ondemand::object delta;
    if (choice["delta"].get_object().get(delta) != simdjson::SUCCESS) continue;
    for (auto field : delta) {
      ondemand::raw_json_string key;
      std::string_view text;
      if (field.key().get(key) != simdjson::SUCCESS) return;
      if (key == "content" || key == "reasoning_content") {
        if (field.value().get_string().get(text) == simdjson::SUCCESS) checksum.add(text);
      } else if (key == "tool_calls") {
        for (auto call : field.value()) {
          ondemand::object function;
          if (call["function"].get_object().get(function) == simdjson::SUCCESS)
            add_field(function, "arguments", checksum);
        }
      }
    }
  }
}

void messages(ondemand::document& document, Checksum& checksum) {
  std::string_view type;
  if (document["type"].get_string().get(type) != simdjson::SUCCESS || type != "content_block_delta") return;
  ondemand::object delta;
  if (document["delta"].get_object().get(delta) != simdjson::SUCCESS) return;
  for (auto field : delta) {
    ondemand::raw_json_string key;
    std::string_view text;
    if (field.key().get(key) != simdjson::SUCCESS) return;
    if ((key == "text" || key == "thinking" || key == "partial_json") &&
        field.value().get_string().get(text) == simdjson::SUCCESS)
      checksum.add(text);
  }
}

void responses(ondemand::document& document, Checksum& checksum) {
  std::string_view type;
  if (document["type"].get_string().get(type) != simdjson::SUCCESS || !type.ends_with(".delta")) return;
  std::string_view text;
  if (document["delta"].get_string().get(text) == simdjson::SUCCESS) checksum.add(text);
}

}  // namespace

Checksum limit(stream::Protocol protocol, const std::vector<std::string_view>& payloads) {
  Checksum checksum;
  ondemand::parser parser;
  for (const std::string_view payload : payloads) {
    ondemand::document document;
    const simdjson::padded_string_view view(payload.data(), payload.size(),
                                            payload.size() + simdjson::SIMDJSON_PADDING);
    if (parser.iterate(view).get(document) != simdjson::SUCCESS) continue;
    if (protocol == stream::Protocol::anthropic) {
      messages(document, checksum);
    } else if (protocol == stream::Protocol::openai_responses) {
      responses(document, checksum);
    } else {
      chat(document, checksum);
    }
  }
  return checksum;
}

}  // namespace assay::bench::ASSAY_KERNEL
