#include "conformance/runner/case/step.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/stream/turn.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

const std::vector<std::string> kOperations = {"login",  "refresh", "status", "logout",
                                              "models", "chat",    "resume", "tool_results"};
// What an operation may carry besides as, actor, deadline and provider: fields of the adapter protocol
// (docs/adapter-protocol.md).
const std::vector<std::string> kFields = {
    "flow",     "key",       "callback_wait_ms", "read_wait_ms", "manual",   "poll_scale",
    "refresh",  "providers", "session",          "protocol",     "base_url", "model",
    "messages", "tools",     "tool_mode",        "stop",         "params",   "stream",
    "limits",   "results",   "credential",       "pipes",        "frames"};

std::vector<std::string> protocol_names() {
  std::vector<std::string> out;
  for (const stream::Protocol protocol : stream::all_protocols) out.emplace_back(protocol_name(protocol));
  return out;
}

bool is_operation(std::string_view word) {
  return std::find(kOperations.begin(), kOperations.end(), word) != kOperations.end();
}

// Reads the members of one operation from a reader that stands on its map.
Operation read_operation(const std::string& op, ObjectReader map) {
  Operation out;
  out.op = op;
  out.label = map.optional<std::string>("as");
  out.actor = map.optional<std::string>("actor");
  out.deadline = map.optional<Micros>("deadline", Micros(0));
  out.provider = map.optional<std::string>("provider");
  for (const std::string& field : kFields) {
    if (const json* value = map.raw(field)) out.fields[field] = *value;
  }
  // A reference is known only when the case runs.
  if (const auto protocol = map.maybe<std::string>("protocol");
      protocol && protocol->find("${") == std::string::npos && !stream::protocol_from_name(*protocol))
    map.problem("protocol", unknown_word("protocol", *protocol, protocol_names()));
  map.done();
  return out;
}

// `{chat: {as: C}}` under `key` of `owner`.
std::optional<Operation> operation_at(ObjectReader& owner, std::string_view key) {
  ObjectReader map = owner.object(key);
  const auto keys = map.keys();
  if (keys.size() != 1 || !is_operation(keys.front())) {
    owner.problem(key,
                  fmt::format("expected one operation ({}) under \"{}\"", fmt::join(kOperations, ", "), key));
    return std::nullopt;
  }
  return read_operation(keys.front(), map.object(keys.front()));
}

class StepReader {
 public:
  StepReader(ObjectReader& owner, std::vector<Step>& out) : owner_(owner), out_(out) {}

  // One list entry: a map whose first verb names the step. Several verbs in one map are read in the order
  // given here.
  void read(ObjectReader map) {
    const std::size_t before = out_.size();
    for (const std::string& key : map.keys()) {
      if (is_operation(key)) {
        Operation operation = read_operation(key, map.object(key));
        std::string text = fmt::format("{}{}{}", key, operation.label.empty() ? "" : " as ", operation.label);
        add(std::move(text), Step::Do{std::move(operation)});
      }
    }
    if (map.has("start")) {
      if (auto operation = operation_at(map, "start")) {
        add("start " + operation->op + " as " + operation->label, Step::Start{*operation});
        if (operation->label.empty()) map.problem("start", "expected `as:` on an operation that is started");
      }
    }
    if (map.has("join")) add_named<Step::Join>(map, "join");
    if (map.has("cancel")) {
      auto label = map.required<std::string>("cancel");
      add("cancel " + label, Step::Cancel{label, false});
    }
    if (map.has("terminate")) {
      auto label = map.required<std::string>("terminate");
      add("terminate " + label, Step::Cancel{label, true});
    }
    if (map.has("restart")) add_named<Step::Restart>(map, "restart");
    if (map.has("kill")) add_named<Step::Kill>(map, "kill");
    if (map.has("release")) add_named<Step::Release>(map, "release");
    if (map.has("await")) await(map.object("await"));
    if (map.has("answer")) answer(map.object("answer"));
    if (map.has("parallel")) parallel(map.object("parallel"));
    if (map.has("repeat")) repeat(map.object("repeat"));
    if (map.has("set")) set(map.object("set"));
    if (map.has("browser")) visit(map.object("browser"));
    if (map.has("clock")) clock(map);
    map.done();
    if (out_.size() != before + 1) map.problem("", "expected exactly one thing to do in a step");
  }

