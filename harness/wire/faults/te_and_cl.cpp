#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_te_and_cl(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "add");
  const auto add = p.integer("add", -(std::int64_t{1} << 40), std::int64_t{1} << 40).value_or(0);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const Layout where = layout(script);
  if (!where.chunked()) return fail("the message is not chunked");
  if (where.endless) return fail("the body has no end");
  const std::int64_t declared = static_cast<std::int64_t>(where.payload) + add;
  if (declared < 0) return fail("the length would be " + std::to_string(declared));
  return set_header_line(std::move(script), "Content-Length", std::to_string(declared));
}

}  // namespace

Fault te_and_cl() {
  return {
      .name = "te-and-cl",
      .level = FaultLevel::script,
      .description = "Chunked message with an additional Content-Length (RFC 9112 section 6.3: chunked wins)",
      .parameters = "add: N to the true length of the payload (0)",
      .example = R"({"add": -5})",
      .on_script = apply_te_and_cl};
}

}  // namespace assay::wire::faults
