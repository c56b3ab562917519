// Streams to measure with, made by a seed: the same bytes on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/stream/turn.h"

namespace assay::bench {

struct Corpus {
  std::string name;  // "chat", "messages", "responses", "chat-restless"
  stream::Protocol protocol;
  std::string bytes;
};

// Text, reasoning and tool calls, in words of four to six bytes a delta, `megabytes` long. "chat-restless" is
// chat whose events never share their skeleton: each has an id of its own.
Corpus make_corpus(const std::string& name, std::size_t megabytes, std::uint64_t seed);
const std::vector<std::string>& corpus_names();

// The payload of each event, [DONE] left out, each followed by at least 64 readable bytes of `bytes`. The
// views live as long as `bytes`, which needs spare capacity for them: make_corpus leaves it.
std::vector<std::string_view> split_payloads(const std::string& bytes);

}  // namespace assay::bench
