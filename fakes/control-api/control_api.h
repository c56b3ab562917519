// The control-api fake: from the Auth Station's token to a session, from the session to API keys. Routes,
// bodies and settings: README.md beside this file.
#pragma once

#include <memory>

#include "fakes/world_state.h"
#include "harness/world/fake.h"

namespace assay::fakes {

Result<std::unique_ptr<Fake>> make_control_api(FakeConfig config, std::shared_ptr<WorldState> state);

}  // namespace assay::fakes
