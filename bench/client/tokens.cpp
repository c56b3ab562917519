#include "bench/client/tokens.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::bench {
namespace {

constexpr std::string_view kMark = "tk";
constexpr std::size_t kDigits = 7;
constexpr std::size_t kTokenBytes = kMark.size() + 1 + kDigits;

}  // namespace

std::string token(std::size_t stream, std::size_t event) {
  return fmt::format("{}{}{:0{}}", kMark, static_cast<char>('a' + stream), event, kDigits);
}

std::string token_text(std::size_t stream, std::size_t events) {
  std::string out;
  out.reserve(events * (kTokenBytes + 1));
  for (std::size_t i = 0; i < events; ++i) out += " " + token(stream, i);
  return out;
}

// Returns how many bytes of `text` need not be looked at again.
std::size_t TokenWatch::take(std::string_view text, Micros at) {
  std::size_t from = 0;
  while (true) {
    const std::size_t found = text.find(kMark, from);
    if (found == std::string_view::npos)
      return text.empty() || text.back() != kMark[0] ? text.size() : text.size() - 1;
    if (text.size() - found < kTokenBytes) return found;
    const std::string_view digits = text.substr(found + kMark.size() + 1, kDigits);
    const auto stream = static_cast<std::size_t>(text[found + kMark.size()] - 'a');
    from = found + kMark.size();
    if (stream >= kStreams ||
        !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    std::size_t event = 0;
    for (const char c : digits) event = event * 10 + static_cast<std::size_t>(c - '0');
    from = found + kTokenBytes;
    if (event >= events_) continue;
    std::vector<Micros>& shown = shown_[stream];
    if (shown.empty()) shown.assign(events_, kNever);
    if (shown[event] != kNever) continue;
    shown[event] = at;
    ++counts_[stream];
  }
}

void TokenWatch::read(std::string_view bytes, Micros at) {
  if (!rest_.empty()) {
    // As much as a token that began before can need.
    const std::size_t more = std::min(bytes.size(), kTokenBytes - 1);
    rest_ += bytes.substr(0, more);
    const std::size_t done = take(rest_, at);
    if (more == bytes.size()) {
      rest_.erase(0, done);
      return;
    }
    rest_.clear();
    // A token wholly inside these bytes is found again below, and not counted twice.
  }
  rest_.assign(bytes.substr(take(bytes, at)));
}

}  // namespace assay::bench
