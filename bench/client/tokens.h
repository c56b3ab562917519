// The text of a measured stream: words that say which stream and which event they came with, so that they are
// found again in whatever a client shows: " tka0000000 tka0000001 …".
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/time.h"

namespace assay::bench {

// Streams of one play that are told apart: a client may ask more than once (for a title, say).
inline constexpr std::size_t kStreams = 4;
// Of a stream: it is made before it is sent, and takes a kilobyte and more an event until then.
inline constexpr std::size_t kMostEvents = 1'000'000;

// "tka0000012": event 12 of stream 0.
std::string token(std::size_t stream, std::size_t event);
// The tokens of a stream, each with a space before it: an encoder makes one event of each.
std::string token_text(std::size_t stream, std::size_t events);

// Finds tokens in what a client shows, whatever stands around them and however it is cut. Not thread-safe.
class TokenWatch {
 public:
  static constexpr Micros kNever{-1};

  explicit TokenWatch(std::size_t events) : events_(events) {}
  // `bytes` go on where the last ones ended and were seen at `at`. Only the first sight of a token counts.
  void read(std::string_view bytes, Micros at);

  std::size_t count(std::size_t stream) const { return counts_[stream]; }
  // When each event of the stream was first seen, kNever for those that were not; empty while none was.
  const std::vector<Micros>& shown(std::size_t stream) const { return shown_[stream]; }

 private:
  std::size_t take(std::string_view text, Micros at);

  std::size_t events_;
  std::string rest_;  // a token that may go on in the next bytes
  std::array<std::size_t, kStreams> counts_{};
  std::array<std::vector<Micros>, kStreams> shown_;
};

}  // namespace assay::bench
