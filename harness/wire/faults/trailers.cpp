#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_trailers(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  Headers fields = read_headers(p, "fields");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (response.framing != BodyFraming::chunked) return fail("the body is not chunked");
  if (fields.empty()) fields.push_back({"X-Checksum", "0"});
  response.trailers.insert(response.trailers.end(), fields.begin(), fields.end());
  return response;
}

}  // namespace

Fault trailers() {
  return {.name = "trailers",
          .level = FaultLevel::exchange,
          .description = "Trailer fields after the last chunk (RFC 9112 section 7.1.2)",
          .parameters = "fields: {NAME: VALUE} (X-Checksum: 0)",
          .example = R"({"fields": {"X-Checksum": "0"}})",
          .lossless = true,
          .on_exchange = apply_trailers};
}

}  // namespace assay::wire::faults
