#include "probe/ask/budget.h"

#include <algorithm>
#include <charconv>

namespace assay::probe {

Cost& Cost::operator+=(const Cost& other) {
  requests += other.requests;
  tokens += other.tokens;
  return *this;
}

Cost most_of(const Ask& ask, const Request& request) {
  // A route that should not exist may answer all the same.
  const bool asks = ask.route == Route::chat || ask.route == Route::unknown;
  if (!asks || request.method != "POST") return {1, 0};
  constexpr std::int64_t unsaid = 4096;  // what is assumed where a request does not bound its answer
  std::int64_t output = ask.max_tokens > 0 ? std::max(ask.max_tokens, 16) : unsaid;
  if (ask.reasoning) output += kThinkingTokens;
  return {1, static_cast<std::int64_t>(request.body.size()) + output * ask.choices};
}

Result<std::int64_t> parse_tokens(std::string_view text) {
  const auto wrong = [&] {
    return fail("expected tokens such as 200k-tokens, 2M or 5000, found \"" + std::string(text) + "\"");
  };
  std::string_view rest = text;
  if (rest.ends_with("-tokens")) rest.remove_suffix(7);
  std::int64_t factor = 1;
  if (rest.ends_with('k') || rest.ends_with('K')) factor = 1'000;
  if (rest.ends_with('M')) factor = 1'000'000;
  if (factor > 1) rest.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  constexpr std::int64_t most = 1'000'000'000;
  if (error != std::errc() || end != rest.data() + rest.size() || number < 1 || number > most) return wrong();
  return number * factor;
}

bool Budget::take(const Cost& most) {
  const std::lock_guard lock(mutex_);
  if (spent_.requests + most.requests > limit_.requests || spent_.tokens + most.tokens > limit_.tokens ||
      counted_ + most.tokens + excess_ * most.requests > limit_.tokens)
    return false;
  spent_ += most;
  counted_ += most.tokens;
  return true;
}

void Budget::settle(const Cost& most, std::int64_t counted) {
  const std::lock_guard lock(mutex_);
  spent_.tokens += std::min(counted, most.tokens) - most.tokens;
  counted_ += counted - most.tokens;
  excess_ = std::max(excess_, counted - most.tokens);
}

Cost Budget::spent() const {
  const std::lock_guard lock(mutex_);
  return spent_;
}

std::int64_t Budget::counted() const {
  const std::lock_guard lock(mutex_);
  return counted_;
}

}  // namespace assay::probe
