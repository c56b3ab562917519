#include <algorithm>

#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_idle_close(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "after");
  const auto after = p.duration("after").value_or(Micros(0));
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (!script.keep_alive) return fail("the connection is not kept alive");
  if (std::any_of(script.steps.begin(), script.steps.end(), ends_answer))
    return fail("an earlier fault ends the connection already");
  script.steps.push_back({Wait{after}});
  script.steps.push_back({Close{}});
  return script;
}

}  // namespace

Fault idle_close() {
  return {.name = "idle-close",
          .level = FaultLevel::script,
          .description = "Keep-alive connection closed after it was idle for the given time",
          .parameters = "after: DURATION (0)",
          .example = R"("5ms")",
          .lossless = true,
          .on_script = apply_idle_close};
}

}  // namespace assay::wire::faults
