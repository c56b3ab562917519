#include <algorithm>

#include "harness/base/strict.h"
#include "harness/wire/fault.h"
#include "harness/wire/faults/params.h"
#include "harness/wire/faults/place.h"

namespace assay::wire {
namespace {

constexpr const char* kNothing = "it changes nothing of this answer, so it would prove nothing";

std::string unknown_fault(const std::string& name) {
  std::vector<std::string> known;
  for (const Fault& fault : all_faults()) known.emplace_back(fault.name);
  const std::string near = nearest(name, known);
  return "unknown fault '" + name + "'" + (near.empty() ? "" : ", did you mean '" + near + "'?") +
         " (`assay list faults` shows them all)";
}

tl::unexpected<Error> refused(const FaultUse& use, const Error& why) {
  return fail("fault " + use.name + ": " + why.message, why.file, std::max(why.line, 0));
}

Result<std::vector<const Fault*>> look_up(const std::vector<FaultUse>& uses) {
  std::vector<const Fault*> out;
  for (const FaultUse& use : uses) {
    out.push_back(find_fault(use.name));
    if (out.back() == nullptr) return fail(unknown_fault(use.name));
  }
  return out;
}

Result<FaultUse> parse_use(const nlohmann::json& entry) {
  if (entry.is_string()) return FaultUse{entry.get<std::string>(), nullptr};
  if (entry.is_object() && entry.size() == 1) return FaultUse{entry.begin().key(), entry.begin().value()};
  return fail("expected a fault's name or {name: parameters}, found " +
              entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// Parameters that are wrong whatever the answer is: told by a trial on an ordinary streamed answer, which may
// well refuse the fault for reasons of its own.
Result<void> check_params(const Fault& fault, const nlohmann::json& params) {
  const auto told = [](const auto& done) -> Result<void> {
    if (!done && done.error().line == Params::wrong_parameters) return tl::unexpected(done.error());
    return {};
  };
  if (fault.level == FaultLevel::listener) {
    const auto mode = fault.on_listener(params);
    if (!mode) return tl::unexpected(mode.error());
    return {};
  }
  Random random(0);
  FaultContext context{random};
  Response sample = make_response(200, "text/event-stream", "data: {\"text\":\"pong\"}\n\ndata: [DONE]\n\n");
  if (fault.level == FaultLevel::exchange) return told(fault.on_exchange(std::move(sample), params, context));
  return told(fault.on_script(serialize(sample, {}), params, context));
}

// A coding that no header tells is told to the faults that follow, as a header that is taken away again.
Result<Response> apply_to_exchange(const Fault& fault, Response response, const nlohmann::json& params,
                                   FaultContext& context) {
  const std::string hidden = context.hidden_coding;
  if (hidden.empty()) return fault.on_exchange(std::move(response), params, context);
  set_header(response.headers, "Content-Encoding", hidden);
  auto changed = fault.on_exchange(std::move(response), params, context);
  if (!changed) return changed;
  const std::string* coding = find_header(changed->headers, "Content-Encoding");
  if (coding == nullptr) context.hidden_coding.clear();  // another body has taken its place
  if (coding != nullptr && *coding == hidden) remove_header(changed->headers, "Content-Encoding");
  return changed;
}

}  // namespace

Result<std::vector<FaultUse>> parse_faults(const nlohmann::json& list) {
  if (list.is_null()) return std::vector<FaultUse>{};
  const nlohmann::json entries = list.is_array() ? list : nlohmann::json::array({list});
  std::vector<FaultUse> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto use = parse_use(entries[i]);
    if (!use) return fail("faults, entry " + std::to_string(i + 1) + ": " + use.error().message);
    const Fault* fault = find_fault(use->name);
    if (fault == nullptr)
      return fail("faults, entry " + std::to_string(i + 1) + ": " + unknown_fault(use->name));
    if (auto ok = check_params(*fault, use->params); !ok)
      return fail("faults, entry " + std::to_string(i + 1) + ": fault " + use->name + ": " +
                  ok.error().message);
    out.push_back(*std::move(use));
  }
  return out;
}

Result<Script> apply_faults(Response response, const std::vector<FaultUse>& uses,
                            const SerializeOptions& options, FaultContext context) {
  auto found = look_up(uses);
  if (!found) return tl::unexpected(found.error());
  SerializeOptions how = options;
  Script script = serialize(response, how);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if ((*found)[i]->level == FaultLevel::listener) {
      return fail("fault " + uses[i].name + ": it is for a listener, not for an answer");
    }
    if ((*found)[i]->level != FaultLevel::exchange) continue;
    auto changed = apply_to_exchange(*(*found)[i], std::move(response), uses[i].params, context);
    if (!changed) return refused(uses[i], changed.error());
    response = *std::move(changed);
    how.hidden_coding = !context.hidden_coding.empty();
    Script after = serialize(response, how);
    if (after == script) return refused(uses[i], {kNothing, {}, 0});
    script = std::move(after);
  }
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if ((*found)[i]->level != FaultLevel::script) continue;
    const Script plain = unroll(script);
    auto changed = (*found)[i]->on_script(plain, uses[i].params, context);
    if (!changed) return refused(uses[i], changed.error());
    if (*changed == plain || *changed == script) return refused(uses[i], {kNothing, {}, 0});
    script = *std::move(changed);
  }
  return script;
}

Result<ListenerMode> take_listener_mode(std::vector<FaultUse>& uses) {
  auto found = look_up(uses);
  if (!found) return tl::unexpected(found.error());
  ListenerMode mode;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if ((*found)[i]->level != FaultLevel::listener) {
      if (kept != i) uses[kept] = std::move(uses[i]);
      ++kept;
      continue;
    }
    if (mode.kind != ListenerMode::Kind::normal) {
      return fail("fault " + uses[i].name + ": a listener can have one fault only");
    }
    auto made = (*found)[i]->on_listener(uses[i].params);
    if (!made) return refused(uses[i], made.error());
    mode = *std::move(made);
  }
  uses.resize(kept);
  return mode;
}

bool answers_before_body(const std::vector<FaultUse>& uses) {
  return std::any_of(uses.begin(), uses.end(),
                     [](const FaultUse& use) { return use.name == "answer-before-body"; });
}

}  // namespace assay::wire
