#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/params.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_huge_headers(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "bytes");
  const auto count = p.integer("count", 1, 100'000).value_or(1);
  const auto bytes = p.size("bytes").value_or(64 * 1024);
  if (bytes > (64U << 20U) / static_cast<std::uint64_t>(count)) p.wrong("expected no more than 64MiB in all");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  for (std::int64_t i = 0; i < count; ++i) {
    response.headers.push_back({"X-Filler-" + std::to_string(i), std::string(bytes, 'x')});
  }
  return response;
}

}  // namespace

Fault huge_headers() {
  return {.name = "huge-headers",
          .level = FaultLevel::exchange,
          .description = "Many or long headers",
          .parameters = "bytes: SIZE of each value (64KiB); count: N (1)",
          .example = R"({"count": 500, "bytes": 10})",
          .on_exchange = apply_huge_headers};
}

}  // namespace assay::wire::faults
