#include "fakes/library.h"

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/base/names.h"
#include "harness/base/yaml.h"
#include "harness/fixture/fixture.h"

namespace assay::fakes {

Result<stream::Turn> Library::load(const std::string& path) const {
  const auto document = load_yaml_file(path);
  if (!document) return tl::unexpected(document.error());
  auto turn = stream::turn_from_json(document->value);
  if (!turn) return fail(turn.error().message, path);
  return turn;
}

Result<stream::Turn> Library::turn(const nlohmann::json& name_or_turn) const {
  if (name_or_turn.is_object()) return stream::turn_from_json(name_or_turn);
  if (!name_or_turn.is_string()) return fail("a turn is a name or a map, found " + name_or_turn.dump());
  const auto& name = name_or_turn.get_ref<const std::string&>();
  if (const auto known = turns_.find(name); known != turns_.end()) return known->second;
  if (name.empty() || name.find_first_of("/\\") != std::string::npos)
    return fail("'" + name + "' is no name of a turn");
  auto turn = load(directory_ + "/turns/" + name + ".yaml");
  if (turn) turns_.emplace(name, *turn);
  return turn;
}

Result<Response> Library::recorded(const std::string& name) const {
  if (const auto known = recorded_.find(name); known != recorded_.end()) return known->second;
  const auto hash = name.find('#');
  // An absolute path is that of a case, a world or a test that names its own recording (case/own_paths.h);
  // the admin API lets none through.
  const std::string file = name.substr(0, hash);
  if (!file.starts_with('/') && !stays_below(file))
    return fail("'" + name + "': expected the path of a fixture below " + directory_);
  const std::string path = (std::filesystem::path(directory_) / file).string();
  std::size_t index = 0;
  if (hash != std::string::npos) {
    const auto* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + hash + 1, end, index);
    if (error != std::errc() || stop != end)
      return fail("'" + name + "': expected the number of an exchange after '#'");
  }
  const auto fixture = read_fixture(path);
  if (!fixture) return tl::unexpected(fixture.error());
  if (index >= fixture->exchanges.size())
    return fail("there is no exchange " + std::to_string(index) + "; there are " +
                    std::to_string(fixture->exchanges.size()) + ", counted from 0",
                path);
  return recorded_.emplace(name, fixture->exchanges[index].exchange.response).first->second;
}

Result<std::map<std::string, stream::Turn>> Library::all_turns() const {
  std::map<std::string, stream::Turn> turns;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_ + "/turns", error)) {
    if (entry.path().extension() != ".yaml") continue;
    auto turn = load(entry.path().string());
    if (!turn) return tl::unexpected(turn.error());
    turns.emplace(entry.path().stem().string(), std::move(*turn));
  }
  if (error) return fail(error.message(), directory_ + "/turns");
  return turns;
}

}  // namespace assay::fakes
