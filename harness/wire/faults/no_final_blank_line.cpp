#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_no_final_blank_line(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "ending");
  const bool keep_line_end = p.one_of("ending", {"line", "none"}) != "none";
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  if (auto plain = not_coded(response); !plain) return tl::unexpected(plain.error());
  const std::string bytes = body_bytes(response);
  const std::size_t last = bytes.find_last_not_of("\r\n");
  if (last == std::string::npos) return fail("the body has no line");
  std::size_t end = last + 1;
  if (keep_line_end && end < bytes.size()) end += bytes.compare(end, 2, "\r\n") == 0 ? 2 : 1;
  if (end == bytes.size()) return fail("the body has no such ending already");
  BodyEdits edits;
  edits.replace(end, bytes.size(), "");
  return edits.apply(std::move(response));
}

}  // namespace

Fault no_final_blank_line() {
  return {.name = "no-final-blank-line",
          .level = FaultLevel::exchange,
          .description = "No blank line after the last event, or not even a line ending",
          .parameters = "ending: line | none (line)",
          .example = "null",
          .on_exchange = apply_no_final_blank_line};
}

}  // namespace assay::wire::faults
