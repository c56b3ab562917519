#include "conformance/runner/client/output_pointers.h"

#include <algorithm>

#include "harness/world/condition.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

constexpr std::pair<const char*, std::vector<OutputPointer> OutputPointers::*> kParts[] = {
    {"text", &OutputPointers::text},
    {"whole", &OutputPointers::whole},
    {"error", &OutputPointers::error},
    {"status", &OutputPointers::status},
    {"end", &OutputPointers::end}};

OutputPointer read_one(ObjectReader& owner, const std::string& key, const json& value) {
  OutputPointer out;
  const json& at = value.is_object() && value.contains("at") ? value["at"] : value;
  if (at.is_string()) out.at = at.get<std::string>();
  if (!out.at.starts_with('/'))
    owner.problem(key, "expected a JSON pointer such as /message/text, or {at: /text, when: {/type: say}}");
  if (!value.is_object()) return out;
  for (const auto& [name, part] : value.items()) {
    if (name != "at" && name != "when") owner.problem(key, unknown_word("key", name, {"at", "when"}));
    if (name != "when") continue;
    if (!part.is_object()) owner.problem(key, "expected when: {/pointer: value}");
    for (const auto& [pointer, demand] : part.items()) {
      if (!pointer.starts_with('/')) owner.problem(key, "expected a JSON pointer in when, found " + pointer);
      out.when[pointer] = demand;
    }
  }
  return out;
}

}  // namespace

OutputPointers read_output_pointers(ObjectReader map) {
  OutputPointers out;
  for (const auto& [key, part] : kParts) {
    const json* value = map.raw(key);
    if (value == nullptr) continue;
    const json list = value->is_array() ? *value : json::array({*value});
    for (const json& one : list) (out.*part).push_back(read_one(map, key, one));
  }
  if (out.text.empty() && out.whole.empty())
    map.problem("", "expected text or whole: where the answer stands");
  map.done();
  return out;
}

const json* found_by(const std::vector<OutputPointer>& pointers, const json& line) {
  for (const OutputPointer& one : pointers) {
    const bool fits = std::all_of(one.when.begin(), one.when.end(), [&](const auto& demand) {
      const json* there = at_pointer(line, demand.first);
      return there != nullptr && *there == demand.second;
    });
    const json* value = fits ? at_pointer(line, one.at) : nullptr;
    if (value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

void to_json(json& out, const OutputPointer& pointer) {
  out = {{"at", pointer.at}, {"when", pointer.when}};
}
void from_json(const json& in, OutputPointer& pointer) {
  in.at("at").get_to(pointer.at);
  in.at("when").get_to(pointer.when);
}
void to_json(json& out, const OutputPointers& pointers) {
  out = json::object();
  for (const auto& [key, part] : kParts) out[key] = pointers.*part;
}
void from_json(const json& in, OutputPointers& pointers) {
  for (const auto& [key, part] : kParts) in.at(key).get_to(pointers.*part);
}

}  // namespace assay::conformance
