// A general OAuth 2.0 authorization server as a fake: strict where peers are lax. Routes, rules, settings and
// what differs from a certified implementation: README.md beside this file.
#pragma once

#include <memory>

#include "fakes/world_state.h"
#include "harness/world/fake.h"

namespace assay::fakes {

Result<std::unique_ptr<Fake>> make_oauth(FakeConfig config, std::shared_ptr<WorldState> state);

}  // namespace assay::fakes
