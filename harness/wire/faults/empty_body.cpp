#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_empty_body(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "status");
  const auto status = p.integer("status", 100, 999);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (status) set_status(response, static_cast<int>(*status));
  remove_header(response.headers, "Content-Type");
  return replace_body(std::move(response), "", "");
}

}  // namespace

Fault empty_body() {
  return {.name = "empty-body",
          .level = FaultLevel::exchange,
          .description = "Empty body without Content-Type",
          .parameters = "status: 100-999 (unchanged)",
          .example = R"({"status": 500})",
          .on_exchange = apply_empty_body};
}

}  // namespace assay::wire::faults
