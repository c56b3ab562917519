// Budget: how many requests and tokens a probe may cost. A request is paid for before it is sent, at the most
// that it can cost; what it did not use is given back. An endpoint that counts more than it was allowed does
// not change what was allowed: its own count is kept beside.
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
  // False: it would be exceeded, and nothing is taken. It is when what requests allowed would be more than
  // the limit; and when the endpoint's own count would, with as much more for each request as it has counted
  // too many before.
  bool take(const Cost& most);
  // A request that was taken for `most` is over, and the endpoint counts `counted` tokens.
  void settle(const Cost& most, std::int64_t counted);
  // What the requests cost: what the endpoint counted, but no more than each allowed. Never above limit().
  Cost spent() const;
  // Tokens by the endpoint's count, which nobody but the endpoint bounds.
  std::int64_t counted() const;
  Cost limit() const { return limit_; }

 private:
  const Cost limit_;
  mutable std::mutex mutex_;
  Cost spent_;
  std::int64_t counted_ = 0;
  std::int64_t excess_ = 0;  // the most by which an answer was counted above what its request allowed
};

}  // namespace assay::probe
