#include "conformance/runner/case/turns.h"

#include <filesystem>

#include "harness/base/untrusted_json.h"
#include "harness/base/yaml.h"
#include "harness/stream/turn.h"

namespace assay::conformance {

using nlohmann::json;

Result<json> load_turn(const std::string& data_folder, const std::string& name) {
  auto document = load_yaml_file(data_folder + "/fixtures/turns/" + name + ".yaml");
  if (!document) return tl::unexpected(document.error());
  auto turn = stream::turn_from_json(document->value);
  if (!turn) return fail(turn.error().message, document->file, 1);
  json calls = json::array();
  for (const stream::Block& call : stream::tool_calls_of(*turn)) {
    json arguments = parse_untrusted(call.text);
    if (arguments.is_discarded()) arguments = call.text;
    calls.push_back({{"id", call.id}, {"name", call.name}, {"arguments", std::move(arguments)}});
  }
  return json{{"text", stream::text_of(*turn)},
              {"reasoning", stream::reasoning_of(*turn)},
              {"tool_calls", std::move(calls)},
              {"finish_reason", stream::finish_name(turn->finish)}};
}

json all_turns(const std::string& data_folder) {
  json out = json::object();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder + "/fixtures/turns", error)) {
    const std::string name = entry.path().stem().string();
    if (auto turn = load_turn(data_folder, name)) out[name] = std::move(*turn);
  }
  return out;
}

}  // namespace assay::conformance
