#include "bench/client/tap.h"

#include <fmt/format.h>

namespace assay::bench {

std::vector<Served> Tap::served() const {
  const std::lock_guard lock(mutex_);
  std::vector<Served> out;
  for (const auto& stream : streams_) {
    Served served = stream->served;
    for (const std::size_t part : stream->part_of) served.wire.push_back(stream->let_go[part]);
    out.push_back(std::move(served));
  }
  return out;
}

http::Answer Tap::on_request(const http::Incoming& in) {
  http::Answer answer = behind_.on_request(in);
  const bool paced = options_.pace > Micros(0);
  const std::string hold = fmt::format("bench-{}-", in.exchange);
  CutStream cut = cut_stream(*answer.script(), options_.cut, paced, hold);
  if (cut.ends.empty()) return answer;
  auto stream = std::make_shared<Stream>();
  stream->served.request = in.request;
  stream->served.stream = cut.stream;
  stream->served.events = cut.ends.size();
  stream->served.bytes = cut.bytes;
  stream->served.streamed = cut.pieces > 1;
  stream->served.ends = std::move(cut.ends);
  stream->part_of = std::move(cut.part_of);
  stream->let_go.resize(cut.event_of.size());
  for (std::size_t part = 0; part < cut.event_of.size(); ++part) {
    // Counted from now for each, so that lateness does not add up; the head has one pace of a start.
    const Micros due = options_.pace * static_cast<std::int64_t>(cut.event_of[part] + 1);
    server_->post(
        [this, stream, part, name = hold + std::to_string(part)] {
          {
            const std::lock_guard lock(mutex_);
            stream->let_go[part] = clock_.now();
          }
          server_->release(name);
        },
        due);
  }
  const std::lock_guard lock(mutex_);
  streams_.push_back(stream);
  stream->served.begun = clock_.now();
  return std::move(cut.script);
}

}  // namespace assay::bench
