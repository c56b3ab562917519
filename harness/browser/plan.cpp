#include "harness/browser/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/strict.h"

namespace assay::browser {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMost = 1000;  // copies, logins, repetitions, bytes

// By Extra::Kind; get, head and wait take a parameter and are read apart.
const std::vector<std::string>& extra_names() {
  static const std::vector<std::string> names = {"get",
                                                 "head",
                                                 "favicon",
                                                 "preflight",
                                                 "bare-callback",
                                                 "empty-callback",
                                                 "no-state",
                                                 "stale-state",
                                                 "denied",
                                                 "stale-denied",
                                                 "duplicate",
                                                 "closed-connection",
                                                 "reset-connection",
                                                 "idle-connection",
                                                 "tls-hello",
                                                 "wait"};
  return names;
}

void read_count(ObjectReader& in, std::string_view key, std::uint64_t& out) {
  const auto number = in.maybe<std::uint64_t>(key);
  if (!number) return;
  if (*number < 1 || *number > kMost)
    return in.problem(key, fmt::format("'{}' must be from 1 to {}, found {}", key, kMost, *number));
  out = *number;
}

// "favicon", {get: /path}, {wait: 300ms}, {reset-connection: 3}
void read_extra(ObjectReader& list, std::string_view key, const json& value, std::vector<Extra>& out) {
  const bool map = value.is_object() && value.size() == 1;
  if (!map && !value.is_string()) {
    return list.problem(
        key, fmt::format("'{}' must list words and maps of one key, found {}", key, kind_of(value)));
  }
  const std::string name = map ? value.begin().key() : value.get<std::string>();
  const auto& names = extra_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return list.problem(key, unknown_word("extra", name, names));
  Extra extra{static_cast<Extra::Kind>(found - names.begin()), {}, Micros(0)};
  const auto wrong = [&](std::string_view what) {
    list.problem(key, fmt::format("'{}' in '{}' takes {}", name, key, what));
  };
  const json parameter = map ? *value.begin() : json();
  switch (extra.kind) {
    case Extra::Kind::get:
    case Extra::Kind::head:
      if (!parameter.is_string() || !parameter.get<std::string>().starts_with('/'))
        return wrong("a path that begins with /");
      extra.path = parameter.get<std::string>();
      break;
    case Extra::Kind::wait:
      if (const char* expected = ValueReader{}(parameter, extra.delay)) return wrong(expected);
      break;
    default: {
      std::uint64_t times = 1;
      if (map && (ValueReader{}(parameter, times) != nullptr || times < 1 || times > kMost))
        return wrong("a number from 1 to 1000");
      out.insert(out.end(), times - 1, extra);
    }
  }
  out.push_back(std::move(extra));
}

void read_extras(ObjectReader& in, std::string_view key, std::vector<Extra>& out) {
  const json* list = in.raw(key);
  if (list == nullptr) return;
  if (!list->is_array())
    return in.problem(key, fmt::format("'{}' must be a list, found {}", key, kind_of(*list)));
  for (const json& value : *list) read_extra(in, key, value, out);
}

}  // namespace

Result<Plan> read_plan(const json& map) {
  Plan plan;
  if (map.is_null()) return plan;
  const Document document{map, {}, {}};
  std::vector<Error> problems;
  ObjectReader in(document, problems);
  plan.approve = in.optional("approve", plan.approve);
  plan.deliver = static_cast<Deliver>(in.choice("deliver", {"navigate", "fetch", "fetch-post", "none"}, 0));
  plan.address = static_cast<Address>(in.choice("address", {"by-host", "ipv4", "ipv6", "ipv6-then-ipv4"}, 0));
  plan.https_only = in.optional("https_only", plan.https_only);
  plan.send_after = in.optional("send_after", plan.send_after);
  if (const json* split = in.raw("split"); split != nullptr && split->is_object()) {
    ObjectReader inner = in.object("split");
    inner.required<std::uint64_t>("bytes");
    read_count(inner, "bytes", plan.split_bytes);
    plan.split_pause = inner.optional("pause", plan.split_pause);
    inner.done();
  } else {
    read_count(in, "split", plan.split_bytes);
  }
  plan.half_close = in.optional("half_close", plan.half_close);
  plan.late_fin = in.optional("late_fin", plan.late_fin);
  read_count(in, "copies", plan.copies);
  read_count(in, "logins", plan.logins);
  plan.user_code = in.optional("user_code", plan.user_code);
  read_extras(in, "first", plan.first);
  read_extras(in, "then", plan.then);
  plan.answer_deadline = in.optional("answer_deadline", plan.answer_deadline);
  plan.deadline = in.optional("deadline", plan.deadline);
  in.done();
  if (auto good = first_problem(problems); !good) return fail("browser: " + good.error().message);
  return plan;
}

Plan in_machine_time(Plan plan, const Clock& clock) {
  for (Micros* time :
       {&plan.send_after, &plan.split_pause, &plan.late_fin, &plan.answer_deadline, &plan.deadline}) {
    *time = clock.machine_time(*time);
  }
  for (auto* extras : {&plan.first, &plan.then}) {
    for (Extra& extra : *extras) extra.delay = clock.machine_time(extra.delay);
  }
  return plan;
}

}  // namespace assay::browser
