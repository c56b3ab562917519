#include "conformance/runner/case/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "conformance/runner/case/account.h"
#include "conformance/runner/case/capabilities.h"
#include "conformance/runner/case/topic_of.h"
#include "harness/base/names.h"
#include "harness/stream/turn.h"
#include "reports/record/topic.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

json object_at(ObjectReader& map, std::string_view key) {
  if (!map.has(key)) return json::object();
  return map.object(key).value();
}

// What `kind` of a credential demands beside it.
json read_credential(ObjectReader& owner) {
  auto map = owner.maybe_object("credential");
  if (!map) return json::object();
  struct Kind {
    const char* name;
    std::vector<std::string> parts;
  };
  const Kind kinds[] = {{"api_key", {"key"}}, {"bearer", {"token"}}, {"aws", {"id", "secret", "region"}}};
  const Kind& kind = kinds[map->choice("kind", {"api_key", "bearer", "aws"}, 0)];
  json out = {{"kind", kind.name}};
  for (const std::string& part : kind.parts) out[part] = map->required<std::string>(part);
  map->done();
  return out;
}

void add_label(std::set<std::string>& labels, const Operation& operation) {
  if (!operation.label.empty()) labels.insert(operation.label);
}

std::set<std::string> labels_of(const std::vector<Step>& steps) {
  std::set<std::string> labels;
  for (const Step& step : steps) {
    if (const auto* one = std::get_if<Step::Do>(&step.action)) add_label(labels, one->operation);
    if (const auto* one = std::get_if<Step::Start>(&step.action)) add_label(labels, one->operation);
    if (const auto* one = std::get_if<Step::Repeat>(&step.action)) add_label(labels, one->operation);
    if (const auto* all = std::get_if<Step::Parallel>(&step.action)) {
      for (const Operation& operation : all->operations) add_label(labels, operation);
    }
  }
  return labels;
}

// A check on a label that no step gives would always fail, or with `never` always hold.
void check_labels(ObjectReader& map, const std::vector<Predicate>& predicates,
                  const std::set<std::string>& labels) {
  for (const Predicate& p : predicates) {
    if (p.kind == Predicate::Kind::result && !labels.contains(p.subject)) {
      map.problem("expect", unknown_word("step label", p.subject, {labels.begin(), labels.end()}));
    }
    for (const auto& choice : p.choices) check_labels(map, choice, labels);
  }
}

// What `given:` says is there before the client starts. Files stay in the client's home.
void check_given(ObjectReader& map) {
  if (!map.has("given")) return;
  ObjectReader given = map.object("given");
  (void)given.raw("store");
  if (const auto mode = given.maybe<std::string>("store_mode");
      mode && (mode->empty() || mode->size() > 4 || mode->find_first_not_of("01234567") != std::string::npos))
    given.problem("store_mode", "expected an octal mode such as \"600\", found \"" + *mode + "\"");
  if (auto files = given.maybe_object("files")) {
    for (const std::string& path : files->keys()) {
      (void)files->required<std::string>(path);
      if (!stays_below(path))
        files->problem(path, "expected a path below the client's home, found \"" + path + "\"");
    }
  }
  if (auto env = given.maybe_object("env")) {
    for (const std::string& name : env->keys()) {
      (void)env->required<std::string>(name);
      if (!is_variable_name(name))
        env->problem(name, "expected the name of an environment variable, without = and NUL");
    }
  }
  given.done();
}

void check_actors(ObjectReader& map) {
  if (!map.has("actors")) return;
  ObjectReader actors = map.object("actors");
  for (const std::string& name : actors.keys()) {
    const json& settings = *actors.raw(name);
    const std::string home = settings.is_object() ? settings.value("home", name) : name;
    if (!stays_below(home)) actors.problem(name, "expected a name that is a folder, found \"" + home + "\"");
  }
}

constexpr std::string_view kKinds[] = {"sdk", "program", "gateway"};

// `level: must`, or `level: {program: must, sdk: should}`. What has no level of its own has the strictest.
void read_level(ObjectReader& map, Case& out) {
  const json* raw = map.raw("level");
  if (raw == nullptr || !raw->is_object()) {
    out.level = static_cast<Level>(map.choice("level", {"must", "should", "may"}, 0));
    return;
  }
  ObjectReader kinds = map.object("level");
  out.level = Level::may;
  for (const std::string& kind : kinds.keys()) {
    if (std::find(std::begin(kKinds), std::end(kKinds), kind) == std::end(kKinds))
      kinds.problem(kind, unknown_word("kind of client", kind, {std::begin(kKinds), std::end(kKinds)}));
    const auto level = static_cast<Level>(kinds.choice(kind, {"must", "should", "may"}, 0));
    out.level_of_kind[kind] = level;
    out.level = std::min(out.level, level);
  }
  if (out.level_of_kind.empty()) map.problem("level", "expected a level, or levels by kind of client");
}

