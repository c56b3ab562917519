// How GoogleTest shows a Turn. Every test that compares turns includes it (the one-definition rule).
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/stream/turn.h"

namespace assay::stream {

inline void PrintTo(const Turn& turn, std::ostream* out) {
  *out << to_json(turn).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace assay::stream
