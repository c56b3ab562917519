// Reading the settings of a fake strictly: harness/base/strict.h with the types that settings have. The first
// mistake is kept; what nobody asked for is a mistake too.
#pragma once

#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/strict.h"
#include "harness/base/time.h"

namespace assay::fakes {

// Use: read each setting with its default, then finish(). Not thread-safe, not copyable.
class SettingsReader {
 public:
  // null counts as no settings at all.
  explicit SettingsReader(const nlohmann::json& value);
  SettingsReader(const SettingsReader&) = delete;
  SettingsReader& operator=(const SettingsReader&) = delete;

  bool has(std::string_view name) const { return reader_.has(name); }
  std::vector<std::string> names() const { return reader_.keys(); }
  bool flag(std::string_view name, bool otherwise) { return reader_.optional<bool>(name, otherwise); }
  std::int64_t number(std::string_view name, std::int64_t otherwise);  // 0 or more
  std::string text(std::string_view name, std::string otherwise) {
    return reader_.optional(name, std::move(otherwise));
  }
  std::string choice(std::string_view name, std::string_view otherwise,
                     std::initializer_list<std::string_view> choices);
  Micros duration(std::string_view name, Micros otherwise);  // "30s", 0; "-2h" too
  std::vector<std::string> texts(std::string_view name, std::vector<std::string> otherwise);  // one or a list
  nlohmann::json object(std::string_view name);  // any map; {} when absent
  nlohmann::json any(std::string_view name);     // null when absent
  // A map of settings under `name`; `read` sees an empty one when it is absent.
  void section(std::string_view name, const std::function<void(SettingsReader&)>& read);
  // Records a mistake of the caller's own finding.
  void wrong(std::string_view name, std::string message) { reader_.problem(name, std::move(message)); }

  // The first mistake, unknown settings included.
  Result<void> finish();

 private:
  SettingsReader(SettingsReader& parent, std::string_view section);

  Document document_;  // of the outermost reader
  std::vector<Error> own_problems_;
  std::vector<Error>& problems_;
  ObjectReader reader_;
};

// `settings` with one changed; `name` may be a path with dots ("token.lifetime").
nlohmann::json with_setting(nlohmann::json settings, std::string_view name, nlohmann::json value);

}  // namespace assay::fakes
