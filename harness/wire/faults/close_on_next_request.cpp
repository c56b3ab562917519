#include <algorithm>

#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_close_on_next_request(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "with");
  const bool fin = p.one_of("with", {"rst", "fin"}) == "fin";
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (!script.keep_alive) return fail("the connection is not kept alive");
  if (std::any_of(script.steps.begin(), script.steps.end(), ends_answer))
    return fail("an earlier fault ends the connection already");
  script.steps.push_back({AwaitInput{}});
  script.steps.push_back(fin ? Step{Close{}} : Step{Reset{}});
  return script;
}

}  // namespace

Fault close_on_next_request() {
  return {.name = "close-on-next-request",
          .level = FaultLevel::script,
          .description = "Keep-alive connection closed as the next request is sent",
          .parameters = "with: rst | fin (rst)",
          .example = "null",
          .lossless = true,
          .on_script = apply_close_on_next_request};
}

}  // namespace assay::wire::faults
