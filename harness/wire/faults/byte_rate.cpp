#include <algorithm>

#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/place.h"

namespace assay::wire::faults {
namespace {

Result<Script> apply_byte_rate(Script script, const nlohmann::json& params, FaultContext&) {
  Params p(params, "per_second");
  if (!p.given("per_second")) p.wrong("expected per_second");
  const auto rate = p.integer("per_second", 1, 1'000'000'000).value_or(1);
  const bool from_head = p.one_of("from", {"head", "body"}) == "head";
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  // A piece every 20 ms, or a byte at a time where the rate is lower than that.
  const std::int64_t piece = std::max<std::int64_t>(1, rate / 50);
  const Layout where = layout(script);
  if (auto ok = nothing_hidden(where); !ok) return tl::unexpected(ok.error());
  if (auto body = body_place(where); !body && !from_head) return tl::unexpected(body.error());
  const std::size_t from = from_head ? where.head : where.body;
  std::vector<std::size_t> places;
  for (std::size_t at = from + static_cast<std::size_t>(piece); at < where.total;
       at += static_cast<std::size_t>(piece)) {
    places.push_back(at);
  }
  if (auto ok = few_enough(places); !ok) return tl::unexpected(ok.error());
  return insert_steps(std::move(script), places, {{Wait{Micros(piece * 1'000'000 / rate)}}});
}

}  // namespace

Fault byte_rate() {
  return {.name = "byte-rate",
          .level = FaultLevel::script,
          .description = "Bandwidth limit for the body or the whole message",
          .parameters = "per_second: N; from: head | body (body)",
          .example = R"({"per_second": 10000})",
          .lossless = true,
          .on_script = apply_byte_rate};
}

}  // namespace assay::wire::faults
