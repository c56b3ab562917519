#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_interim(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "status");
  Response response;
  response.status = static_cast<int>(p.integer("status", 100, 199).value_or(103));
  response.reason = reason_phrase(response.status);
  response.framing = BodyFraming::none;
  const auto count = p.integer("count", 1, 1000).value_or(1);
  const auto gap = p.duration("gap");
  response.headers = read_headers(p, "headers");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  Steps steps;
  for (std::int64_t i = 0; i < count; ++i) {
    for (Step& step : serialize(response).steps) steps.push_back(std::move(step));
    if (gap) steps.push_back({Wait{*gap}});
  }
  return insert_steps(std::move(script), {0}, steps);
}

}  // namespace

Fault interim() {
  return {
      .name = "interim",
      .level = FaultLevel::script,
      .description = "Interim responses (1xx) before the final one (RFC 9110 section 15.2)",
      .parameters = "status: 100-199 (103); headers: {NAME: VALUE}; count: N (1); gap: DURATION after each",
      .example = R"({"status": 103, "headers": {"Link": "</a>; rel=preload"}})",
      .on_script = apply_interim};
}

}  // namespace assay::wire::faults
