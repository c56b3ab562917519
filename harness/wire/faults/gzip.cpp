#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/coding.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_gzip(Response response, const nlohmann::json& params, FaultContext& context) {
  return apply_coding(std::move(response), Coding::gzip, params, context);
}

}  // namespace

Fault gzip() {
  return {.name = "gzip",
          .level = FaultLevel::exchange,
          .description = "Body compressed with gzip",
          .parameters =
              "flush: event | burst, each event flushed or all in one chunk at the end (event); header: true "
              "| false, whether Content-Encoding says so (true)",
          .example = R"({"flush": "event"})",
          .on_exchange = apply_gzip};
}

}  // namespace assay::wire::faults
