// Reading one request of a check file. Private to probe/check.
#pragma once

#include "harness/base/strict.h"
#include "probe/check/check.h"

namespace assay::probe {

Ask read_ask(ObjectReader& in);
// "openai-chat" → itself, with a problem at `key` when it is none that can be asked.
std::optional<stream::Protocol> read_protocol(ObjectReader& in, std::string_view key,
                                              const std::string& name);
// A map from protocols to anything.
std::map<std::string, nlohmann::json, std::less<>> read_by_protocol(ObjectReader& in, std::string_view key);

}  // namespace assay::probe
