// Budget: how many requests and tokens a probe may cost. A request is paid for before it is sent, at the most
// that it can cost; what it did not use is given back.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/base/exchange.h"
#include "harness/base/result.h"
#include "harness/stream/turn.h"
#include "probe/check/check.h"

namespace assay::probe {

struct Cost {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
  Cost& operator+=(const Cost& other);
};

// The most that a request can cost: as many tokens of input as its body has bytes, for no tokenizer makes
// more of them, and all of the output that it allows.
Cost most_of(const Ask& ask, const Request& request);

// "200k-tokens", "200k", "5000", "2M-tokens".
Result<std::int64_t> parse_tokens(std::string_view text);

class Budget {
 public:
  explicit Budget(Cost limit) : limit_(limit) {}
  // False: it would be exceeded, and nothing is taken.
  bool take(const Cost& most);
  // What a request that was taken for `most` really cost. An endpoint that reports more than was allowed is
  // believed, and from then on as much more is set aside for each request.
  void settle(const Cost& most, std::int64_t tokens);
  Cost spent() const;
  Cost limit() const { return limit_; }

 private:
  const Cost limit_;
  mutable std::mutex mutex_;
  Cost spent_;
  std::int64_t excess_ = 0;  // the most by which an answer cost more than its request allowed
};

}  // namespace assay::probe
