#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_http10(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  response.version = "HTTP/1.0";
  if (!response.trailers.empty())
    return fail("the answer has trailers, which only a chunked body can have (RFC 9112 section 7.1.2)");
  remove_header(response.headers, "Transfer-Encoding");
  remove_header(response.headers, "Content-Length");
  set_header(response.headers, "Connection", "close");
  response.framing = BodyFraming::close_delimited;
  return response;
}

}  // namespace

Fault http10() {
  return {.name = "http10",
          .level = FaultLevel::exchange,
          .description = "HTTP/1.0 response that ends when the connection closes",
          .parameters = "",
          .example = "null",
          .lossless = true,
          .on_exchange = apply_http10};
}

}  // namespace assay::wire::faults
