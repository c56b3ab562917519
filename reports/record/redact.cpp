#include "reports/record/redact.h"

#include <nlohmann/json.hpp>

#include "harness/base/text.h"

namespace assay {
namespace {

bool is_encoded_bytes(const nlohmann::ordered_json& value) {
  return value.is_object() && value.size() == 1 && value.contains("base64") && value["base64"].is_string();
}

}  // namespace

void redact(nlohmann::ordered_json& value, const Redactor& redactor) {
  if (!redactor) return;
  if (value.is_string()) {
    value = redactor(value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    for (auto& item : value) redact(item, redactor);
  } else if (is_encoded_bytes(value)) {
    auto bytes = base64_decode(value["base64"].get_ref<const std::string&>());
    if (bytes)
      value["base64"] = base64(redactor(*bytes));
    else
      redact(value["base64"], redactor);
  } else if (value.is_object()) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (auto& [key, item] : value.items()) {
      redact(item, redactor);
      out[redactor(key)] = std::move(item);
    }
    value = std::move(out);
  }
}

}  // namespace assay
