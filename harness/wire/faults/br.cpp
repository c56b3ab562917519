#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/coding.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_br(Response response, const nlohmann::json& params, FaultContext& context) {
  return apply_coding(std::move(response), Coding::br, params, context);
}

}  // namespace

Fault br() {
  return {.name = "br",
          .level = FaultLevel::exchange,
          .description = "Body compressed with Brotli",
          .parameters =
              "flush: event | burst, each event flushed or all in one chunk at the end (event); header: true "
              "| false, whether Content-Encoding says so (true)",
          .example = R"({"flush": "event"})",
          .on_exchange = apply_br};
}

}  // namespace assay::wire::faults
