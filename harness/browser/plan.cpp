#include "harness/browser/plan.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace assay::browser {
namespace {

using nlohmann::json;

template <typename Value, std::size_t N>
using Names = std::array<std::pair<std::string_view, Value>, N>;

constexpr Names<Extra::Kind, 13> kExtras = {{{"favicon", Extra::Kind::favicon},
                                             {"preflight", Extra::Kind::preflight},
                                             {"bare-callback", Extra::Kind::bare_callback},
                                             {"empty-callback", Extra::Kind::empty_callback},
                                             {"no-state", Extra::Kind::no_state},
                                             {"stale-state", Extra::Kind::stale_state},
                                             {"denied", Extra::Kind::denied},
                                             {"stale-denied", Extra::Kind::stale_denied},
                                             {"duplicate", Extra::Kind::duplicate},
                                             {"closed-connection", Extra::Kind::closed_connection},
                                             {"reset-connection", Extra::Kind::reset_connection},
                                             {"idle-connection", Extra::Kind::idle_connection},
                                             {"tls-hello", Extra::Kind::tls_hello}}};
constexpr Names<Deliver, 4> kDeliveries = {{{"navigate", Deliver::navigate},
                                            {"fetch", Deliver::fetch},
                                            {"fetch-post", Deliver::fetch_post},
                                            {"none", Deliver::none}}};
constexpr Names<Address, 4> kAddresses = {{{"by-host", Address::by_host},
                                           {"ipv4", Address::ipv4},
                                           {"ipv6", Address::ipv6},
                                           {"ipv6-then-ipv4", Address::ipv6_then_ipv4}}};
constexpr int kMost = 1000;  // copies, logins, repetitions

// Reads one key after another; the first thing that is wrong stays.
class Reader {
 public:
  Reader(const json& map, std::string where) : map_(map), where_(std::move(where)) {
    if (!map.is_object()) wrong("", "a map", map);
  }

  void read(std::string_view key, bool& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(key, "true or false", *value);
    out = value->get<bool>();
  }
  template <typename Number>
  void read_count(std::string_view key, Number& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer() || *value < 1 || *value > kMost) {
      return wrong(key, "a number from 1 to 1000", *value);
    }
    out = value->get<Number>();
  }
  void read(std::string_view key, Micros& out) {
    const json* value = find(key);
    if (value == nullptr) return;
    const auto duration = value->is_string() ? parse_duration(value->get<std::string>()) : fail("");
    if (!duration) return wrong(key, "a duration such as 300ms", *value);
    out = *duration;
  }
  template <typename Value, std::size_t N>
  void read(std::string_view key, Value& out, const Names<Value, N>& names) {
    if (const json* value = find(key)) out = named(key, *value, names).value_or(out);
  }
  void read_split(Plan& plan) {
    const json* value = find("split");
    if (value == nullptr) return;
    if (!value->is_object()) return read_count("split", plan.split_bytes);
    Reader inner(*value, where_ + ".split");
    inner.read_count("bytes", plan.split_bytes);
    inner.read("pause", plan.split_pause);
    if (plan.split_bytes == 0) inner.wrong("bytes", "a number from 1 to 1000", json());
    take(inner.done());
  }
  void read_extras(std::string_view key, std::vector<Extra>& out) {
    const json* list = find(key);
    if (list == nullptr) return;
    if (!list->is_array()) return wrong(key, "a list", *list);
    for (std::size_t i = 0; i < list->size(); ++i) read_extra(fmt::format("{}[{}]", key, i), (*list)[i], out);
  }
  // After all reads: unknown keys are errors too.
  Result<void> done() {
    if (error_.message.empty() && map_.is_object()) {
      for (const auto& [key, value] : map_.items()) {
        if (!known_.contains(key)) error_.message = fmt::format("{}: unknown key \"{}\"", where_, key);
      }
    }
    if (error_.message.empty()) return {};
    return tl::unexpected(error_);
  }

 private:
  const json* find(std::string_view key) {
    known_[std::string(key)] = true;
    if (!map_.is_object()) return nullptr;
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &*found;
  }
  void wrong(std::string_view key, std::string_view expected, const json& found) {
    if (!error_.message.empty()) return;
    error_.message =
        fmt::format("{}{}{}: expected {}, found {}", where_, key.empty() ? "" : ".", key, expected,
                    found.is_null() ? "nothing" : found.dump(-1, ' ', false, json::error_handler_t::replace));
  }
  void take(const Result<void>& result) {
    if (!result && error_.message.empty()) error_ = result.error();
  }
  template <typename Value, std::size_t N>
  std::optional<Value> named(std::string_view key, const json& value, const Names<Value, N>& names) {
    std::string all;
    for (const auto& [name, meaning] : names) {
      if (value == name) return meaning;
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    wrong(key, "one of " + all, value);
    return std::nullopt;
  }
  void read_extra(const std::string& key, const json& value, std::vector<Extra>& out) {
    if (!value.is_object() || value.size() != 1) {
      if (const auto kind = named(key, value, kExtras)) out.push_back({*kind, {}, Micros(0)});
      return;
    }
    const std::string name = value.begin().key();
    const json& parameter = *value.begin();
    if (name == "get" || name == "head") {
      if (!parameter.is_string() || !parameter.get<std::string>().starts_with('/')) {
        return wrong(key, "a path that begins with /", parameter);
      }
      out.push_back(
          {name == "get" ? Extra::Kind::get : Extra::Kind::head, parameter.get<std::string>(), Micros(0)});
    } else if (name == "wait") {
      Extra wait{Extra::Kind::wait, {}, Micros(0)};
      Reader inner(value, where_ + "." + key);
      inner.read("wait", wait.delay);
      take(inner.done());
      out.push_back(wait);
    } else if (const auto kind = named(key, json(name), kExtras)) {
      unsigned times = 1;
      Reader inner(value, where_ + "." + key);
      inner.read_count(name, times);
      take(inner.done());
      out.insert(out.end(), times, {*kind, {}, Micros(0)});
    }
  }

  const json& map_;
  const std::string where_;
  std::map<std::string, bool> known_;
  Error error_;
};

}  // namespace

Result<Plan> read_plan(const json& map) {
  Plan plan;
  if (map.is_null()) return plan;
  Reader reader(map, "browser");
  reader.read("approve", plan.approve);
  reader.read("deliver", plan.deliver, kDeliveries);
  reader.read("address", plan.address, kAddresses);
  reader.read("https_only", plan.https_only);
  reader.read("send_after", plan.send_after);
  reader.read_split(plan);
  reader.read("half_close", plan.half_close);
  reader.read("late_fin", plan.late_fin);
  reader.read_count("copies", plan.copies);
  reader.read_count("logins", plan.logins);
  reader.read_extras("first", plan.first);
  reader.read_extras("then", plan.then);
  reader.read("answer_deadline", plan.answer_deadline);
  reader.read("deadline", plan.deadline);
  if (auto checked = reader.done(); !checked) return tl::unexpected(checked.error());
  return plan;
}

}  // namespace assay::browser
