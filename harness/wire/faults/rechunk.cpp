#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_rechunk(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "into");
  const nlohmann::json* into = p.value("into");
  const bool known = into != nullptr && (*into == "event" || *into == "one" ||
                                         (into->is_number_integer() && *into >= 1 && *into <= 1 << 30));
  if (!known) p.wrong("expected into: event | one | N");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const std::size_t total = body_bytes(response).size();
  if (total == 0) return fail("the body is empty");
  std::vector<std::size_t> begins{0};
  if (*into == "event") {
    if (auto plain = not_coded(response); !plain) return tl::unexpected(plain.error());
    begins = event_borders(response);
    if (begins.empty()) return fail("the body has no events");
  } else if (into->is_number()) {
    const auto size = into->get<std::size_t>();
    for (std::size_t at = size; at < total; at += size) begins.push_back(at);
  }
  response.body = divide_body(response, begins);
  if (response.framing == BodyFraming::content_length) {
    remove_header(response.headers, "Content-Length");
    response.framing = BodyFraming::chunked;
  }
  return response;
}

}  // namespace

Fault rechunk() {
  return {.name = "rechunk",
          .level = FaultLevel::exchange,
          .description = "Body in HTTP chunks of other sizes: fixed size, one chunk per event, one chunk",
          .parameters = "into: event | one | N bytes",
          .example = R"("one")",
          .lossless = true,
          .on_exchange = apply_rechunk};
}

}  // namespace assay::wire::faults
