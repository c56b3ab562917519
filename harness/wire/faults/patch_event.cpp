#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "harness/base/untrusted_json.h"
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

// The index that `token` is; nullopt when it is none (RFC 6901 section 4).
std::optional<std::size_t> index_of(const std::string& token) {
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (problem != std::errc() || end != token.data() + token.size()) return std::nullopt;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return index;
}

// An array grows by one at most: nlohmann would fill the way to any index with nulls. Where there is nothing
// yet a number makes an array, any other token an object. A value that is neither has no members.
bool may_be_set(const nlohmann::ordered_json& value, Pointer at) {
  std::vector<std::string> tokens;
  for (; !at.empty(); at.pop_back()) tokens.push_back(at.back());
  const nlohmann::ordered_json nothing;
  const nlohmann::ordered_json* here = &value;
  for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) {
    const auto index = index_of(*token);
    if (here->is_null()) {
      if (index && *index != 0) return false;
      here = &nothing;
    } else if (here->is_object()) {
      const auto found = here->find(*token);
      here = found == here->end() ? &nothing : &*found;
    } else if (here->is_array()) {
      if (*token != "-" && (!index || *index > here->size())) return false;
      here = *token == "-" || *index == here->size() ? &nothing : &(*here)[*index];
    } else {
      return false;
    }
  }
  return true;
}

// `at` exists in `value` and is not the whole of it.
void remove_at(nlohmann::ordered_json& value, const Pointer& at) {
  auto& parent = value[at.parent_pointer()];
  if (parent.is_array()) {
    parent.erase(*index_of(at.back()));
  } else {
    parent.erase(at.back());
  }
}

Result<std::string> patched(const std::string& data, const nlohmann::json& set,
                            const std::vector<std::string>& removed) {
  auto value = parse_untrusted<nlohmann::ordered_json>(data);
  if (value.is_discarded()) return fail("the event's data is not JSON");
  std::string path;
  try {  // a token such as 01 is a name in an object and an exception in an array
    for (const std::string& one : removed) {
      path = one;
      const Pointer at = *pointer(one);
      if (!at.empty() && value.contains(at)) remove_at(value, at);
    }
    for (const auto& [one, wanted] : set.items()) {
      path = one;
      const Pointer at = *pointer(one);
      if (!may_be_set(value, at)) return fail(fmt::format("set: {} cannot be set in {}", path, data));
      value[at] = wanted;
    }
  } catch (const nlohmann::ordered_json::exception&) {
    return fail(fmt::format("{} does not fit {}", path, data));
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
        p.wrong("remove: expected JSON pointers, found " + as_text(path));
      if (path.is_string()) removed.push_back(path.get<std::string>());
    }
  }
  if (given == nullptr && removed.empty()) p.wrong("expected set or remove");
  if (!set.is_object()) p.wrong("set: expected {POINTER: VALUE}, found " + as_text(set));
  for (const auto& [path, ignored] : set.items()) {
    if (set.is_object() && !pointer(path)) p.wrong("set: expected JSON pointers, found " + path);
  }
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  return edit_json_events(std::move(response), choice,
                          [&](const SseLine& line, BodyEdits& edits) -> Result<void> {
                            auto text = patched(std::string(line.value()), set, removed);
                            if (!text) return tl::unexpected(text.error());
                            edits.replace(line.value_at(), line.end, *std::move(text));
                            return {};
                          });
}

}  // namespace

Fault patch_event() {
  return {.name = "patch-event",
          .level = FaultLevel::exchange,
          .description = "JSON of an event changed",
          .parameters =
              "set: {POINTER: VALUE}; remove: [POINTER...] (RFC 6901; missing ones are ignored); "
              "event: N | [N...] | every (every)",
          .example = R"({"event": 3, "set": {"/choices/0/finish_reason": "zz"}})",
          .on_exchange = apply_patch_event};
}

}  // namespace assay::wire::faults
