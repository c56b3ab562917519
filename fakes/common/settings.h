// Reading the settings of a fake strictly: every name and type is checked, the first mistake is kept with its
// path ("token.lifetime: expected a duration such as 30s, found 5"), and what nobody asked for is a mistake
// too.
#pragma once

#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::fakes {

// Use: read each setting with its default, then finish(). Refers to `value` for its lifetime.
class SettingsReader {
 public:
  // null counts as no settings at all.
  explicit SettingsReader(const nlohmann::json& value) : SettingsReader(value, "", own_error_) {}
  SettingsReader(const SettingsReader&) = delete;
  SettingsReader& operator=(const SettingsReader&) = delete;

  bool has(std::string_view name) const;
  bool flag(std::string_view name, bool otherwise);
  std::int64_t number(std::string_view name, std::int64_t otherwise);  // an integer, 0 or more
  std::string text(std::string_view name, std::string otherwise);
  std::string choice(std::string_view name, std::string_view otherwise,
                     std::initializer_list<std::string_view> choices);
  Micros duration(std::string_view name, Micros otherwise);                                   // "30s", "-2h"
  std::vector<std::string> texts(std::string_view name, std::vector<std::string> otherwise);  // one or a list
  nlohmann::json object(std::string_view name);  // any mapping; {} when absent
  nlohmann::json any(std::string_view name, nlohmann::json otherwise = nullptr);
  // A mapping of settings under `name`; `read` sees an empty one when it is absent.
  void section(std::string_view name, const std::function<void(SettingsReader&)>& read);
  // Records a mistake of the caller's own finding, unless there is one already.
  void wrong(std::string_view name, const std::string& message);

  // The first mistake, unknown settings included.
  Result<void> finish();

 private:
  SettingsReader(const nlohmann::json& value, std::string path, std::string& error);
  const nlohmann::json* find(std::string_view name);
  void expected(std::string_view name, std::string_view what);

  const nlohmann::json& value_;
  std::string path_;  // "" or "token."
  std::string own_error_;
  std::string& error_;
  std::set<std::string, std::less<>> known_;
};

// `settings` with one changed; `name` may be a path with dots ("token.lifetime").
nlohmann::json with_setting(nlohmann::json settings, std::string_view name, nlohmann::json value);

}  // namespace assay::fakes
