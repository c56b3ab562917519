#include "reports/record/redact.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/base/text.h"

namespace assay {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::string_view kReplacement = "[redacted]";

std::string hex(std::string_view bytes, const char* digits) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

// The characters of base64(prefix + canary + suffix) that depend on the canary alone, with `before` bytes in
// front of it.
std::string base64_core(std::string_view canary, std::size_t before) {
  const std::string encoded = base64(std::string(before, '\0') + std::string(canary));
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = (before + canary.size()) * 8 / 6;
  return encoded.substr(first, last - first);
}

std::vector<std::string> forms(const std::string& canary) {
  std::vector<std::string> out = {canary, percent_encode(canary), hex(canary, "0123456789abcdef"),
                                  hex(canary, "0123456789ABCDEF")};
  for (std::size_t before = 0; before < 3; ++before) {
    out.push_back(base64_core(canary, before));
    std::string url = out.back();
    std::replace(url.begin(), url.end(), '+', '-');
    std::replace(url.begin(), url.end(), '/', '_');
    out.push_back(std::move(url));
  }
  return out;
}

std::string replace_all(std::string text, const std::vector<std::string>& needles) {
  for (const std::string& needle : needles) {
    for (std::size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, at)) {
      text.replace(at, needle.size(), kReplacement);
      at += kReplacement.size();
    }
  }
  // A limit on bodies may have cut a secret in two.
  for (const std::string& needle : needles) {
    for (std::size_t n = std::min(needle.size() - 1, text.size()); n >= kShortest; --n) {
      if (text.compare(text.size() - n, n, needle, 0, n) != 0) continue;
      text.replace(text.size() - n, n, kReplacement);
      break;
    }
  }
  return text;
}

bool is_encoded_bytes(const nlohmann::ordered_json& value) {
  return value.is_object() && value.size() == 1 && value.contains("base64") && value["base64"].is_string();
}

}  // namespace

Redactor redact_canaries(std::vector<std::string> canaries) {
  std::vector<std::string> needles;
  for (const std::string& canary : canaries) {
    if (canary.size() < kShortest)
      throw std::invalid_argument("a canary needs 8 characters or more: '" + canary + "'");
    for (std::string& form : forms(canary)) needles.push_back(std::move(form));
  }
  // Longest first: a canary that contains another is replaced whole.
  std::sort(needles.begin(), needles.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  needles.erase(std::unique(needles.begin(), needles.end()), needles.end());
  return [needles = std::move(needles)](std::string_view text) {
    return replace_all(std::string(text), needles);
  };
}

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
