#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/coding.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_deflate(Response response, const nlohmann::json& params, FaultContext& context) {
  return apply_coding(std::move(response), Coding::deflate, params, context);
}

}  // namespace

Fault deflate() {
  return {.name = "deflate",
          .level = FaultLevel::exchange,
          .description = "Body compressed with deflate (zlib format, RFC 9110 section 8.4.1.2)",
          .parameters =
              "flush: event | burst, each event flushed or all in one chunk at the end (event); header: true "
              "| false, whether Content-Encoding says so (true), raw: true for DEFLATE without the zlib "
              "format (false)",
          .example = R"({"flush": "event"})",
          .on_exchange = apply_deflate};
}

}  // namespace assay::wire::faults
