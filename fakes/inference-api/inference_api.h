// The inference API fake: model lists and model answers in the protocols that clients speak. Routes and
// settings: README.md beside this file.
#pragma once

#include <memory>

#include "fakes/world_state.h"
#include "harness/world/fake.h"

namespace assay::fakes {

Result<std::unique_ptr<Fake>> make_inference_api(FakeConfig config, std::shared_ptr<WorldState> state);

}  // namespace assay::fakes
