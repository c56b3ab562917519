#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
using Pointer = nlohmann::ordered_json::json_pointer;

// Nullopt when `text` is not a JSON pointer.
std::optional<Pointer> pointer(const std::string& text) {
  try {
    return Pointer(text);
  } catch (const nlohmann::ordered_json::exception&) {
    return std::nullopt;
  }
}

Result<std::string> patched(const std::string& data, const nlohmann::json& set,
                            const std::vector<std::string>& removed) {
  auto value = nlohmann::ordered_json::parse(data, nullptr, false);
  if (value.is_discarded()) return fail("the event's data is not JSON");
  for (const std::string& path : removed) {
    const Pointer at = *pointer(path);
    if (at.empty() || !value.contains(at)) continue;
    auto& parent = value[at.parent_pointer()];
    if (parent.is_array()) {
      parent.erase(static_cast<std::size_t>(std::stoul(at.back())));
    } else {
      parent.erase(at.back());
    }
  }
  for (const auto& [path, wanted] : set.items()) {
    try {
      value[*pointer(path)] = wanted;
    } catch (const nlohmann::ordered_json::exception&) {
      return fail("set: " + path + " cannot be set in " + data);
    }
  }
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Response> apply_patch_event(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const EventChoice choice = read_events(p, std::nullopt);
  const nlohmann::json* given = p.value("set");
  const nlohmann::json set = given != nullptr ? *given : nlohmann::json::object();
  std::vector<std::string> removed;
  if (const nlohmann::json* list = p.value("remove")) {
    for (const nlohmann::json& path : list->is_array() ? *list : nlohmann::json::array({*list})) {
      if (!path.is_string() || !pointer(path.get<std::string>()))
        p.wrong("remove: expected JSON pointers, found " + path.dump());
      if (path.is_string()) removed.push_back(path.get<std::string>());
    }
  }
  if (given == nullptr && removed.empty()) p.wrong("expected set or remove");
  if (!set.is_object()) p.wrong("set: expected {POINTER: VALUE}, found " + set.dump());
  for (const auto& [path, ignored] : set.items()) {
    if (set.is_object() && !pointer(path)) p.wrong("set: expected JSON pointers, found " + path);
  }
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_sse(std::move(response), [&](const SseBody& body, BodyEdits& edits) -> Result<void> {
    auto chosen = choose_events(body, choice, has_json_object, "single data line with a JSON object");
    if (!chosen) return tl::unexpected(chosen.error());
    for (const std::size_t i : *chosen) {
      for (const SseLine& line : body.events[i].lines) {
        if (line.field() != "data") continue;
        auto text = patched(std::string(line.value()), set, removed);
        if (!text) return tl::unexpected(text.error());
        edits.replace(line.value_at(), line.end, *std::move(text));
      }
    }
    return {};
  });
}

}  // namespace

Fault patch_event() {
  return {.name = "patch-event",
          .level = FaultLevel::exchange,
          .description = "The JSON of an event is changed",
          .parameters =
              "set: {POINTER: VALUE}; remove: [POINTER...] (RFC 6901; what is not there is not removed); "
              "event: N | [N...] | every (every)",
          .example = R"({"event": 3, "set": {"/choices/0/finish_reason": "zz"}})",
          .on_exchange = apply_patch_event};
}

}  // namespace assay::wire::faults
