// The world of one play. Inside the room.
#pragma once

#include <memory>

#include "bench/client/play.h"
#include "conformance/runner/case/world_spec.h"
#include "harness/world/world.h"

namespace assay::bench {

inline constexpr const char* kKey = "sk-worldrouter-bench-0123456789abcdef";

// Every member outlives those after it.
struct PlayWorld {
  SystemClock clock;
  Journal journal{clock, 1000};
  conformance::WorldPlan plan;
  std::unique_ptr<Tap> tap;
  std::unique_ptr<World> world;

  // Fakes that answer each chat with `stream.events` tokens, cut and paced as the plan says.
  static Result<std::unique_ptr<PlayWorld>> open(const PlayOptions& options, const StreamPlan& stream);
};

}  // namespace assay::bench
