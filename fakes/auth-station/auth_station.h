// The Auth Station fake: a login that hands the token itself to the client's loopback listener. Routes, token
// and settings: README.md beside this file.
#pragma once

#include <memory>

#include "fakes/world_state.h"
#include "harness/world/fake.h"

namespace assay::fakes {

inline constexpr std::string_view auth_station_issuer = "auth.worldrouter.ai";

Result<std::unique_ptr<Fake>> make_auth_station(FakeConfig config, std::shared_ptr<WorldState> state);

}  // namespace assay::fakes