 private:
  void add(std::string text, Step::Action action) { out_.push_back({std::move(action), std::move(text)}); }

  template <typename T>
  void add_named(ObjectReader& map, std::string_view key) {
    auto name = map.required<std::string>(key);
    // "client" is the only actor of most cases.
    std::string text = fmt::format("{} {}", key, name);
    if constexpr (std::is_same_v<T, Step::Restart> || std::is_same_v<T, Step::Kill>) {
      if (name == "client") name.clear();
    }
    add(std::move(text), T{std::move(name)});
  }

  void await(ObjectReader map) {
    Step::Await step;
    for (const char* kind : {"prompt", "event", "journal", "ended"}) {
      if (!map.has(kind)) continue;
      step.kind = kind;
      step.what = map.required<std::string>(kind);
    }
    if (step.kind.empty()) map.problem("", "expected prompt, event, journal or ended to await");
    step.label = map.optional<std::string>("of");
    step.count = map.optional<std::uint64_t>("count", 1);
    step.deadline = map.optional<Micros>("deadline", Micros(0));
    map.done();
    const std::string text = fmt::format("await {} {}", step.kind, step.what);
    add(text, std::move(step));
  }

  void answer(ObjectReader map) {
    Step::Answer step;
    step.prompt = map.required<std::string>("prompt");
    const json* text = map.raw("with");
    if (text == nullptr || !(text->is_string() || text->is_null()))
      map.problem("with", "expected a text, or null to close the prompt");
    if (text != nullptr) step.text = *text;
    step.label = map.optional<std::string>("of");
    map.done();
    std::string line = "answer " + step.prompt;
    add(std::move(line), std::move(step));
  }

  void parallel(ObjectReader map) {
    Step::Parallel step;
    if (map.has("each")) {
      step.actors = map.required<std::vector<std::string>>("each");
      if (auto operation = operation_at(map, "do")) {
        for (const std::string& actor : step.actors) {
          step.operations.push_back(*operation);
          step.operations.back().actor = actor;
        }
      }
    } else {
      const auto times = map.optional<std::uint64_t>("times", 2);
      if (auto operation = operation_at(map, "do")) step.operations.assign(times, *operation);
    }
    map.done();
    add("in parallel", std::move(step));
  }

  void repeat(ObjectReader map) {
    Step::Repeat step;
    step.times = map.required<std::uint64_t>("times");
    if (auto operation = operation_at(map, "do")) step.operation = *operation;
    map.done();
    std::string text = fmt::format("{} times {}", step.times, step.operation.op);
    add(std::move(text), std::move(step));
  }

  void set(ObjectReader map) {
    Step::Set step;
    for (const std::string& key : map.keys()) {
      if (key.find('.') == std::string::npos)
        map.problem(key, "expected fake.setting, as in inference.models");
      step.values.emplace_back(key, *map.raw(key));
    }
    map.done();
    add("set " + (step.values.empty() ? "" : step.values.front().first), std::move(step));
  }

  void visit(ObjectReader map) {
    Step::Visit step;
    step.url = map.optional<std::string>("url");
    step.plan = map.value();
    step.plan.erase("url");
    for (const std::string& key : map.keys()) map.raw(key);  // the browser's own reader judges the plan
    add("the browser visits", std::move(step));
  }

  void clock(ObjectReader& map) {
    auto text = map.required<std::string>("clock");
    const auto advance = parse_duration(text.starts_with('+') ? text.substr(1) : text);
    if (!text.starts_with('+') || !advance) {
      map.problem("clock", "expected how far the clock goes on, as in +30d");
      return;
    }
    add("clock " + text, Step::ClockStep{*advance});
  }

  ObjectReader& owner_;
  std::vector<Step>& out_;
};

}  // namespace

std::vector<Step> parse_steps(ObjectReader& owner, std::string_view key) {
  std::vector<Step> out;
  StepReader reader(owner, out);
  auto maps = owner.objects(key);
  for (ObjectReader& map : maps) reader.read(map);
  if (maps.empty()) owner.problem(key, fmt::format("expected a list of steps under \"{}\"", key));
  return out;
}

}  // namespace assay::conformance
