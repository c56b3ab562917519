// Delta: one small thing that a decoder learned from a stream, in the words of Turn. A consumer that shows
// text as it comes implements DeltaSink; TurnBuilder is the sink that puts a Turn together again.
//
// A Delta is valid only while DeltaSink::on runs: its views point into the decoder. Copy what you keep.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "harness/stream/turn.h"

namespace assay::stream {

struct Delta {
  enum class Kind {
    start,        // `id` and `model` of the turn, as far as known; comes again when more is known
    text,         // a fragment of a block: `text`
    reasoning,    //
    refusal,      //
    tool_call,    // `id` and `name` when first known (else empty), `text` = a fragment of the arguments
    opaque,       // a block only the provider understands: `name` = its type, `text` = its JSON text
    opaque_part,  // fields for the JSON of an opaque block: `text` = an object; its strings continue theirs
    input,        // a fragment of the input of an opaque block
    signature,    // `text` = a fragment of the signature of a block
    finish,       // `finish` and, in `text`, the provider's own word
    usage,        // `usage` = all counts known so far
    error,        // `error`
    extra,        // `name` and, in `text`, its JSON text: replaces what had this name
    extra_part    // the same, but added to what had this name: lists are joined, objects merged, and in them
                  // what comes in fragments (`data` and `transcript` of audio)
  };
  Kind kind = Kind::text;
  std::uint32_t block = 0;  // index in Turn::blocks; blocks are opened in order, by their first delta
  int choice = 0;
  Block::Kind block_kind = Block::Kind::text;  // of `block`, for the kinds that are about a block
  std::string_view text;
  std::string_view id;
  std::string_view name;
  std::string_view model;
  bool custom = false;  // tool_call, where `name` is: see Block::custom
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

// Costs what the deltas cost, however many there are: what comes in parts is put into the Turn when that is
// asked for.
class TurnBuilder final : public DeltaSink {
 public:
  TurnBuilder();
  ~TurnBuilder() override;

  void on(const Delta& delta) override;
  // All so far. The builder may go on after it, but not after its turn was moved from.
  Turn& turn();

 private:
  struct Parts;

  Block& block_of(const Delta& delta);
  void settle();

  Turn turn_;
  std::unique_ptr<Parts> parts_;  // what is still coming: extras in parts, JSON of opaque blocks
};

}  // namespace assay::stream
