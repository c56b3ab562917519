// Delta: one small thing that a decoder learned from a stream, in the words of Turn. A consumer that shows
// text as it comes implements DeltaSink; TurnBuilder is the sink that puts a Turn together again.
//
// A Delta is valid only while DeltaSink::on runs: its views point into the decoder. Copy what you keep.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/stream/turn.h"

namespace assay::stream {

struct Delta {
  enum class Kind {
    start,      // `id` and `model` of the turn, as far as known; comes again when more is known
    text,       // a fragment of a block: `text`
    reasoning,  //
    refusal,    //
    tool_call,  // `id` and `name` when first known (else empty), `text` = a fragment of the arguments
    opaque,     // a block only the provider understands: `name` = its type, `text` = its JSON text
    input,      // a fragment of the input of an opaque block
    signature,  // `text` = a fragment of the signature of a block
    finish,     // `finish` and, in `text`, the provider's own word
    usage,      // `usage` = all counts known so far
    error,      // `error`
    extra,      // `name` and, in `text`, its JSON text: replaces what had this name
    extra_part  // the same, but added to what had this name: lists are joined, objects merged
  };
  Kind kind = Kind::text;
  std::uint32_t block = 0;  // index in Turn::blocks; blocks are opened in order, by their first delta
  int choice = 0;
  Block::Kind block_kind = Block::Kind::text;  // of `block`, for the kinds that are about a block
  std::string_view text;
  std::string_view id;
  std::string_view name;
  std::string_view model;
  FinishReason finish = FinishReason::none;
  const Usage* usage = nullptr;
  const StreamError* error = nullptr;
};

// "text", "tool_call", ...
std::string_view delta_name(Delta::Kind kind);
// One line of `assay decode --events`.
nlohmann::json to_json(const Delta& delta);

class DeltaSink {
 public:
  virtual ~DeltaSink() = default;
  virtual void on(const Delta& delta) = 0;
};

class TurnBuilder final : public DeltaSink {
 public:
  void on(const Delta& delta) override;
  const Turn& turn() const { return turn_; }
  Turn& turn() { return turn_; }

 private:
  Block& block_of(const Delta& delta);

  Turn turn_;
};

}  // namespace assay::stream
