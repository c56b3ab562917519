#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_redirect(Response response, const nlohmann::json& params, FaultContext& context) {
  Params p(params, "to");
  const auto status = p.integer("status", 300, 399).value_or(307);
  const auto to = p.text("to");
  if (!p.given("to")) p.wrong("expected to");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  std::string location = *to;
  if (location == "self" || location == "slash") {
    if (context.request == nullptr) return fail("to " + location + ": the request is not known here");
    const std::string& target = context.request->target;
    const std::string path(target_path(target));
    location = location == "self" ? target : path + "/" + target.substr(path.size());
  }
  set_status(response, static_cast<int>(status));
  response = replace_body(std::move(response), "", "");
  remove_header(response.headers, "Content-Type");
  set_header(response.headers, "Location", location);
  return response;
}

}  // namespace

Fault redirect() {
  return {.name = "redirect",
          .level = FaultLevel::exchange,
          .description = "Redirect: to another URL, to itself in a loop, to the same path with a slash",
          .parameters = "to: self | slash | URL; status: 300-399 (307)",
          .example = R"({"to": "/elsewhere"})",
          .on_exchange = apply_redirect};
}

}  // namespace assay::wire::faults
