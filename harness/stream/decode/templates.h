// Learned templates: events of one stream differ from the one before only in their delta. After an event was
// parsed in full and was nothing but one fragment for an open block, its bytes are kept with holes: for the
// fragment, for padding and for counters that mean nothing. An event whose bytes fit is decoded without a
// parser; whatever does not fit goes to the parser at once. Private to harness/stream.
//
// Why a fit means the same as a parse: outside the holes the bytes are those of an event that was parsed and
// found valid; inside the hole of the fragment stands a JSON string body that is checked here (escapes,
// control characters, UTF-8), non-empty as before; the other holes are values that no interpreter looks at.
// And a template serves only while nothing else happened that an interpreter remembers (Emitter::epoch).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/stream/delta.h"
#include "harness/stream/framing/kernel.h"

namespace assay::stream::decoding {

class Templates {
 public:
  // `code`: how bytes are compared; the result is the same with each.
  explicit Templates(Protocol protocol, const Kernel& code = kernel()) : protocol_(protocol), kernel_(code) {
    fragment_.scratch = &scratch_;
  }

  struct Hit {
    std::size_t bytes = 0;         // how many of the bytes it took; 0 = nothing fits
    const Delta* delta = nullptr;  // lives until the next call, its views until then or until the bytes go
  };
  // Skeletons point into their templates.
  Templates(const Templates&) = delete;
  Templates& operator=(const Templates&) = delete;

  // A whole event at the front of `wire`, framing included. At least Buffer::padding bytes after it are
  // readable.
  Hit match_event(std::string_view wire, std::uint64_t epoch);
  // A payload that a framer has found; it must fit as a whole.
  Hit match_payload(std::string_view type, std::string_view payload, std::uint64_t epoch);
  // `payload` was parsed, emitted nothing but `delta`, and left `epoch` as it is now. `wire_eol` is the line
  // end that followed it.
  void learn(std::string_view type, std::string_view payload, std::string_view wire_eol, const Delta& delta,
             std::uint64_t epoch);

 private:
  struct Template {
    std::string bytes;  // the event without what stood in its holes, and bytes that may be read behind it
    std::string type;
    std::array<Hole, most_holes> holes{};
    Skeleton payload{};                       // of `bytes` and `holes`
    Skeleton event{};                         // the payload in its framing
    std::uint64_t epoch = ~std::uint64_t{0};  // of no stream: it serves nobody
    Delta delta;
  };

  template <bool Whole>
  Hit find(std::string_view type, std::string_view bytes, std::uint64_t epoch);
  bool refresh(std::string_view type, std::string_view payload, const Delta& delta, std::uint64_t epoch);
  bool find_holes(std::string_view payload, const Delta& delta, Template& fresh) const;
  void reward(std::size_t place);
  void to_front(std::size_t place);

  Protocol protocol_;
  const Kernel& kernel_;
  static constexpr std::size_t most_templates = 4;
  std::array<Template, most_templates> templates_;
  std::array<std::uint8_t, most_templates> order_{0, 1, 2, 3};  // most recently used first
  std::uint32_t unrewarded_ = 0;                                // templates learned since the last hit
  std::uint32_t pass_over_ = 0;  // events not to learn from, because learning did not pay
  std::uint32_t misses_ = 0;     // events since the last hit or the last template
  std::uint32_t rest_ = 0;       // events not to be tried, because trying did not pay
  std::string scratch_;
  Fragment fragment_;
};

}  // namespace assay::stream::decoding
