#include "conformance/runner/case/case_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "conformance/runner/case/own_paths.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"

namespace assay::conformance {
namespace {

using nlohmann::json;

struct AxisValue {
  std::string name;
  json value;
};
struct Axis {
  std::string name;
  std::vector<AxisValue> values;
};

std::string name_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Replaces ${axis} everywhere; a string that is nothing else takes the value with its type.
json substituted(const json& value, const std::string& reference, const json& replacement) {
  if (value.is_string()) {
    auto text = value.get<std::string>();
    if (text == reference) return replacement;
    for (auto at = text.find(reference); at != std::string::npos; at = text.find(reference, at)) {
      const std::string by = name_of(replacement);
      text.replace(at, reference.size(), by);
      at += by.size();
    }
    return text;
  }
  json out = value;
  if (value.is_array()) {
    for (auto& item : out) item = substituted(item, reference, replacement);
  } else if (value.is_object()) {
    out = json::object();
    for (const auto& [key, item] : value.items()) {
      const json new_key = substituted(key, reference, replacement);
      out[name_of(new_key)] = substituted(item, reference, replacement);
    }
  }
  return out;
}

std::vector<Axis> axes_of(ObjectReader& map) {
  std::vector<Axis> out;
  if (!map.has("axes")) return out;
  ObjectReader axes = map.object("axes");
  for (const std::string& name : axes.keys()) {
    const json& values = *axes.raw(name);
    Axis axis{name, {}};
    if (values.is_array()) {
      for (const json& v : values) axis.values.push_back({name_of(v), v});
    } else if (values.is_object()) {
      for (const auto& [key, v] : values.items()) axis.values.push_back({key, v});
    }
    if (axis.values.empty()) axes.problem(name, "expected a list of values, or a map from names to values");
    out.push_back(std::move(axis));
  }
  return out;
}

// One case of the file, before its axes are multiplied.
struct CaseTemplate {
  std::string path;  // "suite/reads:1-byte" grows here
  json value;
};

// What the axes and variants of one case may come to.
constexpr std::size_t kMostCases = 5'000;

std::size_t cases_of(const std::vector<Axis>& axes, std::size_t variants) {
  std::size_t out = variants + 1;
  for (const Axis& axis : axes)
    out = std::min(out * std::max<std::size_t>(axis.values.size(), 1), kMostCases + 1);
  return out;
}

std::vector<CaseTemplate> multiplied(std::vector<CaseTemplate> templates, const Axis& axis) {
  std::vector<CaseTemplate> out;
  for (const CaseTemplate& t : templates) {
    for (const AxisValue& v : axis.values) {
      CaseTemplate next = t;
      next.value = substituted(next.value, "${" + axis.name + "}", v.value);
      next.value["axis_values"][axis.name] = v.name;
      next.path += "/" + axis.name + ":" + v.name;
      out.push_back(std::move(next));
    }
  }
  return out;
}

// The lines of the case at `pointer`, as if it were a document of its own.
Document part_of(const Document& whole, const std::string& pointer, json value) {
  Document out{std::move(value), {}, whole.file};
  for (const auto& [key, line] : whole.lines) {
    if (key.starts_with(pointer) && (key.size() == pointer.size() || key[pointer.size()] == '/')) {
      out.lines[key.substr(pointer.size())] = line;
    }
  }
  return out;
}

}  // namespace

json merged(json base, const json& patch) {
  base.merge_patch(patch);
  return base;
}

Result<std::vector<Case>> parse_suite(std::string_view yaml, const std::string& file) {
  auto document = load_yaml(yaml, file);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader map(*document, problems);
  const auto suite = map.required<std::string>("suite");
  const json defaults = map.has("defaults") ? map.object("defaults").value() : json::object();
  std::vector<Case> out;
  for (ObjectReader& entry : map.objects("cases")) {
    const auto id = entry.required<std::string>("id");
    const std::vector<Axis> axes = axes_of(entry);
    const json* patches = entry.raw("variants");
    if (cases_of(axes, patches == nullptr ? 0 : patches->size()) > kMostCases) {
      entry.problem("axes",
                    fmt::format("expected axes that make at most {} cases, these make more", kMostCases));
      continue;
    }
    json base = defaults;
    base.merge_patch(entry.value());
    base.erase("axes");
    base.erase("variants");
    std::vector<CaseTemplate> templates = {{suite, base}};
    for (const Axis& axis : axes) templates = multiplied(std::move(templates), axis);
    for (CaseTemplate& t : templates) t.path += "/" + id;
    if (entry.has("variants")) {
      ObjectReader variants = entry.object("variants");
      for (const std::string& name : variants.keys()) {
        CaseTemplate t{suite, merged(base, variants.object(name).value())};
        std::vector<CaseTemplate> made = {t};
        for (const Axis& axis : axes) made = multiplied(std::move(made), axis);
        for (CaseTemplate& one : made)
          templates.push_back({one.path + "/" + id + "/" + name, std::move(one.value)});
      }
    }
    for (CaseTemplate& t : templates) {
      t.value = with_own_paths(std::move(t.value), folder_of(file));
      auto parsed = parse_case(part_of(*document, entry.pointer(), std::move(t.value)), suite, t.path);
      if (!parsed) {
        problems.push_back(parsed.error());
      } else {
        out.push_back(std::move(*parsed));
      }
    }
  }
  map.done();
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  if (out.empty()) return fail("expected at least one case under \"cases\"", file, document->line("/cases"));
  return out;
}

namespace {

// What selftest has learned of the cases: id → sets of reports. A file that is not there has nothing.
Result<void> take_learned(std::vector<Case>& cases, const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const json learned = json::parse(*text, nullptr, false);
  if (!learned.is_object()) return fail("expected a JSON object of case ids", path);
  for (Case& one : cases) {
    const auto found = learned.find(one.id);
    if (found == learned.end()) continue;
    try {
      one.observed_by = found->get<std::vector<std::vector<std::string>>>();
    } catch (const json::exception&) {
      return fail("expected a list of lists of reports for " + one.id, path);
    }
    one.source["observed_by"] = *found;
  }
  return {};
}

}  // namespace

Result<std::vector<Case>> load_suite(const std::string& file) {
  auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  return parse_suite(*text, file);
}

Result<std::vector<Case>> load_cases(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (auto it = std::filesystem::recursive_directory_iterator(folder, error);
       !error && it != std::filesystem::end(it); it.increment(error)) {
    if (it->path().extension() == ".yaml") files.push_back(it->path().string());
  }
  if (error) return fail("cannot list the cases: " + error.message(), folder);
  std::sort(files.begin(), files.end());
  std::vector<Case> out;
  std::set<std::string> ids;
  for (const std::string& file : files) {
    auto cases = load_suite(file);
    if (!cases) return tl::unexpected(cases.error());
    for (Case& one : *cases) {
      if (!ids.insert(one.id).second)
        return fail("the id " + one.id + " is taken by another case", file, one.line);
      out.push_back(std::move(one));
    }
  }
  if (out.empty()) return fail("no case file (*.yaml) here", folder);
  if (auto learned = take_learned(out, folder + "/" + kLearnedFile); !learned)
    return tl::unexpected(learned.error());
  return out;
}

}  // namespace assay::conformance