// `protocols: wire`, or a list of names.
CaseProtocols read_protocols(ObjectReader& map) {
  CaseProtocols out;
  const json* raw = map.raw("protocols");
  if (raw == nullptr || raw->is_null()) return out;
  if (raw->is_string()) {
    out.wire = *raw == "wire";
    if (!out.wire) map.problem("protocols", "expected wire, or a list of protocols");
    return out;
  }
  std::vector<std::string> known;
  for (const stream::Protocol one : stream::all_protocols) known.emplace_back(stream::protocol_name(one));
  out.wire = true;
  out.named = map.required<std::vector<std::string>>("protocols");
  for (const std::string& name : out.named) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      map.problem("protocols", unknown_word("protocol", name, known));
  }
  if (out.named.empty()) map.problem("protocols", "expected at least one protocol");
  return out;
}

}  // namespace

Level level_for(const Case& one, const std::string& kind) {
  const auto found = one.level_of_kind.find(kind);
  return found == one.level_of_kind.end() ? one.level : found->second;
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::must:
      return "must";
    case Level::should:
      return "should";
    case Level::may:
      return "may";
  }
  return "must";
}

Result<Case> parse_case(const Document& document, const std::string& suite, const std::string& id) {
  std::vector<Error> problems;
  ObjectReader map(document, problems);
  Case out;
  out.id = id;
  out.suite = suite;
  out.file = document.file;
  out.line = document.line("");
  out.source = document.value;
  out.question = suite + "/" + map.required<std::string>("id");
  out.title = map.required<std::string>("title");
  out.requirement = map.optional<std::string>("requirement", out.title);
  read_level(map, out);
  out.protocols = read_protocols(map);
  out.role = map.optional<std::string>("role", "provider");
  out.seen_in = map.optional<std::vector<std::string>>("seen_in");
  out.needs = map.optional<std::vector<std::string>>("requires");
  if (auto known = known_capabilities(out.needs); !known) map.problem("requires", known.error().message);
  out.flows = map.optional<std::vector<std::string>>("flows");
  for (const std::string& flow : out.flows) {
    const auto& known = login_flows();
    if (std::find(known.begin(), known.end(), flow) == known.end())
      map.problem("flows", unknown_word("flow", flow, known));
  }
  out.features = map.optional<std::vector<std::string>>("features");
  out.machine = read_machine(map);
  out.waits = map.optional<bool>("waits", false);
  out.profile = map.optional<std::string>("profile");
  if (!out.profile.empty() && out.profile != "strict" && out.profile != "lenient") {
    map.problem("profile", unknown_word("profile", out.profile, {"strict", "lenient"}));
  }
  const json axis_values = object_at(map, "axis_values");
  for (const auto& [axis, value] : axis_values.items()) out.axes[axis] = value.get<std::string>();
  out.world = object_at(map, "world");
  out.browser = object_at(map, "browser");
  out.credential = read_credential(map);
  check_given(map);
  check_actors(map);
  out.given = object_at(map, "given");
  // Whoever keeps no auth.json cannot be asked what becomes of one.
  if (out.given.contains("store") &&
      std::find(out.needs.begin(), out.needs.end(), "store") == out.needs.end())
    out.needs.emplace_back("store");
  out.actors = object_at(map, "actors");
  out.steps = parse_steps(map, "do");
  out.met = parse_met(map, out.steps);
  out.free_needs = parse_needs(map);
  out.checks = parse_checks(map, "expect");
  const auto labels = labels_of(out.steps);
  for (const Check& check : out.checks) check_labels(map, check.predicates, labels);
  if (const json* sets = map.raw("observed_by"))
    out.observed_by = sets->get<std::vector<std::vector<std::string>>>();
  const json proven_by = object_at(map, "proven_by");
  for (const auto& [mutant, check] : proven_by.items()) {
    if (check.is_null()) continue;
    const auto named = std::find_if(out.checks.begin(), out.checks.end(),
                                    [&, &name = check](const Check& c) { return name == c.name; });
    if (named == out.checks.end())
      map.problem("proven_by", fmt::format("mutant {} proves the check {}, which this case does not have",
                                           mutant, check.dump()));
    out.proven_by[mutant] = check.is_string() ? check.get<std::string>() : check.dump();
  }
  out.topic = map.optional<std::string>("topic", topic_of(out.proven_by));
  if (map.raw("topic") != nullptr && find_topic(out.topic) == nullptr)
    map.problem("topic", unknown_word("topic", out.topic, topic_names()));
  map.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

}  // namespace assay::conformance
