// One world as Worlds keeps it. Inside of Worlds.
//
// Not thread-safe: used under the mutex of Worlds.
#pragma once

#include <memory>
#include <string>

#include "conformance/serve/worlds.h"

namespace assay::serve {

struct Worlds::Hosted {
  WorldOrder made;       // resolved: as it was created, or with the scenario it was given since
  WorldOrder base;       // as it was created
  nlohmann::json world;  // as it is now, with the faults that were set since
  conformance::WorldPlan plan;
  std::string key;
  std::unique_ptr<SharedListeners> listeners;  // with own_listeners
  std::shared_ptr<Era> era;
  std::unique_ptr<World> running;  // destroyed first: it uses both
};

inline Error there_is_none(const std::string& name) {
  return {"there is no world \"" + name + "\"", {}, 0};
}

}  // namespace assay::serve
