#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_answer_before_body(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "then");
  const bool half = p.one_of("then", {"close", "half-close"}) == "half-close";
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  script.before_request_body = true;
  const Layout where = layout(script);
  script.keep_alive = false;
  if (where.endless) return script;  // there is no last byte that something could follow
  const std::size_t total = where.total;
  return end_at(std::move(script), total, half ? Steps{{HalfClose{}}, {Stall{}}} : Steps{{Close{}}});
}

}  // namespace

Fault answer_before_body() {
  return {.name = "answer-before-body",
          .level = FaultLevel::script,
          .description =
              "The response starts as soon as the request headers were read, while the client still sends "
              "its body",
          .parameters = "then: close | half-close (close)",
          .example = "null",
          .lossless = true,
          .on_script = apply_answer_before_body};
}

}  // namespace assay::wire::faults
