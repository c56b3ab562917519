// Decoder: bytes of a model's answer in, deltas and at last the canonical Turn out. Streams and whole bodies,
// in each protocol; reads may be cut anywhere.
//
//   Decoder decoder(Protocol::openai_chat);
//   while (read(bytes)) if (auto fed = decoder.feed(bytes, &sink); !fed) return fed.error();
//   Turn turn = decoder.finish(&sink);
//
// In the steady state an event costs no allocation (DecodeOptions::keep_turn aside: a kept turn grows with
// its text). One owner, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "harness/base/result.h"
#include "harness/stream/delta.h"
#include "harness/stream/framing/framing.h"
#include "harness/stream/framing/sse.h"
#include "harness/stream/turn.h"

namespace assay::stream {

struct DecodeOptions {
  Framing framing = Framing::automatic;
  AtEnd at_end = AtEnd::discard;
  FrameLimits limits;
  bool keep_turn = true;  // false: deltas only, memory independent of the stream's length
  bool templates = true;  // recognise events that differ from an earlier one only in their delta
};

class Decoder {
 public:
  explicit Decoder(Protocol protocol, const DecodeOptions& options = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Deltas go to `sink`, if there is one, before feed returns. An error (a payload that is not JSON, a CRC
  // that is wrong, a limit that was passed) names the event; nothing is read after it, what was decoded
  // before stays.
  Result<void> feed(std::string_view bytes, DeltaSink* sink = nullptr);
  // The stream ended. With AtEnd::flush an unfinished last event may yield more deltas, or the problem that
  // it would have been in the middle; one that may be the beginning of a right event is passed over. It is a
  // problem, too, when the bytes held no event of their framing and are not the beginning of one: nothing at
  // all, a page, a JSON body that was cut. Comments and blank lines keep a connection alive and are none.
  // Turn::complete says whether the protocol's own end was seen, and the end of an outer array.
  Turn finish(DeltaSink* sink = nullptr);
  // The first error, if there was one.
  const std::optional<Error>& problem() const;
  // Payloads so far, and how many of them a template recognised.
  std::uint64_t events() const;
  std::uint64_t recognised() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A whole answer at once. Error: what feed would have said.
Result<Turn> decode(Protocol protocol, std::string_view bytes, const DecodeOptions& options = {});

}  // namespace assay::stream
