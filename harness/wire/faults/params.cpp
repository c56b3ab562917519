#include "harness/wire/faults/params.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "harness/base/strict.h"

namespace assay::wire {

using nlohmann::json;

std::string as_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::uint64_t> parse_size(const json& value) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 40;
  const auto refuse = [&] {
    return fail("expected a size such as 1024 or \"64KiB\", found " + as_text(value));
  };
  if (value.is_number_integer() && value >= 0 && value <= kLimit) return value.get<std::uint64_t>();
  if (!value.is_string()) return refuse();
  const auto& text = value.get_ref<const std::string&>();
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || number > kLimit) return refuse();
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  constexpr std::array<Unit, 4> kUnits{{{"B", 1}, {"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}}};
  for (const Unit& u : kUnits) {
    if (u.name == unit && number <= kLimit / u.bytes) return number * u.bytes;
  }
  return refuse();
}

Params::Params(const json& value, std::string_view shorthand) {
  object_ = json::object();
  if (value.is_object()) {
    object_ = value;
  } else if (!value.is_null()) {
    if (shorthand.empty()) {
      wrong("expected named parameters, found " + as_text(value));
    } else {
      object_[std::string(shorthand)] = value;
    }
  }
}

const json* Params::find(std::string_view key) {
  asked_.emplace(key);
  const auto found = object_.find(std::string(key));
  return found == object_.end() ? nullptr : &*found;
}

void Params::wrong(std::string message) {
  if (!error_) error_ = std::move(message);
}

void Params::expected(std::string_view key, std::string_view what, const json& found) {
  wrong(std::string(key) + ": expected " + std::string(what) + ", found " + as_text(found));
}

bool Params::given(std::string_view key) {
  return find(key) != nullptr;
}

const json* Params::value(std::string_view key) {
  return find(key);
}

std::optional<std::int64_t> Params::integer(std::string_view key) {
  return integer(key, INT64_MIN, INT64_MAX);
}

std::optional<std::int64_t> Params::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  const bool fits = found->is_number_integer() &&
                    (!found->is_number_unsigned() || found->get<std::uint64_t>() <= INT64_MAX);
  if (!fits) {
    expected(key, "an integer", *found);
    return std::nullopt;
  }
  const auto number = found->get<std::int64_t>();
  if (number < least || number > most) {
    expected(key, "an integer from " + std::to_string(least) + " to " + std::to_string(most), *found);
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> Params::size(std::string_view key) {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  auto bytes = parse_size(*found);
  if (bytes) return *bytes;
  wrong(std::string(key) + ": " + bytes.error().message);
  return std::nullopt;
}

std::optional<std::string> Params::text(std::string_view key) {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  expected(key, "a text", *found);
  return std::nullopt;
}

std::optional<std::string> Params::one_of(std::string_view key,
                                          const std::vector<std::string_view>& choices) {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) {
    auto text = found->get<std::string>();
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  }
  std::string list;
  for (const std::string_view choice : choices) {
    if (!list.empty()) list += ", ";
    list += choice;
  }
  expected(key, "one of " + list, *found);
  return std::nullopt;
}

std::optional<Micros> Params::duration(std::string_view key) {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string() && *found != 0) {
    expected(key, "a duration such as \"300ms\"", *found);
    return std::nullopt;
  }
  auto time = found->is_string() ? parse_duration(found->get<std::string>()) : Result<Micros>(Micros(0));
  constexpr auto kMost = std::chrono::days(366);  // so that sums of waits stay far from overflow
  if (time && *time <= kMost) return *time;
  expected(key, "a duration such as \"300ms\", of 366 days at most", *found);
  return std::nullopt;
}

std::optional<bool> Params::boolean(std::string_view key) {
  const json* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_boolean()) return found->get<bool>();
  expected(key, "true or false", *found);
  return std::nullopt;
}

Result<void> Params::finish() {
  for (const auto& [key, ignored] : object_.items()) {
    if (asked_.contains(key)) continue;
    // Said rather than what else is wrong: a misspelt key is the likely cause of a missing one.
    error_ = unknown_word("parameter", key, {asked_.begin(), asked_.end()});
    break;
  }
  if (error_) return fail(*error_, {}, wrong_parameters);
  return {};
}

}  // namespace assay::wire
