#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_content_encoding(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "value");
  const auto value = p.text("value").value_or("gzip");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  set_header(response.headers, "Content-Encoding", value);
  return response;
}

}  // namespace

Fault content_encoding() {
  return {.name = "content-encoding",
          .level = FaultLevel::exchange,
          .description = "Wrong Content-Encoding: the body is not compressed",
          .parameters = "value: TEXT (gzip)",
          .example = R"("gzip")",
          .on_exchange = apply_content_encoding};
}

}  // namespace assay::wire::faults
