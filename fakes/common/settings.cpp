#include "fakes/common/settings.h"

#include <fmt/format.h>
#include <algorithm>

#include "harness/base/text.h"

namespace assay::fakes {
namespace {

std::string shown(const nlohmann::json& value) {
  constexpr std::size_t limit = 60;
  std::string text = value.dump();
  if (text.size() > limit) text = text.substr(0, limit) + "...";
  return text;
}

}  // namespace

SettingsReader::SettingsReader(const nlohmann::json& value, std::string path, std::string& error)
    : value_(value), path_(std::move(path)), error_(error) {
  if (!value_.is_object() && !value_.is_null() && error_.empty())
    error_ = fmt::format("{}expected a mapping, found {}", path_.empty() ? "settings: " : path_ + ": ",
                         shown(value_));
}

const nlohmann::json* SettingsReader::find(std::string_view name) {
  known_.emplace(name);
  if (!value_.is_object()) return nullptr;
  const auto at = value_.find(name);
  return at == value_.end() ? nullptr : &*at;
}

bool SettingsReader::has(std::string_view name) const {
  return value_.is_object() && value_.contains(name);
}

void SettingsReader::wrong(std::string_view name, const std::string& message) {
  if (error_.empty()) error_ = fmt::format("{}{}: {}", path_, name, message);
}

void SettingsReader::expected(std::string_view name, std::string_view what) {
  wrong(name, fmt::format("expected {}, found {}", what, shown(value_.at(std::string(name)))));
}

bool SettingsReader::flag(std::string_view name, bool otherwise) {
  const auto* found = find(name);
  if (found == nullptr) return otherwise;
  if (!found->is_boolean()) {
    expected(name, "true or false");
    return otherwise;
  }
  return found->get<bool>();
}

std::int64_t SettingsReader::number(std::string_view name, std::int64_t otherwise) {
  const auto* found = find(name);
  if (found == nullptr) return otherwise;
  if (!found->is_number_integer() || found->get<std::int64_t>() < 0) {
    expected(name, "a whole number");
    return otherwise;
  }
  return found->get<std::int64_t>();
}

std::string SettingsReader::text(std::string_view name, std::string otherwise) {
  const auto* found = find(name);
  if (found == nullptr) return otherwise;
  if (!found->is_string()) {
    expected(name, "text");
    return otherwise;
  }
  return found->get<std::string>();
}

std::string SettingsReader::choice(std::string_view name, std::string_view otherwise,
                                   std::initializer_list<std::string_view> choices) {
  const auto* found = find(name);
  if (found == nullptr) return std::string(otherwise);
  if (!found->is_string() ||
      std::find(choices.begin(), choices.end(), found->get_ref<const std::string&>()) == choices.end()) {
    expected(name, fmt::format("one of {}", fmt::join(choices, ", ")));
    return std::string(otherwise);
  }
  return found->get<std::string>();
}

Micros SettingsReader::duration(std::string_view name, Micros otherwise) {
  const auto* found = find(name);
  if (found == nullptr) return otherwise;
  if (found->is_number_integer() && *found == 0) return Micros(0);
  if (found->is_string()) {
    std::string_view text = found->get_ref<const std::string&>();
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (const auto parsed = parse_duration(text)) return negative ? -*parsed : *parsed;
  }
  expected(name, "a duration such as 300ms, 30s or 1h");
  return otherwise;
}

std::vector<std::string> SettingsReader::texts(std::string_view name, std::vector<std::string> otherwise) {
  const auto* found = find(name);
  if (found == nullptr) return otherwise;
  if (found->is_string()) return {found->get<std::string>()};
  if (!found->is_array() ||
      !std::all_of(found->begin(), found->end(), [](const auto& e) { return e.is_string(); })) {
    expected(name, "a list of texts");
    return otherwise;
  }
  return found->get<std::vector<std::string>>();
}

nlohmann::json SettingsReader::object(std::string_view name) {
  const auto* found = find(name);
  if (found == nullptr) return nlohmann::json::object();
  if (!found->is_object()) {
    expected(name, "a mapping");
    return nlohmann::json::object();
  }
  return *found;
}

nlohmann::json SettingsReader::any(std::string_view name, nlohmann::json otherwise) {
  const auto* found = find(name);
  return found == nullptr ? std::move(otherwise) : *found;
}

void SettingsReader::section(std::string_view name, const std::function<void(SettingsReader&)>& read) {
  static const nlohmann::json nothing;
  const auto* found = find(name);
  if (found != nullptr && !found->is_object()) expected(name, "a mapping");
  SettingsReader inner(found != nullptr && found->is_object() ? *found : nothing,
                       path_ + std::string(name) + ".", error_);
  read(inner);
  (void)inner.finish();  // the mistake, if any, is kept in the error that both share
}

Result<void> SettingsReader::finish() {
  if (value_.is_object() && error_.empty()) {
    for (const auto& [name, value] : value_.items()) {
      if (!known_.contains(name)) {
        wrong(name, fmt::format("unknown setting; there are {}", fmt::join(known_, ", ")));
        break;
      }
    }
  }
  if (!error_.empty()) return fail(error_);
  return {};
}

nlohmann::json with_setting(nlohmann::json settings, std::string_view name, nlohmann::json value) {
  nlohmann::json* at = &settings;
  for (const auto part : split(name, '.')) {
    if (!at->is_object()) *at = nlohmann::json::object();
    at = &(*at)[std::string(part)];
  }
  *at = std::move(value);
  return settings;
}

}  // namespace assay::fakes
