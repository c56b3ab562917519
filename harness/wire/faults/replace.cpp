#include "harness/base/text.h"
#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_replace(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const auto status = p.integer("status", 100, 999);
  const auto reason = p.text("reason");
  const auto type = p.text("type");
  const bool new_headers = p.given("headers");
  Headers headers = read_headers(p, "headers");
  const auto text = p.text("text");
  const nlohmann::json* value = p.value("json");
  const auto encoded = p.text("base64");
  if ((text ? 1 : 0) + (value != nullptr ? 1 : 0) + (encoded ? 1 : 0) != 1) {
    p.wrong("expected one of text, json, base64");
  }
  std::string body = text.value_or("");
  if (encoded) {
    auto decoded = base64_decode(*encoded);
    if (!decoded) p.wrong("base64: " + decoded.error().message);
    body = decoded.value_or("");
  }
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (value != nullptr) body = as_text(*value);
  if (new_headers) response.headers = std::move(headers);
  response = replace_body(std::move(response), std::move(body),
                          type.value_or(value != nullptr ? "application/json" : ""));
  if (status) set_status(response, static_cast<int>(*status));
  if (reason) response.reason = *reason;
  return response;
}

}  // namespace

Fault replace() {
  return {.name = "replace",
          .level = FaultLevel::exchange,
          .description = "Response replaced: status, headers and body",
          .parameters =
              "status: 100-999 (unchanged); reason: TEXT; type: CONTENT-TYPE; headers: {NAME: VALUE} as the "
              "only ones; text: TEXT | json: VALUE | base64: TEXT",
          .example = R"({"status": 500, "json": {"error": "bad"}})",
          .on_exchange = apply_replace};
}

}  // namespace assay::wire::faults
