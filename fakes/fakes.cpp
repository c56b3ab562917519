#include "fakes/fakes.h"

#include <fmt/format.h>

#include "fakes/auth-station/auth_station.h"
#include "fakes/control-api/control_api.h"
#include "fakes/inference-api/inference_api.h"
#include "fakes/library.h"
#include "fakes/oauth/oauth.h"

namespace assay::fakes {
namespace {

struct Kind {
  std::string_view name;
  Result<std::unique_ptr<Fake>> (*make)(FakeConfig, std::shared_ptr<WorldState>);
};
constexpr Kind all_kinds[] = {{"auth-station", make_auth_station},
                              {"control-api", make_control_api},
                              {"inference-api", make_inference_api},
                              {"oauth", make_oauth}};

}  // namespace

std::vector<std::string_view> kinds() {
  std::vector<std::string_view> names;
  for (const auto& kind : all_kinds) names.push_back(kind.name);
  return names;
}

Result<std::unique_ptr<Fake>> make_fake(std::string_view kind, FakeConfig config,
                                        std::shared_ptr<WorldState> state) {
  for (const auto& known : all_kinds) {
    if (known.name != kind) continue;
    auto made = known.make(std::move(config), std::move(state));
    if (!made) return fail(fmt::format("{}: {}", kind, made.error().message));
    return made;
  }
  return fail(fmt::format("there is no fake '{}'; there are {}", kind, fmt::join(kinds(), ", ")));
}

std::shared_ptr<WorldState> make_state(std::string fixtures_directory) {
  auto state = std::make_shared<WorldState>();
  state->library = std::make_shared<const Library>(std::move(fixtures_directory));
  return state;
}

FakeFactory make_factory(std::string fixtures_directory) {
  return [state = make_state(std::move(fixtures_directory))](std::string_view kind, FakeConfig config) {
    return make_fake(kind, std::move(config), state);
  };
}

}  // namespace assay::fakes
