#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_status(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "code");
  const auto code = p.integer("code", 100, 999);
  const auto reason = p.text("reason");
  if (!code && !reason) p.wrong("expected code or reason");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (code) set_status(response, static_cast<int>(*code));
  if (reason) response.reason = *reason;
  return response;
}

}  // namespace

Fault status() {
  return {.name = "status",
          .level = FaultLevel::exchange,
          .description = "Another status line; headers and body stay",
          .parameters = "code: 100-999; reason: TEXT",
          .example = R"({"code": 503})",
          .on_exchange = apply_status};
}

}  // namespace assay::wire::faults
