// Params: the strict reader of a fault's parameters. The first thing that is wrong is kept and reported by
// finish(); a fault asks for all its keys, then calls finish() and only then acts.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay::wire {

// JSON on one line, for messages; what is not UTF-8 becomes U+FFFD.
std::string as_text(const nlohmann::json& value);

// Bytes as people write them: 1024, "64KiB", "50MiB", "1500B". Errors name what was found.
Result<std::uint64_t> parse_size(const nlohmann::json& value);

class Params {
 public:
  // `value` as a case file gives it: null, an object, or a bare scalar or list that stands for {shorthand:
  // value}. With an empty shorthand a bare value is an error. `value` must outlive this.
  Params(const nlohmann::json& value, std::string_view shorthand);

  bool given(std::string_view key);
  // Each returns nullopt when the key is absent, and also when its value is wrong (finish() then says so).
  std::optional<std::int64_t> integer(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<std::uint64_t> size(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> one_of(std::string_view key, const std::vector<std::string_view>& choices);
  std::optional<Micros> duration(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  // Any JSON value; null when absent.
  const nlohmann::json* value(std::string_view key);

  // Keeps `message` unless something was wrong before.
  void wrong(std::string message);
  // What was wrong first; a key that nobody asked for counts. The error's line is wrong_parameters: that of
  // no file, it tells such errors from those about what the fault was to change.
  static constexpr int wrong_parameters = -1;
  Result<void> finish();

 private:
  const nlohmann::json* find(std::string_view key);
  void expected(std::string_view key, std::string_view what, const nlohmann::json& found);

  nlohmann::json object_;
  std::set<std::string, std::less<>> asked_;
  std::optional<std::string> error_;
};

}  // namespace assay::wire
