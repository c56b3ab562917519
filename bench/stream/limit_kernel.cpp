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

// Reads a value and all that is in it: On-Demand checks nothing else. False when it is no JSON.
bool read_all(ondemand::value value, Checksum& checksum) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::object) {
    for (auto field : value.get_object()) {
      std::string_view key;
      ondemand::value inner;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
          field.value().get(inner) != simdjson::SUCCESS || !read_all(inner, checksum))
        return false;
    }
    return true;
  }
  if (type == ondemand::json_type::array) {
    for (auto element : value.get_array()) {
      ondemand::value inner;
      if (element.get(inner) != simdjson::SUCCESS || !read_all(inner, checksum)) return false;
    }
    return true;
  }
  if (type == ondemand::json_type::string) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    checksum.bytes += text.size();
    return true;
  }
  if (type == ondemand::json_type::number) {
    ondemand::number number;
    return value.get_number().get(number) == simdjson::SUCCESS;
  }
  if (type == ondemand::json_type::boolean) {
    bool truth = false;
    return value.get_bool().get(truth) == simdjson::SUCCESS;
  }
  return value.is_null();
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

Checksum every_value(const std::vector<std::string_view>& payloads) {
  Checksum checksum;
  ondemand::parser parser;
  for (const std::string_view payload : payloads) {
    ondemand::document document;
    ondemand::value root;
    const simdjson::padded_string_view view(payload.data(), payload.size(),
                                            payload.size() + simdjson::SIMDJSON_PADDING);
    if (parser.iterate(view).get(document) == simdjson::SUCCESS &&
        document.get_value().get(root) == simdjson::SUCCESS && read_all(root, checksum))
      ++checksum.sum;
  }
  return checksum;
}

}  // namespace assay::bench::ASSAY_KERNEL
