#include "harness/recorder/chunk_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/base/text.h"

namespace assay {
namespace {

constexpr std::size_t kMostOfALine = std::size_t{64} * 1024;
constexpr std::size_t kMostOfTrailers = std::size_t{1} << 20U;

}  // namespace

std::size_t ChunkScan::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::inside) {
    if (part_ == Part::data) {
      const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
      used += some;
      left_ -= some;
      if (left_ == 0) {
        part_ = Part::data_end;
        left_ = 2;
      }
      continue;
    }
    take(bytes[used++]);
  }
  return used;
}

void ChunkScan::take(char c) {
  if (part_ == Part::data_end) {
    if (c != (left_ == 2 ? '\r' : '\n')) state_ = State::bad;
    if (--left_ == 0) part_ = Part::size_line;
    return;
  }
  line_ += c;
  if (c == '\n') {
    line_ended();
  } else if (line_.size() > kMostOfALine) {
    state_ = State::bad;
  }
}

void ChunkScan::line_ended() {
  if (!line_.ends_with("\r\n")) {
    state_ = State::bad;
    return;
  }
  const std::string_view line(line_.data(), line_.size() - 2);
  if (part_ == Part::size_line) {
    size_line_ended(line);
  } else if (line.empty()) {
    state_ = State::done;
  } else {
    trailers_ += line_;
    if (trailers_.size() > kMostOfTrailers) state_ = State::bad;
  }
  line_.clear();
}

void ChunkScan::size_line_ended(std::string_view line) {
  const std::size_t semicolon = line.find(';');
  const std::string_view spelled = line.substr(0, semicolon);
  const std::string_view digits = trim(spelled);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    state_ = State::bad;
    return;
  }
  extensions_ = extensions_ || semicolon != std::string_view::npos;
  odd_sizes_ = odd_sizes_ || spelled != fmt::format("{:x}", size);
  part_ = size == 0 ? Part::trailers : Part::data;
  left_ = size;
  chunks_ += size == 0 ? 0 : 1;
}

}  // namespace assay
