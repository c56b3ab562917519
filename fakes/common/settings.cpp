#include "fakes/common/settings.h"

#include "harness/base/text.h"

namespace assay::fakes {
namespace {

nlohmann::json or_empty(const nlohmann::json* value) {
  return value == nullptr || value->is_null() ? nlohmann::json::object() : *value;
}

}  // namespace

SettingsReader::SettingsReader(const nlohmann::json& value)
    : document_{or_empty(&value), {}, {}}, problems_(own_problems_), reader_(document_, problems_) {}

SettingsReader::SettingsReader(SettingsReader& parent, std::string_view section)
    : document_{or_empty(parent.reader_.raw(section)), {}, {}},
      problems_(parent.problems_),
      reader_(document_, problems_) {}

std::int64_t SettingsReader::number(std::string_view name, std::int64_t otherwise) {
  const auto found = reader_.optional<std::int64_t>(name, otherwise);
  if (found < 0) wrong(name, "'" + std::string(name) + "' must be 0 or more");
  return found;
}

std::string SettingsReader::choice(std::string_view name, std::string_view otherwise,
                                   std::initializer_list<std::string_view> choices) {
  if (!has(name)) {
    (void)reader_.raw(name);  // known, though absent
    return std::string(otherwise);
  }
  return std::string(*(choices.begin() + reader_.choice(name, choices, 0)));
}

Micros SettingsReader::duration(std::string_view name, Micros otherwise) {
  const auto* found = reader_.raw(name);
  if (found != nullptr && found->is_string() && found->get_ref<const std::string&>().starts_with('-')) {
    if (const auto parsed = parse_duration(found->get_ref<const std::string&>().substr(1))) return -*parsed;
  }
  return reader_.optional<Micros>(name, otherwise);
}

std::vector<std::string> SettingsReader::texts(std::string_view name, std::vector<std::string> otherwise) {
  const auto* found = reader_.raw(name);
  if (found != nullptr && found->is_string()) return {found->get<std::string>()};
  return reader_.optional(name, std::move(otherwise));
}

nlohmann::json SettingsReader::object(std::string_view name) {
  auto found = or_empty(reader_.raw(name));
  if (found.is_object()) return found;
  wrong(name, "'" + std::string(name) + "' must be a map, found " + std::string(kind_of(found)));
  return nlohmann::json::object();
}

nlohmann::json SettingsReader::any(std::string_view name) {
  const auto* found = reader_.raw(name);
  return found == nullptr ? nlohmann::json() : *found;
}

void SettingsReader::section(std::string_view name, const std::function<void(SettingsReader&)>& read) {
  const auto before = problems_.size();
  SettingsReader inner(*this, name);
  read(inner);
  inner.reader_.done();
  for (auto i = before; i < problems_.size(); ++i) problems_[i].message.insert(0, std::string(name) + ": ");
}

Result<void> SettingsReader::finish() {
  reader_.done();
  return first_problem(problems_);
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
