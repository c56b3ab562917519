// simdjson On-Demand, compiled for one kernel each. Call one only on a CPU that has it.
#pragma once

#include <string_view>
#include <vector>

#include "bench/stream/checksum.h"
#include "harness/stream/turn.h"

namespace assay::bench {

namespace fallback {
Checksum limit(stream::Protocol protocol, const std::vector<std::string_view>& payloads);
Checksum every_value(const std::vector<std::string_view>& payloads);
}  // namespace fallback
namespace haswell {
Checksum limit(stream::Protocol protocol, const std::vector<std::string_view>& payloads);
Checksum every_value(const std::vector<std::string_view>& payloads);
}  // namespace haswell
namespace icelake {
Checksum limit(stream::Protocol protocol, const std::vector<std::string_view>& payloads);
Checksum every_value(const std::vector<std::string_view>& payloads);
}  // namespace icelake

}  // namespace assay::bench
