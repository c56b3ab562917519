#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_close_delimited(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (!response.trailers.empty())
    return fail("the answer has trailers, which only a chunked body can have (RFC 9112 section 7.1.2)");
  remove_header(response.headers, "Transfer-Encoding");
  remove_header(response.headers, "Content-Length");
  response.framing = BodyFraming::close_delimited;
  return response;
}

}  // namespace

Fault close_delimited() {
  return {
      .name = "close-delimited",
      .level = FaultLevel::exchange,
      .description =
          "HTTP/1.1 response without a length that ends when the connection closes (RFC 9112 section 6.3)",
      .parameters = "",
      .example = "null",
      .lossless = true,
      .on_exchange = apply_close_delimited};
}

}  // namespace assay::wire::faults
