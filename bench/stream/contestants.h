// The ways to read a stream that are measured side by side.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stream/checksum.h"
#include "bench/stream/corpus.h"

namespace assay::bench {

struct Contestant {
  std::string name;
  bool reads = true;    // false: the read size means nothing to it
  bool decodes = true;  // false: a floor; its checksum is of no text
  Checksum (*run)(const Corpus& corpus, const std::vector<std::string_view>& payloads, std::size_t read);
};

// In the order of the table: floors, limits, ours, peers in C++.
const std::vector<Contestant>& contestants();

// simdjson On-Demand on payloads that are already split, with the best kernel that this CPU has; walks only
// the fields that the text is in. The upper limit for anything that parses.
Checksum ondemand_limit(const Corpus& corpus, const std::vector<std::string_view>& payloads,
                        std::size_t read);
// The same reading every key and value, which is what makes On-Demand check them. Decodes nothing.
Checksum ondemand_every_value(const Corpus& corpus, const std::vector<std::string_view>& payloads,
                              std::size_t read);
// The kernel that both use here: "icelake", "haswell" or "fallback".
std::string_view ondemand_kernel();

}  // namespace assay::bench
