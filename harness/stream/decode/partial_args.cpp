#include "harness/stream/decode/partial_args.h"
#include "harness/base/untrusted_json.h"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace assay::stream::decoding {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t deepest = 64;  // steps of a path; one with more is none

struct PathStep {
  std::string name;
  std::optional<std::size_t> index;  // instead of a name
};

// One step off the front of `path`: .name, ['name'], ["name"] or [0].
std::optional<PathStep> path_step(std::string_view& path) {
  if (path.starts_with('.')) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    PathStep step{std::string(path.substr(0, end)), {}};
    path.remove_prefix(end);
    return step.name.empty() ? std::nullopt : std::optional(step);
  }
  if (!path.starts_with('[') || path.size() < 3) return std::nullopt;
  if (const char quote = path[1]; quote == '\'' || quote == '"') {
    std::string name;
    for (std::size_t at = 2; at < path.size(); ++at) {
      if (path[at] == '\\' && at + 1 < path.size()) {
        name += path[++at];
      } else if (path[at] != quote) {
        name += path[at];
      } else if (path.substr(at + 1).starts_with(']')) {
        path.remove_prefix(at + 2);
        return PathStep{std::move(name), {}};
      } else {
        break;
      }
    }
    return std::nullopt;
  }
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
  if (problem != std::errc() || end == path.data() + path.size() || *end != ']') return std::nullopt;
  path.remove_prefix(static_cast<std::size_t>(end - path.data()) + 1);
  return PathStep{{}, index};
}

std::vector<PathStep> path_steps(std::string_view path) {
  const std::string_view all = path;
  std::vector<PathStep> steps;
  if (path.starts_with('$')) {
    path.remove_prefix(1);
    while (!path.empty()) {
      std::optional<PathStep> step = path_step(path);
      if (!step || (steps.empty() && step->index) || steps.size() == deepest) return {{std::string(all), {}}};
      steps.push_back(std::move(*step));
    }
  }
  if (steps.empty()) steps.push_back({std::string(all), {}});
  return steps;
}

// The place that a step leads to, made where it is missing. Lists grow by one element at most: an index far
// behind their end is no reason to fill memory.
Json& place_in(Json& at, const PathStep& step) {
  if (!step.index) {
    if (!at.is_object()) at = Json::object();
    return at[step.name];
  }
  if (!at.is_array()) at = Json::array();
  if (*step.index < at.size()) return at[*step.index];
  at.push_back(nullptr);
  return at.back();
}

}  // namespace

void PartialArgs::add(std::string_view list) {
  const Json parts = parse_untrusted<Json>(list);
  for (const Json& part : parts) {
    if (!part.is_object()) continue;
    const auto path = part.find("jsonPath");
    Json* place = &arguments_;
    for (const PathStep& step :
         path_steps(path != part.end() && path->is_string() ? path->get<std::string>() : ""))
      place = &place_in(*place, step);
    if (const auto text = part.find("stringValue"); text != part.end() && text->is_string()) {
      if (!place->is_string()) *place = "";
      place->get_ref<std::string&>() += text->get_ref<const std::string&>();
    } else if (const auto number = part.find("numberValue"); number != part.end()) {
      *place = *number;
    } else if (const auto truth = part.find("boolValue"); truth != part.end()) {
      *place = *truth;
    } else if (part.contains("nullValue")) {
      *place = nullptr;
    }
  }
}

void PartialArgs::add_whole(std::string_view object) {
  const Json whole = parse_untrusted<Json>(object);
  if (whole.is_object())
    for (const auto& [key, value] : whole.items()) arguments_[key] = value;
}

std::string PartialArgs::take() {
  std::string text = arguments_.dump(-1, ' ', false, Json::error_handler_t::replace);
  arguments_ = Json::object();
  return text;
}

}  // namespace assay::stream::decoding
