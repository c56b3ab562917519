#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_header_fold(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "header");
  const auto name = p.text("header");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  for (Header& h : response.headers) {
    if (name && !iequals(h.name, *name)) continue;
    // At a space or before the value: a reader that unfolds finds the old value again.
    const std::size_t space = h.value.find(' ');
    if (space != std::string::npos) {
      h.value.replace(space, 1, "\r\n ");
    } else {
      h.value.insert(0, "\r\n ");
    }
    return response;
  }
  return fail(name ? "the response has no header " + *name : "the response has no headers");
}

}  // namespace

Fault header_fold() {
  return {.name = "header-fold",
          .level = FaultLevel::exchange,
          .description = "Header value continued on the next line (obs-fold, RFC 9112 section 5.2)",
          .parameters = "header: NAME (the first one)",
          .example = R"({"header": "Content-Type"})",
          .on_exchange = apply_header_fold};
}

}  // namespace assay::wire::faults
