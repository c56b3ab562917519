// Barrier: answers wait until so many requests are in, then go out in an order that the case chooses: "hold
// until 2 requests are in, then answer the second first". A pure state machine; the world plays it with Hold
// steps and Server::release().
//
//   hold: gate                            (a name: released by the case, no barrier)
//   hold: {until: 2, answer: [2, 1]}      (a barrier)
//
// Not thread-safe; the world uses it on its loop thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace assay {

struct BarrierSpec {
  std::uint64_t until = 2;            // requests that must be in
  std::vector<std::uint64_t> answer;  // 1-based arrivals, each once, in the order they are answered
  bool operator==(const BarrierSpec&) const = default;
};
// Reads {until: N, answer: [..]}; without `answer` they are answered as they came. Errors say what was
// expected.
Result<BarrierSpec> parse_barrier(const nlohmann::json& value);

class Barrier {
 public:
  // `name` is the stem of the names of its holds: "NAME/1", "NAME/2", ...
  Barrier(std::string name, BarrierSpec spec);

  struct Arrival {
    std::string hold;                  // where this request's answer waits; empty = it need not
    std::vector<std::string> release;  // what to release now, in this order
  };
  // A request came. The first of the chosen order is released when the last of `until` has come; those that
  // come later pass.
  Arrival arrive();
  // The answer that waited at `hold` was sent whole, or its peer is gone: what to release now. Each answer is
  // released only when the one before it was sent, so that the order is certain. A name that is not this
  // barrier's is ignored.
  std::vector<std::string> answered(const std::string& hold);
  // How many wait now.
  std::uint64_t waiting() const;

 private:
  std::string hold_name(std::uint64_t arrival) const;
  std::vector<std::string> due();  // what may be released now

  std::string name_;
  BarrierSpec spec_;
  std::uint64_t arrived_ = 0;
  std::vector<bool> sent_;    // by arrival, from 0
  std::size_t released_ = 0;  // how many of spec_.answer were released
};

}  // namespace assay
