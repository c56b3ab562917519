#include "conformance/runner/judge/check.h"

#include <fmt/format.h>

#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using Kind = Predicate::Kind;

// Every leaf of a demand must be a readable condition, so that a typo fails when the file is read, not when
// the case runs.
void need_condition(ObjectReader& map, std::string_view key, const json& value) {
  if (auto parsed = parse_condition(value); !parsed) map.problem(key, parsed.error().message);
}

void shape_of_result(ObjectReader map) {
  for (const std::string& key : map.keys()) {
    const json& value = *map.raw(key);
    if (key == "within") {
      if (map.optional<Micros>(key) == Micros(0)) map.problem(key, "expected a duration above 0");
    } else if (key == "error") {
      if (!value.is_object()) {
        need_condition(map, key, value);
        continue;
      }
      ObjectReader error = map.object(key);
      for (const std::string& field : error.keys()) {
        const json& test = *error.raw(field);
        if (field != "category" && field != "mentions") need_condition(error, field, test);
      }
    } else if (key == "events") {
      ObjectReader events = map.object(key);
      for (const std::string& kind : events.keys()) need_condition(events, kind, *events.raw(kind));
    } else if (key != "text" && key != "ids" && key != "contains" && key != "executed" &&
               key != "tool_calls") {
      need_condition(map, key, value);
    }
  }
}

void shape_of_journal(ObjectReader& owner, std::string_view key) {
  const json& value = *owner.raw(key);
  if (value.is_array()) {
    for (const json& line : value) {
      if (!line.is_string())
        owner.problem(key, "expected lines such as \"auth-station GET /login\" in a journal sequence");
    }
    return;
  }
  ObjectReader map = owner.object(key);
  for (const std::string& line : map.keys()) {
    ObjectReader test = map.object(line);
    if (const json* count = test.raw("count")) need_condition(test, "count", *count);
    if (const json* status = test.raw("status")) need_condition(test, "status", *status);
    if (const json* most = test.raw("at_most"); most != nullptr && !most->is_number_unsigned()) {
      test.problem("at_most", "expected a whole number");
    }
    (void)test.optional<std::string>("after");
    (void)test.optional<std::string>("before");
    for (const char* group : {"form", "body", "says", "header", "query", "where", "argv", "detail"}) {
      if (!test.has(group)) continue;
      ObjectReader fields = test.object(group);
      for (const std::string& field : fields.keys()) need_condition(fields, field, *fields.raw(field));
    }
    test.done();
  }
}

const std::vector<std::string> kPlaces = {"stdout", "stderr",   "argv",     "environment", "files",
                                          "urls",   "requests", "messages", "pages"};

void shape_of_never(ObjectReader map) {
  (void)map.optional<std::string>("secret");
  if (const json* text = map.raw("text")) {
    const json all = text->is_array() ? *text : json::array({*text});
    if (!std::all_of(all.begin(), all.end(), [](const json& one) { return one.is_string(); }))
      map.problem("text", "expected a text or a list of texts");
  }
  if (const auto matches = map.maybe<std::string>("matches")) {
    if (auto pattern = Pattern::compile(*matches); !pattern) map.problem("matches", pattern.error().message);
  }
  for (const std::string& place : map.required<std::vector<std::string>>("in")) {
    if (std::find(kPlaces.begin(), kPlaces.end(), place) == kPlaces.end())
      map.problem("in", unknown_word("place", place, kPlaces));
  }
  if (!map.has("secret") && !map.has("text") && !map.has("matches"))
    map.problem("", "expected secret, text or matches that must never be seen");
  map.done();
}

void shape_of_gap(ObjectReader map) {
  if (map.has("each")) {
    (void)map.required<std::string>("each");
    (void)map.optional<std::uint64_t>("from", 2);
  } else {
    (void)map.required<std::string>("from");
    (void)map.required<std::string>("to");
  }
  if (!map.has("min") && !map.has("max")) map.problem("", "expected min or max, or both, in a gap");
  (void)map.optional<Micros>("min");
  (void)map.optional<Micros>("max");
  map.done();
}

std::vector<Predicate> read_predicates(ObjectReader map);

Predicate read_one(ObjectReader& map, const std::string& key) {
  Predicate out;
  out.body = *map.raw(key);
  if (key == "journal") {
    out.kind = Kind::journal;
    shape_of_journal(map, key);
  } else if (key == "browser") {
    out.kind = Kind::browser;
    ObjectReader fields = map.object(key);
    for (const std::string& field : fields.keys()) need_condition(fields, field, *fields.raw(field));
  } else if (key == "never") {
    out.kind = Kind::never;
    shape_of_never(map.object(key));
  } else if (key == "store") {
    out.kind = Kind::store;
    ObjectReader fields = map.object(key);
    for (const std::string& field : fields.keys()) need_condition(fields, field, *fields.raw(field));
  } else if (key == "credential_files") {
    out.kind = Kind::credential_files;
    if (out.body != "none") {
      ObjectReader fields = map.object(key);
      (void)fields.required<json>("mode");
      need_condition(fields, "mode", *fields.raw("mode"));
      fields.done();
    }
  } else if (key == "exit") {
    out.kind = Kind::exit;
    if (!out.body.is_number_integer() && out.body != "nonzero" && out.body != "clean") {
      map.problem(key, "expected an exit status, nonzero, or clean (still running at the end, or exit 0)");
    }
  } else if (key == "gap") {
    out.kind = Kind::gap;
    shape_of_gap(map.object(key));
  } else if (key == "any_of") {
    out.kind = Kind::any_of;
    for (ObjectReader& choice : map.objects(key)) out.choices.push_back(read_predicates(choice));
    if (out.choices.size() < 2) map.problem(key, "expected at least two choices in any_of");
  } else {
    out.kind = Kind::result;
    out.each = key.starts_with("each ");
    out.subject = out.each ? key.substr(5) : key;
    shape_of_result(map.object(key));
  }
  return out;
}

std::vector<Predicate> read_predicates(ObjectReader map) {
  std::vector<Predicate> out;
  for (const std::string& key : map.keys()) out.push_back(read_one(map, key));
  if (out.empty()) map.problem("", "expected something to check, found an empty map");
  return out;
}

}  // namespace

std::vector<Check> parse_checks(ObjectReader& owner, std::string_view key) {
  std::vector<Check> out;
  ObjectReader map = owner.object(key);
  for (const std::string& name : map.keys()) {
    const json& value = *map.raw(name);
    if (value.is_null()) continue;
    out.push_back({name, read_predicates(map.object(name)), value});
  }
  if (out.empty()) owner.problem(key, "expected at least one named check");
  return out;
}

}  // namespace assay::conformance
