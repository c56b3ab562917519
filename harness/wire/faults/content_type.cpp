#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_content_type(Response response, const nlohmann::json& params, FaultContext&) {
  if (params.is_null() ||
      (params.is_object() && params.size() == 1 && params.contains("value") && params["value"].is_null())) {
    remove_header(response.headers, "Content-Type");
    return response;
  }
  Params p(params, "value");
  const auto value = p.text("value");
  if (!p.given("value")) p.wrong("expected value");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  set_header(response.headers, "Content-Type", *value);
  return response;
}

}  // namespace

Fault content_type() {
  return {.name = "content-type",
          .level = FaultLevel::exchange,
          .description = "Another Content-Type, or none",
          .parameters = "value: TEXT | null: the header is left out",
          .example = R"("application/octet-stream")",
          .on_exchange = apply_content_type};
}

}  // namespace assay::wire::faults
