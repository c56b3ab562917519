#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

// What a buffering proxy does: it waits until it has all, then passes it on in one piece.
Result<Script> apply_coalesce(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (auto ok = nothing_hidden(layout(script)); !ok) return tl::unexpected(ok.error());
  Micros waited{0};
  Write all;
  Steps others;
  for (Step& step : script.steps) {
    if (auto* write = std::get_if<Write>(&step.op)) {
      if (!others.empty()) return fail("bytes follow a step that is not a write, flush, cut or wait");
      for (const Mark& m : write->marks) all.marks.push_back({all.bytes.size() + m.at, m.kind});
      all.bytes += write->bytes;
    } else if (const auto* wait = std::get_if<Wait>(&step.op); wait != nullptr && others.empty()) {
      waited += wait->after;
    } else if (!std::holds_alternative<Flush>(step.op) && !std::holds_alternative<Cut>(step.op)) {
      others.push_back(std::move(step));
    }
  }
  script.steps.clear();
  if (waited != Micros(0)) script.steps.push_back({Wait{waited}});
  script.steps.push_back({std::move(all)});
  for (Step& step : others) script.steps.push_back(std::move(step));
  return script;
}

}  // namespace

Fault coalesce() {
  return {.name = "coalesce",
          .level = FaultLevel::script,
          .description =
              "The complete response in one write, at the time of its last byte, as from a buffering proxy",
          .parameters = "",
          .example = "null",
          .lossless = true,
          .on_script = apply_coalesce};
}

}  // namespace assay::wire::faults
