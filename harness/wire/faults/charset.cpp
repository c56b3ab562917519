#include "harness/base/text.h"
#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_charset(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "name");
  const auto name = p.text("name");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  const std::string* type = find_header(response.headers, "Content-Type");
  if (type == nullptr) return fail("the response has no content type");
  std::string value(trim(type->substr(0, type->find(';'))));
  if (name) value += "; charset=" + *name;
  set_header(response.headers, "Content-Type", value);
  return response;
}

}  // namespace

Fault charset() {
  return {.name = "charset",
          .level = FaultLevel::exchange,
          .description = "Content-Type names another charset; the bytes stay as they are",
          .parameters = "name: TEXT; null: none is named",
          .example = R"("iso-8859-1")",
          .on_exchange = apply_charset};
}

}  // namespace assay::wire::faults
