// How long the room's tests wait for what must happen: far longer than it takes, even under a sanitizer on a
// busy machine. A test that waits so long has failed.
#pragma once

#include <chrono>

namespace assay::process {

inline constexpr auto kLong = std::chrono::seconds(20);

}  // namespace assay::process
