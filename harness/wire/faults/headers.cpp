#include "harness/wire/faults/catalogue.h"
#include "harness/wire/faults/head.h"

namespace assay::wire::faults {
namespace {
Result<Response> apply_headers(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "");
  const Headers set = read_headers(p, "set");
  const Headers add = read_headers(p, "add");
  std::vector<std::string> removed;
  if (const nlohmann::json* names = p.value("remove")) {
    const nlohmann::json list = names->is_array() ? *names : nlohmann::json::array({*names});
    for (const nlohmann::json& name : list) {
      if (!name.is_string()) p.wrong("remove: expected a name, found " + as_text(name));
      if (name.is_string()) removed.push_back(name.get<std::string>());
    }
  }
  if (set.empty() && add.empty() && removed.empty()) p.wrong("expected set, add or remove");
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  for (const std::string& name : removed) remove_header(response.headers, name);
  for (const Header& h : set) set_header(response.headers, h.name, h.value);
  response.headers.insert(response.headers.end(), add.begin(), add.end());
  return response;
}

}  // namespace

Fault headers() {
  return {.name = "headers",
          .level = FaultLevel::exchange,
          .description =
              "Headers set, added or removed; values are sent as they are, including control bytes and line "
              "breaks",
          .parameters = "set: {NAME: VALUE}; add: {NAME: VALUE}; remove: [NAME...]",
          .example = R"({"set": {"X-Note": "a"}, "remove": ["Server"]})",
          .on_exchange = apply_headers};
}

}  // namespace assay::wire::faults
