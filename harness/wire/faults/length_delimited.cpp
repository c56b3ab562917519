#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_length_delimited(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (!response.trailers.empty())
    return fail("the answer has trailers, which only a chunked body can have (RFC 9112 section 7.1.2)");
  remove_header(response.headers, "Transfer-Encoding");
  remove_header(response.headers, "Content-Length");
  response.framing = BodyFraming::content_length;
  if (response.body.size() > 1) response.body = {{body_bytes(response), response.body.back().at}};
  return response;
}

}  // namespace

Fault length_delimited() {
  return {.name = "length-delimited",
          .level = FaultLevel::exchange,
          .description = "Response with Content-Length, body in one piece",
          .parameters = "",
          .example = "null",
          .lossless = true,
          .on_exchange = apply_length_delimited};
}

}  // namespace assay::wire::faults
