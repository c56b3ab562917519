// All fakes by kind. The three WorldRouter fakes and the OAuth server of one world share what their databases
// share in life (keys, sessions, tokens): a WorldState, which the factory keeps.
//
// Thread-safety: none needed; see harness/world/fake.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/world_state.h"
#include "harness/base/result.h"
#include "harness/world/fake.h"

namespace assay::fakes {

// The kinds that make_fake knows: "auth-station", "control-api", "inference-api", "oauth".
std::vector<std::string_view> kinds();

// A fake of that kind. `state` is shared by the fakes of one world and kept alive by them. An unknown kind or
// setting, or a value of the wrong type, is an error that names it and what would be right; the settings of a
// kind are listed in its README.
Result<std::unique_ptr<Fake>> make_fake(std::string_view kind, FakeConfig config,
                                        std::shared_ptr<WorldState> state);

// A WorldState whose turns and recordings come from `fixtures_directory`.
std::shared_ptr<WorldState> make_state(std::string fixtures_directory);

// make_fake with a fresh WorldState: one factory per world.
FakeFactory make_factory(std::string fixtures_directory);

}  // namespace assay::fakes
