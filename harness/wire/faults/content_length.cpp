#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_content_length(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "value");
  const auto value = p.integer("value", 0, INT64_MAX);
  const auto add = p.integer("add", -(std::int64_t{1} << 40), std::int64_t{1} << 40);
  if (value.has_value() == add.has_value()) p.wrong("expected value: N or add: N");
  const auto then = p.one_of("then", {"close", "stall", "keep-alive"});
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());

  const Layout where = layout(script);
  if (where.chunked()) return fail("the message is chunked; te-and-cl adds a Content-Length to such a one");
  if (where.endless && (add || then)) return fail("the body has no end");
  const auto payload = static_cast<std::int64_t>(where.payload);
  const std::int64_t declared = value ? *value : payload + *add;
  if (declared < 0) return fail("the length would be " + std::to_string(declared));
  auto changed = set_header_line(std::move(script), "Content-Length", std::to_string(declared));
  if (!changed || where.endless) return changed;
  const std::size_t end = layout(*changed).total;
  if (then == "stall") return end_at(*std::move(changed), end, {{Stall{}}});
  if (then == "close" || (!then && declared > payload)) return end_at(*std::move(changed), end, {{Close{}}});
  return changed;
}

}  // namespace

Fault content_length() {
  return {.name = "content-length",
          .level = FaultLevel::script,
          .description = "Content-Length larger or smaller than the body",
          .parameters =
              "value: N | add: N; then: close | stall | keep-alive (close when more is declared than comes)",
          .example = R"({"add": 50})",
          .on_script = apply_content_length};
}

}  // namespace assay::wire::faults
