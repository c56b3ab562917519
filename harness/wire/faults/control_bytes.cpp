#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_control_bytes(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "value");
  const auto value = p.text("value").value_or(std::string("a\0b\x1b[2J\x07\x08\x7f", 10));
  const auto header = p.text("header").value_or("X-Note");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  set_header(response.headers, header, value);
  return response;
}

}  // namespace

Fault control_bytes() {
  return {.name = "control-bytes",
          .level = FaultLevel::exchange,
          .description = "Header value with control bytes",
          .parameters = "value: TEXT (NUL, ESC, BEL and others); header: NAME (X-Note)",
          .example = "null",
          .on_exchange = apply_control_bytes};
}

}  // namespace assay::wire::faults
